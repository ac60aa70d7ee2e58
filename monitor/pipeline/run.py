"""One full cycle without Airflow: every step once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.pipeline.decide import decide
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.pipeline.ingest import fetch
from monitor.pipeline.judge import group, score
from monitor.pipeline.outgoing import deliver
from monitor.pipeline.posting import never
from monitor.pipeline.reading import read
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


NEW = ("new", "new_undated", "new_future_dated", "stale")  # ends of an entry that became an article


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
    new = of(Step.FETCH, "entries", *NEW)
    found = counts.get((Step.SCORE, "hits"))
    return ", ".join(
        [
            _counted(fed.items_in if fed else 0, "feed"),
            _counted(new, "new article"),
            _counted(found.items_in if found else 0, "hit"),
            _counted(of(Step.DECIDE, "hits", "alert"), "alert"),
        ]
    )


_TOLD: tuple[tuple[Step, str, tuple[str, ...], str, str], ...] = (
    (Step.FETCH, "feeds", (), "feed", "feeds"),
    (Step.FETCH, "entries", NEW, "new article", "new articles"),
    (Step.HEALTH, "alarms", ("raised",), "new feed alarm", "new feed alarms"),
    (Step.SCORE, "hits", (), "hit", "hits"),
    (Step.DECIDE, "hits", ("alert",), "alert", "alerts"),
    (Step.DIGEST, "alerts", ("in_digest",), "alert in digests", "alerts in digests"),
    (Step.DELIVER, "deliveries", ("sent",), "message sent", "messages sent"),
    (Step.REPROCESS, "articles", (), "article scored again", "articles scored again"),
    (Step.REPROCESS, "hits", ("new",), "new hit", "new hits"),
    (Step.MAINTAIN, "rows", (), "row put in order", "rows put in order"),
    (Step.PRUNE, "texts", (), "old text dropped", "old texts dropped"),
)
"""What a run's note tells of a ledger: the sum of these outcomes (of all where none is named), in words."""


def run_note(ledgers: Sequence[Ledger]) -> str:
    """One line on the steps that a run has ended: "41 feeds, 312 new articles", or "9 hits, 3 alerts"."""
    counts = {(ledger.step, ledger.unit): ledger for ledger in ledgers}
    said: list[str] = []
    for step, unit, names, one, many in _TOLD:
        ledger = counts.get((step, unit))
        if ledger is not None:
            number = sum(ledger.outcomes.get(name, 0) for name in names) if names else ledger.items_in
            said.append(f"{number} {one if number == 1 else many}")
    said += [ledger.note for ledger in ledgers if ledger.step in (Step.TRAIN, Step.PUBLISH) and ledger.note]
    said += [f"the ledger of {ledger.step} does not balance" for ledger in ledgers if not ledger.balances]
    return ", ".join(said)


def _counted(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
