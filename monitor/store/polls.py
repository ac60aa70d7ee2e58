"""The ends of polls: what they change of their feeds, the last of each, and their sums by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from monitor.records import FETCH_SUCCEEDED, FetchOutcome, Pace, Polled, PollPlan
from monitor.store.moves import move
from monitor.store.sql import among, insert, update_each
from monitor.store.tables import feed_days, feeds, fetches

KEPT_FETCHES = 30  # polls remembered of each feed
_SKIPPED = FetchOutcome.POSTPONED
_LAST = 20


@dataclass(frozen=True, slots=True)
class PollRow:
    """The end of one poll as it is stored; `new` of its `entries` were new articles."""

    polled: Polled
    plan: PollPlan
    entries: int
    new: int
    run_id: int | None


def record_polls(db: Connection, polls: Sequence[PollRow], now: datetime) -> None:
    """Store the ends of polls and release their claims; a feed removed meanwhile is passed over.

    Validators and body hash change only when the poll succeeded: after a document that could not be
    parsed the next poll asks for it in full again. A feed whose move is believed gets its new address.
    """
    ids = [poll.polled.feed.id for poll in polls]
    known = {row.id for row in among(db, select(feeds.c.id), feeds.c.id, ids)}
    kept = [poll for poll in polls if poll.polled.feed.id in known]
    update_each(db, feeds, [_poll_values(poll, now) for poll in kept])
    if kept:
        db.execute(insert(db, fetches), [_fetch_row(poll, now) for poll in kept])
    _add_to_days(db, kept, now)
    for poll in sorted(kept, key=lambda poll: poll.polled.feed.id):
        if poll.plan.address is not None:
            move(db, poll.polled.feed.id, poll.plan.address, now)


def _poll_values(poll: PollRow, now: datetime) -> dict[str, Any]:
    feed, parsed, plan = poll.polled.feed, poll.polled.parsed, poll.plan
    asked, succeeded = plan.outcome is not _SKIPPED, plan.outcome in FETCH_SUCCEEDED
    failed = asked and not succeeded
    return {
        "id": feed.id,
        "site_url": feed.site_url or (parsed.site_url if parsed else None),
        "language": feed.language or (parsed.language if parsed else None),
        "state": str(plan.state),
        **_document(poll, now),
        **_pace(parsed.pace if parsed else feed.pace),
        "moved_to": plan.moved_to,
        "moved_times": plan.moved_times,
        "interval_seconds": int(plan.interval.total_seconds()),
        "failures": plan.failures,
        "failing_since": plan.failing_since,
        "next_check_at": plan.next_check_at,
        "last_checked_at": now if asked else feed.last_checked_at,
        "last_success_at": now if succeeded else feed.last_success_at,
        "last_new_at": now if poll.new else feed.last_new_at,
        "last_outcome": str(plan.outcome) if asked else feed.last_outcome,
        "last_error": plan.error if failed else feed.last_error,
        "last_error_at": now if failed else feed.last_error_at,
        "health": plan.health,
        "claimed_by": None,
        "claim_expires_at": None,
    }


def _document(poll: PollRow, now: datetime) -> dict[str, Any]:
    """What is known of the document: validators, hash, and when it last came whole."""
    feed, fetched, plan = poll.polled.feed, poll.polled.fetched, poll.plan
    etag, last_modified, body_hash = feed.etag, feed.last_modified, feed.body_hash
    whole_at = feed.whole_at
    if plan.outcome in FETCH_SUCCEEDED:
        # A 304 need not repeat the validators it confirmed; a 200 without them withdraws them.
        silent = plan.outcome is FetchOutcome.NOT_MODIFIED
        etag = fetched.etag or (etag if silent else None)
        last_modified = fetched.last_modified or (last_modified if silent else None)
        body_hash = fetched.body_hash or body_hash
        whole_at = whole_at if silent else now
    return {
        "etag": etag,
        "last_modified": last_modified,
        "body_hash": body_hash,
        "whole_at": whole_at,
        "validators_lie": plan.validators_lie,
    }


def _pace(pace: Pace) -> dict[str, Any]:
    return {
        "ttl_seconds": int(pace.ttl.total_seconds()) if pace.ttl else None,
        "skip_hours": ",".join(map(str, sorted(pace.skip_hours))) or None,
        "skip_days": ",".join(map(str, sorted(pace.skip_days))) or None,
    }


def _fetch_row(poll: PollRow, now: datetime) -> dict[str, Any]:
    fetched = poll.polled.fetched
    return {
        "feed_id": poll.polled.feed.id,
        "run_id": poll.run_id,
        "checked_at": now,
        "outcome": str(poll.plan.outcome),
        "status": fetched.status,
        "detail": fetched.detail,
        "bytes": len(fetched.body),
        "entries": poll.entries,
        "new_articles": poll.new,
        "elapsed_seconds": round(fetched.elapsed.total_seconds(), 3),
    }


def _add_to_days(db: Connection, polls: Iterable[PollRow], now: datetime) -> None:
    """Add to the sums of today. What a first poll brings is a backlog and no measure of a day."""
    day = now.astimezone(UTC).date()
    rows = [
        {
            "feed_id": poll.polled.feed.id,
            "day": day,
            "polls": 1,
            "not_modified": int(poll.plan.outcome is FetchOutcome.NOT_MODIFIED),
            "failures": int(poll.plan.outcome not in FETCH_SUCCEEDED),
            "new_articles": poll.new if poll.polled.feed.last_success_at else 0,
        }
        for poll in sorted(polls, key=lambda poll: poll.polled.feed.id)
        if poll.plan.outcome is not _SKIPPED
    ]
    if not rows:
        return
    statement = insert(db, feed_days)
    added = {
        name: feed_days.c[name] + statement.excluded[name]
        for name in ("polls", "not_modified", "failures", "new_articles")
    }
    db.execute(statement.on_conflict_do_update(index_elements=["feed_id", "day"], set_=added), rows)


def last_polls(db: Connection) -> list[tuple[str, str, int | None, str]]:
    """The last polls of all feeds, newest first, a few: address, how it ended, HTTP status, detail."""
    statement = (
        select(feeds.c.url, fetches.c.outcome, fetches.c.status, fetches.c.detail)
        .join(feeds, feeds.c.id == fetches.c.feed_id)
        .order_by(fetches.c.id.desc())
        .limit(_LAST)
    )
    return [(row.url, row.outcome, row.status, row.detail) for row in db.execute(statement)]
