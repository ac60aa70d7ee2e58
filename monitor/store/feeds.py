"""Feeds: their rows, the claims of those who poll them, and how each is doing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, case, delete, func, select, update

from monitor.errors import Permanent
from monitor.records import FETCH_SUCCEEDED, Feed, FeedSpec, FeedState, FetchOutcome, Polled, PollPlan
from monitor.store.sql import among, chunks, fixed, insert, skip_locked, update_each, waits_until
from monitor.store.tables import articles, feeds, fetches

KEPT_FETCHES = 30  # polls remembered of each feed
_LONGEST_URL = 2_000  # characters; what is longer does not fit PostgreSQL's index


@dataclass(frozen=True, slots=True)
class PollRow:
    """The end of one poll as it is stored; `new` of its `entries` were new articles."""

    polled: Polled
    plan: PollPlan
    entries: int
    new: int
    run_id: int | None


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed with its last poll in one line; shares (0 to 1) are over the polls still remembered."""

    feed: Feed
    line: str
    polls: int
    success_share: float
    not_modified_share: float
    entries: int  # in the last document that was fetched
    new_24h: int
    new_7d: int


def add(db: Connection, specs: Iterable[FeedSpec], now: datetime) -> dict[str, bool]:
    """Add feeds, due at once; known ones stay as they are. A retired one is polled again.

    Returns:
        for each address, whether it is new.

    Raises:
        Permanent: an address is too long to be one.
    """
    wanted = {spec.url: spec for spec in specs}
    for url in wanted:
        if len(url) > _LONGEST_URL:
            raise Permanent(f"{url[:80]}... is longer than {_LONGEST_URL} characters: check the address")
    rows = [_new_row(spec, now) for _, spec in sorted(wanted.items())]
    if not rows:
        return {}
    statement = insert(db, feeds).on_conflict_do_nothing(index_elements=["url"]).returning(feeds.c.url)
    added = set(db.execute(statement, rows).scalars())
    for part in chunks([url for url in wanted if url not in added]):
        again = {"state": str(FeedState.ACTIVE), "failures": 0, "next_check_at": now}
        retired = feeds.c.url.in_(part) & (feeds.c.state == str(FeedState.RETIRED))
        db.execute(update(feeds).where(retired).values(again))
    return {url: url in added for url in wanted}


def _new_row(spec: FeedSpec, now: datetime) -> dict[str, Any]:
    return {
        "url": spec.url,
        "title": spec.title,
        "feed_group": spec.group,
        "site_url": spec.site_url,
        "language": spec.language,
        "state": str(FeedState.ACTIVE),
        "interval_seconds": int(Feed(0, "", "").interval.total_seconds()),
        "failures": 0,
        "added_at": now,
        "next_check_at": now,
        "health": "not polled yet",
    }


def remove(db: Connection, url: str) -> bool:
    """Remove a feed and the memory of its polls; its articles stay. False where it is not known."""
    return bool(db.execute(delete(feeds).where(feeds.c.url == url)).rowcount)


def listing(db: Connection) -> list[Feed]:
    """Every feed, by group and title."""
    rows = db.execute(select(feeds).order_by(feeds.c.feed_group, feeds.c.title, feeds.c.id))
    return [_feed(row) for row in rows]


def all_ids(db: Connection) -> list[int]:
    """The ids of all feeds that are not retired."""
    statement = select(feeds.c.id).where(feeds.c.state != fixed(FeedState.RETIRED)).order_by(feeds.c.id)
    return list(db.execute(statement).scalars())


def due(db: Connection, now: datetime) -> list[int]:
    """The ids of the feeds to poll that nobody has claimed, soonest first."""
    statement = (
        select(feeds.c.id)
        .where(feeds.c.state != fixed(FeedState.RETIRED), feeds.c.next_check_at <= now)
        .where(waits_until(feeds.c.claim_expires_at, now))
        .order_by(feeds.c.next_check_at, feeds.c.id)
    )
    return list(db.execute(statement).scalars())


def make_due(db: Connection, now: datetime) -> int:
    """Make every feed that is not retired due now; returns how many there are."""
    statement = update(feeds).where(feeds.c.state != fixed(FeedState.RETIRED)).values(next_check_at=now)
    return db.execute(statement).rowcount


def claim(db: Connection, ids: Sequence[int], owner: str, now: datetime, lease: timedelta) -> list[Feed]:
    """Claim feeds for `owner` until `now + lease`; what another has claimed is left out.

    Returns:
        the feeds that are ours, in the order of `ids`. Our own claims are ours again.
    """
    free = waits_until(feeds.c.claim_expires_at, now) | (feeds.c.claimed_by == owner)
    found: dict[int, Feed] = {}
    for part in chunks(sorted(set(ids))):
        statement = select(feeds).where(feeds.c.id.in_(part), free).order_by(feeds.c.id)
        found |= {row.id: _feed(row) for row in db.execute(skip_locked(db, statement, feeds))}
    for part in chunks(found):
        values = {"claimed_by": owner, "claim_expires_at": now + lease}
        db.execute(update(feeds).where(feeds.c.id.in_(part)).values(values))
    return [found.pop(id_) for id_ in ids if id_ in found]


