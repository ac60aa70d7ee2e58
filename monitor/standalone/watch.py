"""What the terminal tells while everything runs: each finished cycle and each new alert in a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from monitor.pipeline.run import summary
from monitor.records import FETCH_SUCCEEDED, Ledger, RunKey, Step
from monitor.store import alerts, runs
from monitor.store.alerts import AlertRow

AT_ONCE = 12  # alerts printed one by one; the rest of a flood is counted
RUNS = 60  # the newest runs looked at: more than start between two looks
UNREACHED = "no feed could be reached: check the network, or see it all without one: `make demo`"


@dataclass(slots=True)
class Watch:
    """What has been told already: alerts up to a number, and which runs."""

    alert: int = 0
    told: set[RunKey] = field(default_factory=set)
    polled: list[Ledger] = field(default_factory=list)  # of the ingest that the next cycle ends
    cycles: int = 0


def begin(db: Connection) -> Watch:
    """A watch that tells nothing of what was there before it."""
    newest = max((row.alert_id for row in alerts.recent(db, 1)), default=0)
    return Watch(newest, {run.key for run in runs.recent(db, RUNS)})


def news(watch: Watch, db: Connection) -> Iterator[str]:
    """The lines for what is new since the last call."""
    yield from _cycles(watch, db)
    yield from _alerts(watch, db)


def _alerts(watch: Watch, db: Connection) -> Iterator[str]:
    fresh = [row for row in alerts.recent(db, 500) if row.alert_id > watch.alert][::-1]
    for row in fresh[:AT_ONCE]:
        yield alert_line(row)
    if len(fresh) > AT_ONCE:
        yield f"         and {len(fresh) - AT_ONCE} more alerts, on the Alerts page"
    watch.alert = max((row.alert_id for row in fresh), default=watch.alert)


def alert_line(row: AlertRow) -> str:
    """An alert in one line of a terminal."""
    line = f"  ALERT  {row.topic.replace('_', ' ')} {row.score:.2f}  {row.headline} ({row.publisher})"
    # Headlines are other people's text: nothing in them may move the cursor.
    return "".join(c if c.isprintable() else " " for c in line)


def _cycles(watch: Watch, db: Connection) -> Iterator[str]:
    # A cycle is two runs of Airflow, one after the other: feeds to articles, articles to alerts.
    fresh = [run for run in runs.recent(db, RUNS) if run.key not in watch.told]
    for run in reversed(fresh):
        steps = {ledger.step for ledger in run.ledgers}
        if run.key.name == "monitor_ingest" and Step.READ in steps:
            watch.polled = list(run.ledgers)
            yield from _unreached(watch)
        elif run.key.name == "monitor_process" and Step.DECIDE in steps:
            yield f"  cycle  {summary([*watch.polled, *run.ledgers])}"
            watch.cycles += 1
            watch.polled = []
        else:
            continue
        watch.told.add(run.key)


def _unreached(watch: Watch) -> Iterator[str]:
    polls = next((ledger for ledger in watch.polled if ledger.unit == "feeds"), None)
    if watch.cycles or polls is None or not polls.items_in:
        return
    if not any(polls.outcomes.get(end) for end in FETCH_SUCCEEDED):
        yield UNREACHED
