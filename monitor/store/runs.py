"""Runs and their ledgers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.records import Ledger, RunKey, Step
from monitor.store.sql import among, insert
from monitor.store.tables import ledgers, runs


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run with its ledgers in the order of the steps; those of several shards are added up."""

    id: int
    key: RunKey
    started_at: datetime
    ended_at: datetime | None
    note: str
    ledgers: tuple[Ledger, ...]

    @property
    def seconds(self) -> float | None:
        """How long it took, or None while it is at work."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None

    @property
    def balances(self) -> bool:
        return all(ledger.balances for ledger in self.ledgers)


def open_run(db: Connection, key: RunKey, now: datetime) -> int:
    """The id of the run, which starts now if it has not started yet."""
    where = {"origin": key.origin, "name": key.name, "key": key.key}
    statement = insert(db, runs).values(**where, started_at=now, note="")
    db.execute(statement.on_conflict_do_nothing(index_elements=list(where)))
    return int(db.execute(select(runs.c.id).filter_by(**where)).scalar_one())


def write(db: Connection, run_id: int, written: Iterable[Ledger], now: datetime, shard: str = "") -> None:
    """Store the ledgers of a step; those of an earlier try of the same shard are replaced."""
    rows = [_row(run_id, ledger, now, shard) for ledger in written]
    if not rows:
        return
    statement = insert(db, ledgers)
    key = ["run_id", "step", "unit", "shard"]
    new = {name: statement.excluded[name] for name in rows[0] if name not in key}
    db.execute(statement.on_conflict_do_update(index_elements=key, set_=new), rows)


def _row(run_id: int, ledger: Ledger, now: datetime, shard: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "step": str(ledger.step),
        "unit": ledger.unit,
        "shard": shard,
        "items_in": ledger.items_in,
        "outcomes": dict(ledger.outcomes),
        "balances": ledger.balances,
        "note": ledger.note,
        "written_at": now,
    }


def close_run(db: Connection, run_id: int, now: datetime, note: str) -> None:
    """Mark a run as ended, with one line on what it did."""
    db.execute(update(runs).where(runs.c.id == run_id).values(ended_at=now, note=note))


def recent(db: Connection, limit: int) -> list[RunRow]:
    """The newest runs, newest first."""
    statement = select(runs).order_by(runs.c.started_at.desc(), runs.c.id.desc()).limit(limit)
    return _with_ledgers(db, db.execute(statement).all())


def get(db: Connection, run_id: int) -> RunRow | None:
    """One run by its id."""
    found = _with_ledgers(db, db.execute(select(runs).where(runs.c.id == run_id)).all())
    return found[0] if found else None


def of_key(db: Connection, key: RunKey) -> RunRow | None:
    """One run by who ran it."""
    statement = select(runs).filter_by(origin=key.origin, name=key.name, key=key.key)
    found = _with_ledgers(db, db.execute(statement).all())
    return found[0] if found else None


def _with_ledgers(db: Connection, rows: Sequence[Row[Any]]) -> list[RunRow]:
    written: dict[int, list[Row[Any]]] = {row.id: [] for row in rows}
    for row in among(db, select(ledgers).order_by(ledgers.c.id), ledgers.c.run_id, written):
        written[row.run_id].append(row)
    return [
        RunRow(
            row.id,
            RunKey(row.origin, row.name, row.key),
            row.started_at,
            row.ended_at,
            row.note,
            _merged(written[row.id]),
        )
        for row in rows
    ]


def _merged(rows: Sequence[Row[Any]]) -> tuple[Ledger, ...]:
    groups: dict[tuple[str, str], list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault((row.step, row.unit), []).append(row)
    order = {str(step): place for place, step in enumerate(Step)}
    found = []
    for (step, unit), parts in sorted(groups.items(), key=lambda item: order[item[0][0]]):
        ends: Counter[str] = Counter()
        for part in parts:
            ends.update(part.outcomes)
        note = "; ".join(dict.fromkeys(part.note for part in parts if part.note))
        found.append(Ledger(Step(step), unit, sum(part.items_in for part in parts), dict(ends), note))
    return tuple(found)


def last_written(db: Connection, step: Step) -> datetime | None:
    """When a step last ended; None where it never has."""
    statement = select(ledgers.c.written_at).where(ledgers.c.step == str(step))
    return db.execute(statement.order_by(ledgers.c.written_at.desc()).limit(1)).scalar()