def record_polls(db: Connection, polls: Sequence[PollRow], now: datetime) -> None:
    """Store the ends of polls and release their claims; a feed removed meanwhile is passed over.

    Validators and body hash change only when the poll succeeded: after a document that could not be
    parsed the next poll asks for it in full again.
    """
    ids = [poll.polled.feed.id for poll in polls]
    known = {row.id for row in among(db, select(feeds.c.id), feeds.c.id, ids)}
    kept = [poll for poll in polls if poll.polled.feed.id in known]
    update_each(db, feeds, [_poll_values(poll, now) for poll in kept])
    if kept:
        db.execute(insert(db, fetches), [_fetch_row(poll, now) for poll in kept])


def _poll_values(poll: PollRow, now: datetime) -> dict[str, Any]:
    feed, fetched, parsed, plan = poll.polled.feed, poll.polled.fetched, poll.polled.parsed, poll.plan
    succeeded = plan.outcome in FETCH_SUCCEEDED
    etag, last_modified, body_hash = feed.etag, feed.last_modified, feed.body_hash
    if succeeded:
        # A 304 need not repeat the validators it confirmed; a 200 without them withdraws them.
        silent = plan.outcome is FetchOutcome.NOT_MODIFIED
        etag = fetched.etag or (etag if silent else None)
        last_modified = fetched.last_modified or (last_modified if silent else None)
        body_hash = fetched.body_hash or body_hash
    return {
        "id": feed.id,
        "site_url": feed.site_url or (parsed.site_url if parsed else None),
        "language": feed.language or (parsed.language if parsed else None),
        "state": str(plan.state),
        "etag": etag,
        "last_modified": last_modified,
        "body_hash": body_hash,
        "interval_seconds": int(plan.interval.total_seconds()),
        "failures": plan.failures,
        "next_check_at": plan.next_check_at,
        "last_checked_at": now,
        "last_success_at": now if succeeded else feed.last_success_at,
        "last_new_at": now if poll.new else feed.last_new_at,
        "last_outcome": str(plan.outcome),
        "last_error": plan.error,
        "health": plan.health,
        "claimed_by": None,
        "claim_expires_at": None,
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


def health(db: Connection, now: datetime | None = None) -> list[FeedHealth]:
    """How each feed is doing, in the order of `listing`; `now` is the clock's where not given."""
    moment = now or datetime.now(UTC)
    polls = {row.feed_id: row for row in db.execute(_poll_shares())}
    document = {row.feed_id: row.entries for row in db.execute(_last_documents())}
    day, week = (_new_since(db, moment - timedelta(days=days)) for days in (1, 7))
    lines = {row.id: row.health for row in db.execute(select(feeds.c.id, feeds.c.health))}
    found = []
    for feed in listing(db):
        share = polls.get(feed.id)
        known = share.polls if share else 0
        found.append(
            FeedHealth(
                feed=feed,
                line=lines[feed.id],
                polls=known,
                success_share=share.succeeded / known if share else 0.0,
                not_modified_share=share.not_modified / known if share else 0.0,
                entries=document.get(feed.id, 0),
                new_24h=day.get(feed.id, 0),
                new_7d=week.get(feed.id, 0),
            )
        )
    return found


def _poll_shares() -> Any:
    good = fetches.c.outcome.in_([str(outcome) for outcome in FETCH_SUCCEEDED])
    same = fetches.c.outcome == str(FetchOutcome.NOT_MODIFIED)
    return select(
        fetches.c.feed_id,
        func.count().label("polls"),
        func.sum(case((good, 1), else_=0)).label("succeeded"),
        func.sum(case((same, 1), else_=0)).label("not_modified"),
    ).group_by(fetches.c.feed_id)


def _last_documents() -> Any:
    whole = fetches.c.outcome == str(FetchOutcome.FETCHED)
    last = select(func.max(fetches.c.id)).where(whole).group_by(fetches.c.feed_id)
    return select(fetches.c.feed_id, fetches.c.entries).where(fetches.c.id.in_(last))


def _new_since(db: Connection, since: datetime) -> dict[int, int]:
    statement = (
        select(articles.c.feed_id, func.count().label("fresh"))
        .where(articles.c.feed_id.is_not(None), articles.c.first_seen_at >= since)
        .group_by(articles.c.feed_id)
    )
    return {row.feed_id: row.fresh for row in db.execute(statement)}


def _feed(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        url=row.url,
        title=row.title,
        group=row.feed_group,
        site_url=row.site_url,
        language=row.language,
        state=FeedState(row.state),
        etag=row.etag,
        last_modified=row.last_modified,
        body_hash=row.body_hash,
        interval=timedelta(seconds=row.interval_seconds),
        failures=row.failures,
        next_check_at=row.next_check_at,
        last_checked_at=row.last_checked_at,
        last_success_at=row.last_success_at,
        last_new_at=row.last_new_at,
        last_outcome=row.last_outcome,
        last_error=row.last_error,
    )
