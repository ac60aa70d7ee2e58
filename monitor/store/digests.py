"""What the digest of a route is made of: its alerts, how its stories went on, hits by day, labels."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from monitor.records import OF_SEARCH, Development, DigestItem, HitDays
from monitor.store import developments
from monitor.store.sql import among
from monitor.store.stories import publishers_of
from monitor.store.tables import alerts, articles, hits, stories, threads
from monitor.store.tables import developments as news


def items(db: Connection, route: str, since: datetime, until: datetime) -> list[DigestItem]:
    """The alerts that a route raised from `since` on and before `until`, one a story and topic."""
    statement = (
        select(alerts.c.topic, alerts.c.story_id, alerts.c.headline, hits.c.score, articles.c.url)
        .join(hits, hits.c.id == alerts.c.hit_id)
        .join(articles, articles.c.id == alerts.c.article_id)
        .where(alerts.c.route == route, alerts.c.decided_at >= since, alerts.c.decided_at < until)
        .order_by(alerts.c.id)
    )
    rows: list[Row[Any]] = list(db.execute(statement))
    carriers = publishers_of(db, (row.story_id for row in rows))
    return [
        DigestItem(row.topic, row.score, row.story_id, row.headline, row.url, carriers.get(row.story_id, ()))
        for row in rows
    ]


def grown(
    db: Connection, route: str, since: datetime, until: datetime
) -> list[tuple[int, str, str, tuple[Development, ...]]]:
    """The stories of a route's messages in which something was noticed: number, headline, address, news.

    What was noticed before the message was written stands in it and is left out. The most recently
    noticed come first.
    """
    last = func.max(news.c.noticed_at).label("last")
    within = (news.c.noticed_at >= since) & (news.c.noticed_at < until)
    statement = (
        select(threads.c.story_id, stories.c.headline, articles.c.url, threads.c.opened_at, last)
        .join(stories, stories.c.id == threads.c.story_id)
        .join(articles, articles.c.id == threads.c.article_id)
        .join(news, (news.c.story_id == threads.c.story_id) & (news.c.noticed_at > threads.c.opened_at))
        .where(threads.c.route == route, threads.c.joined_to.is_(None), within)
        .group_by(threads.c.story_id, stories.c.headline, articles.c.url, threads.c.opened_at)
        .order_by(last.desc(), threads.c.story_id)
    )
    rows: list[Row[Any]] = list(db.execute(statement))
    known = developments.since(db, {row.story_id: max(since, row.opened_at) for row in rows})
    found = []
    for row in rows:
        mine = tuple(one for one in known.get(row.story_id, ()) if one.noticed_at < until)
        if mine:
            found.append((row.story_id, row.headline, row.url, mine))
    return found


def hits_by_day(db: Connection, topics: Collection[str], last: date, days: int) -> HitDays:
    """Hits of each topic by the UTC day on which they were found, the last of the days in `days`.

    Args:
        topics: names, or "*" among them for all that have a card.
    """
    first = last - timedelta(days=days - 1)
    wanted: ColumnElement[bool] = (
        hits.c.topic.not_like(f"{OF_SEARCH}%") if "*" in topics else hits.c.topic.in_(sorted(topics))
    )
    counts: dict[str, list[int]] = {}
    for number in range(days):
        start = datetime.combine(first + timedelta(days=number), time(), UTC)
        within = (hits.c.found_at >= start) & (hits.c.found_at < start + timedelta(days=1))
        statement = select(hits.c.topic, func.count().label("number")).where(wanted, within)
        for row in db.execute(statement.group_by(hits.c.topic)):
            counts.setdefault(row.topic, [0] * days)[number] = row.number
    return HitDays(first, {topic: tuple(found) for topic, found in sorted(counts.items())})


def hits_among(db: Connection, article_ids: Collection[int]) -> set[tuple[int, str]]:
    """The hits of some articles, as pairs of article and topic."""
    rows = among(db, select(hits.c.article_id, hits.c.topic), hits.c.article_id, sorted(set(article_ids)))
    return {(row.article_id, row.topic) for row in rows}


def articles_kept(db: Connection, since: datetime, until: datetime) -> int:
    """How many articles were first seen from `since` on and before `until`."""
    within = (articles.c.first_seen_at >= since) & (articles.c.first_seen_at < until)
    return db.execute(select(func.count()).select_from(articles).where(within)).scalar_one()
