"""What every step needs: the clock, the database of the settings, its run and its ledgers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from monitor.records import Ledger, RunKey, Step
from monitor.settings import Settings
from monitor.store import runs
from monitor.store.database import begin, open_database

T = TypeVar("T")
log = logging.getLogger("monitor")

Progress = Callable[[Step, int, int], None]
"""Called with the step, how many items are done and how many there are."""


def silent(_step: Step, _done: int, _total: int) -> None:
    """The progress of a run that nobody watches."""


def clock() -> datetime:
    """Now, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Desk:
    """One step at work: its settings, its run and its database."""

    settings: Settings
    run: RunKey
    run_id: int
    engine: Engine

    @property
    def owner(self) -> str:
        """The name under which claims are taken: a retry of the same run takes its own again."""
        return f"{self.run.origin}:{self.run.name}:{self.run.key}"

    def begin(self) -> AbstractContextManager[Connection]:
        """One transaction."""
        return begin(self.engine)

    def close(self, *ledgers: Ledger, shard: str = "") -> tuple[Ledger, ...]:
        """Write the ledgers of a finished step and log each as one line."""
        with self.begin() as db:
            runs.write(db, self.run_id, ledgers, clock(), shard=shard)
        for ledger in ledgers:
            counts = " ".join(f"{name}={count}" for name, count in sorted(ledger.outcomes.items()))
            note = f" ({ledger.note})" if ledger.note else ""
            log.info("%s: %d %s in: %s%s", ledger.step, ledger.items_in, ledger.unit, counts or "-", note)
            if not ledger.balances:
                log.error("%s: the ledger of %s does not balance", ledger.step, ledger.unit)
        return ledgers


def sit_down(settings: Settings, run: RunKey) -> Desk:
    """Open the database and the run.

    Raises:
        Transient: the database does not answer.
        Misconfigured: it has no schema, or an old one.
    """
    engine = open_database(settings.database_url)
    with begin(engine) as db:
        run_id = runs.open_run(db, run, clock())
    return Desk(settings, run, run_id, engine)


def chunks(items: Iterable[T], size: int) -> Iterator[Sequence[T]]:
    """`items` in lists of `size`, the last one shorter."""
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
