"""Feeds: their rows, and the claims of those who poll them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from monitor.errors import Permanent
from monitor.records import Feed, FeedSpec, FeedState, Pace
from monitor.store.moves import former
from monitor.store.sql import chunks, fixed, insert, skip_locked, waits_until
from monitor.store.tables import feeds

_LONGEST_URL = 2_000  # characters; what is longer does not fit PostgreSQL's index


def add(db: Connection, specs: Iterable[FeedSpec], now: datetime) -> dict[str, bool]:
    """Add feeds, due at once; known ones stay as they are. A retired one is polled again.

    An address that a feed has left for another is known: it means that feed.

    Returns:
        for each address, whether it is new.

    Raises:
        Permanent: an address is too long to be one.
    """
    wanted = {spec.url: spec for spec in specs}
    for url in wanted:
        if len(url) > _LONGEST_URL:
            raise Permanent(f"{url[:80]}... is longer than {_LONGEST_URL} characters: check the address")
    left = former(db, sorted(wanted))
    rows = [_new_row(spec, now) for url, spec in sorted(wanted.items()) if url not in left]
    added: set[str] = set()
    if rows:
        statement = insert(db, feeds).on_conflict_do_nothing(index_elements=["url"]).returning(feeds.c.url)
        added = set(db.execute(statement, rows).scalars())
    for part in chunks([left.get(url, url) for url in wanted if url not in added]):
        again = {"state": str(FeedState.ACTIVE), "failures": 0, "failing_since": None, "next_check_at": now}
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
        "moved_times": 0,
        "validators_lie": False,
        "added_at": now,
        "alert_backlog": spec.alert_backlog,
        "next_check_at": now,
        "health": "not polled yet",
    }


def remove(db: Connection, url: str) -> bool:
    """Remove a feed and the memory of its polls; its articles stay. False where it is not known."""
    return bool(db.execute(delete(feeds).where(feeds.c.url == url)).rowcount)


def listing(db: Connection) -> list[Feed]:
    """Every feed, by group and title."""
    rows = db.execute(select(feeds).order_by(feeds.c.feed_group, feeds.c.title, feeds.c.id))
    return [feed_of(row) for row in rows]


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
        found |= {row.id: feed_of(row) for row in db.execute(skip_locked(db, statement, feeds)).all()}
    for part in chunks(found):
        values = {"claimed_by": owner, "claim_expires_at": now + lease}
        db.execute(update(feeds).where(feeds.c.id.in_(part)).values(values))
    return [found.pop(id_) for id_ in ids if id_ in found]


def feed_of(row: Row[Any]) -> Feed:
    """The feed in a row of its table."""
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
        alert_backlog=row.alert_backlog,
        last_error_at=row.last_error_at,
        failing_since=row.failing_since,
        whole_at=row.whole_at,
        validators_lie=row.validators_lie,
        moved_to=row.moved_to,
        moved_times=row.moved_times,
        pace=Pace(
            timedelta(seconds=row.ttl_seconds) if row.ttl_seconds else None,
            _numbers(row.skip_hours),
            _numbers(row.skip_days),
        ),
    )


def _numbers(listed: str | None) -> frozenset[int]:
    return frozenset(map(int, listed.split(","))) if listed else frozenset()
