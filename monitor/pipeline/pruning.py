"""prune: texts are dropped after their time; titles, summaries, links, hits and alerts stay."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from monitor.errors import Misconfigured
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import retention
from monitor.store.database import begin, open_database

BATCH = 1_000
CURE = "set MONITOR_KEEP_TEXT_DAYS, or name --days"


def prune(
    settings: Settings, run: RunKey, *, days: int | None = None, progress: Progress = silent
) -> tuple[Ledger, ...]:
    """Drop the texts of news that is older than the setting, or than `days`.

    What is dropped: the texts of articles, what they said before they were changed, and the texts that hits
    were scored by. Each is dropped for good: `count_old_texts` says beforehand how many there are.

    Returns:
        one ledger: texts by kind; empty, with a note, where texts are kept for ever.
    """
    desk = sit_down(settings, run)
    kept = settings.keep_text_days if days is None else days
    done: Counter[str] = Counter()
    if kept <= 0:
        return desk.close(tally(Step.PRUNE, "texts", done, 0, f"texts are kept for ever: {CURE}"))
    before = clock() - timedelta(days=kept)
    with begin(desk.engine, reading=True) as db:
        waiting = sum(retention.count(db, before).values())
    for kind in retention.KINDS:
        while True:
            with desk.begin() as db:
                dropped = retention.drop(db, kind, before, BATCH)
            done[kind] += dropped
            progress(Step.PRUNE, done.total(), waiting)
            if dropped < BATCH:
                break
    note = f"news from before {before:%Y-%m-%d}"
    return desk.close(tally(Step.PRUNE, "texts", done, done.total(), note))


def count_old_texts(settings: Settings, days: int | None = None) -> dict[str, int]:
    """How many texts `prune` would drop, by kind.

    Raises:
        Misconfigured: neither the setting nor `days` says after how long.
    """
    kept = settings.keep_text_days if days is None else days
    if kept <= 0:
        raise Misconfigured(f"texts are kept for ever: {CURE}")
    with begin(open_database(settings.database_url), reading=True) as db:
        return retention.count(db, clock() - timedelta(days=kept))
