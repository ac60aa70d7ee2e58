"""How feeds are doing: their last poll, their days against their habit, what could be reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, select

from monitor.records import FETCH_SUCCEEDED, Feed, FetchOutcome, Volume
from monitor.store.feeds import feed_of, listing
from monitor.store.tables import articles, feed_days, feeds, fetches

HABIT_DAYS = 28


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed with its last poll in one line; shares (0 to 1) are over the polls still remembered.

    `days` are the new articles of those of the last 28 days on which it was polled, oldest first.
    """

    feed: Feed
    line: str
    polls: int
    success_share: float
    not_modified_share: float
    entries: int  # in the last document that was fetched
    new_24h: int
    new_7d: int
    days: tuple[tuple[int, int], ...] = ()


def health(db: Connection, now: datetime | None = None) -> list[FeedHealth]:
    """How each feed is doing, in the order of `listing`; `now` is the clock's where not given."""
    moment = now or datetime.now(UTC)
    polls = {row.feed_id: row for row in db.execute(_poll_shares())}
    document = {row.feed_id: row.entries for row in db.execute(_last_documents())}
    day, week = (_new_since(db, moment - timedelta(days=days)) for days in (1, 7))
    lines = {row.id: row.health for row in db.execute(select(feeds.c.id, feeds.c.health))}
    days = _days(db, moment)
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
                days=tuple(days.get(feed.id, ())),
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


def _days(db: Connection, now: datetime) -> dict[int, list[tuple[int, int]]]:
    """The days before today of each feed, as (weekday, articles), without the day it was added."""
    today = now.astimezone(UTC).date()
    statement = (
        select(feed_days.c.feed_id, feed_days.c.day, feed_days.c.new_articles, feeds.c.added_at)
        .join(feeds, feeds.c.id == feed_days.c.feed_id)
        .where(feed_days.c.day >= today - timedelta(days=HABIT_DAYS), feed_days.c.day < today)
        .where(feed_days.c.polls > feed_days.c.failures)  # a day on which it never answered is no habit
        .order_by(feed_days.c.feed_id, feed_days.c.day)
    )
    days: dict[int, list[tuple[int, int]]] = {}
    for row in db.execute(statement):
        if row.day > row.added_at.date():
            days.setdefault(row.feed_id, []).append((row.day.weekday(), row.new_articles))
    return days


def volumes(db: Connection, now: datetime) -> list[Volume]:
    """What each feed brings a day; what was old at first sight, and first backlogs, do not count."""
    lively = articles.c.stale.is_(False) & (articles.c.first_seen_at > feeds.c.added_at)
    fresh = and_(articles.c.feed_id == feeds.c.id, articles.c.first_seen_at >= now - timedelta(days=1))
    counted = select(feeds.c.id, func.count().label("fresh")).join(articles, fresh).where(lively)
    last = {row.id: row.fresh for row in db.execute(counted.group_by(feeds.c.id))}
    days = _days(db, now)
    return [
        Volume(feed_of(row), row.added_at, last.get(row.id, 0), tuple(days.get(row.id, ())))
        for row in db.execute(select(feeds).order_by(feeds.c.id))
    ]
