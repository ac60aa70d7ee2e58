"""One full cycle without Airflow: every step once, in order."""

from __future__ import annotations

from collections.abc import Callable

from monitor.pipeline.decide import decide
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.pipeline.ingest import fetch, read
from monitor.pipeline.judge import group, score
from monitor.pipeline.outgoing import deliver
from monitor.pipeline.posting import never
from monitor.pipeline.watch import health
from monitor.records import Ledger, RunKey, Step
from monitor.settings import Settings
from monitor.store import runs

CYCLE: dict[Step, Callable[..., tuple[Ledger, ...]]] = {
    Step.FETCH: fetch,
    Step.HEALTH: health,
    Step.READ: read,
    Step.GROUP: group,
    Step.SCORE: score,
    Step.DECIDE: decide,
    Step.DELIVER: deliver,
}


def cycle(
    settings: Settings,
    run: RunKey,
    *,
    progress: Progress = silent,
    patient: bool = False,
    until: Callable[[], bool] = never,
) -> tuple[Ledger, ...]:
    """Fetch, look at the health of feeds, read, group, score, decide and deliver.

    Args:
        patient: whether first messages wait for more sources as their routes say. Where no cycle
            follows there is nothing to wait for.
        until: says between two steps whether to stop.

    Returns:
        the ledgers of all steps, in their order.
    """
    desk = sit_down(settings, run)
    ledgers: list[Ledger] = []
    for name, step in CYCLE.items():
        if until():
            break
        options = {"patient": patient} if name is Step.DECIDE else {}
        ledgers.extend(step(settings, run, progress=progress, **options))
    with desk.begin() as db:
        runs.close_run(db, desk.run_id, clock(), summary(ledgers))
    return tuple(ledgers)


def summary(ledgers: list[Ledger]) -> str:
    """One line: "41 feeds, 312 new articles, 9 hits, 3 alerts"."""
    counts = {(ledger.step, ledger.unit): ledger for ledger in ledgers}

    def of(step: Step, unit: str, *names: str) -> int:
        ledger = counts.get((step, unit))
        return sum(ledger.outcomes.get(name, 0) for name in names) if ledger else 0

    fed = counts.get((Step.FETCH, "feeds"))
    new = of(Step.FETCH, "entries", "new", "new_undated", "new_future_dated", "stale")
    found = counts.get((Step.SCORE, "hits"))
    return ", ".join(
        [
            _counted(fed.items_in if fed else 0, "feed"),
            _counted(new, "new article"),
            _counted(found.items_in if found else 0, "hit"),
            _counted(of(Step.DECIDE, "hits", "alert"), "alert"),
        ]
    )


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
