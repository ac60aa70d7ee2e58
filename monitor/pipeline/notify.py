"""digest: the day in one message of the outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import (
    DayCounts,
    DeliveryKind,
    DigestItem,
    Draft,
    EntryOutcome,
    FeedState,
    Ledger,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import alerts, feeds, outbox, runs, stories

DAY = timedelta(hours=24)
DIGEST_LIMIT = 5_000  # alerts of a day
RUNS_LIMIT = 2_000  # runs of a day: five DAGs, the busiest every five minutes
KEPT = (EntryOutcome.NEW, EntryOutcome.NEW_UNDATED, EntryOutcome.NEW_FUTURE_DATED, EntryOutcome.STALE)


def digest(
    settings: Settings, run: RunKey, *, progress: Progress = silent, now: datetime | None = None
) -> tuple[Ledger, ...]:
    """Put the digest of the last 24 hours into the outbox, once a UTC day, also when nothing alerted.

    Args:
        now: the end of the 24 hours, aware; the clock's where not given.

    Returns:
        one ledger: alerts that are `in_digest`, or `repeat` where the day has its digest already.
    """
    from monitor.alerts.digest import digest_message
    from monitor.pipeline.rules import topic_titles

    desk = sit_down(settings, run)
    titles = topic_titles(settings)
    moment = (now or clock()).astimezone(UTC)
    with desk.begin() as db:
        known = alerts.recent(db, DIGEST_LIMIT, moment - DAY)
        items = _digest_items(db, known)
        counts = _day_counts(db, moment)
        message = digest_message(moment.date(), items, counts, titles, settings.web_url)
        draft = Draft(f"digest:{moment:%Y-%m-%d}", DeliveryKind.DIGEST, settings.slack_channel, message)
        new = outbox.enqueue(db, [draft], clock())
    progress(Step.DIGEST, len(known), len(known))
    ends = Counter({"in_digest" if new else "repeat": len(known)})
    note = f"{draft.dedup_key} {'is in the outbox' if new else 'was made before'}"
    return desk.close(tally(Step.DIGEST, "alerts", ends, len(known), note))


def _digest_items(db: Connection, known: Sequence[alerts.AlertRow]) -> list[DigestItem]:
    """One item a story and topic, however many routes it took."""
    publishers = stories.publishers_of(db, (row.story_id for row in known))
    items = {
        (row.story_id, row.topic): DigestItem(
            row.topic, row.score, row.story_id, row.headline, row.url, publishers.get(row.story_id, ())
        )
        for row in known
    }
    return list(items.values())


def _day_counts(db: Connection, now: datetime) -> DayCounts:
    kept = sum(
        sum(ledger.outcomes.get(outcome, 0) for outcome in KEPT)
        for row in runs.recent(db, RUNS_LIMIT)
        if row.started_at >= now - DAY
        for ledger in row.ledgers
        if ledger.step is Step.FETCH and ledger.unit == "entries"
    )
    polled = [feed for feed in feeds.listing(db) if feed.state is not FeedState.RETIRED]
    ill = sum(feed.state is not FeedState.ACTIVE for feed in polled)
    return DayCounts(kept, len(polled), ill)
