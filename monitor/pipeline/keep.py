"""maintain and add_feeds: what is done now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from monitor.errors import Misconfigured
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import FeedSpec, Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import feeds, upkeep
from monitor.store.database import begin, open_database


def maintain(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Prune what is kept only for a while, drop expired claims, repair the counts of stories.

    Returns:
        one ledger: rows by what was done to them.
    """
    from monitor.store import stories

    desk = sit_down(settings, run)
    with desk.begin() as db:
        done = Counter(upkeep.trim(db, clock()))
        done["story_recounted"] = stories.recount(db)
    progress(Step.MAINTAIN, 1, 1)
    return desk.close(tally(Step.MAINTAIN, "rows", done, done.total()))


def add_feeds(
    settings: Settings, specs: Sequence[FeedSpec] | None = None, *, alert_backlog: bool = False
) -> dict[str, bool]:
    """Add feeds (those of `seeds/feeds.opml` when none are given); known ones stay as they are.

    Args:
        alert_backlog: let what they hold when they are first read alert; else it is stored as baseline.

    Returns:
        for each address, whether it is new.
    """
    if specs is None:
        from monitor.feeds.opml import read

        path = settings.seeds / "feeds.opml"
        try:
            specs = read(path.read_bytes())
        except OSError as error:
            raise Misconfigured(f"{path} cannot be read ({error.strerror}): restore the file") from error
    with begin(open_database(settings.database_url)) as db:
        return feeds.add(db, [replace(s, alert_backlog=alert_backlog) for s in specs], clock())


def make_due(settings: Settings) -> int:
    """Make every feed due now, whatever its next check; returns how many there are."""
    with begin(open_database(settings.database_url)) as db:
        return feeds.make_due(db, clock())
