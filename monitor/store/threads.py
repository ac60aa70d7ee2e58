"""Threads: a story's one message in a channel, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from monitor.records import Opening, Severity, Thread
from monitor.store.sql import among, insert
from monitor.store.tables import alerts, articles, stories, threads

CHANGED = -1  # articles of a thread whose message has to be looked at whatever its story counts


def escalation_key(token: str) -> str:
    """The `dedup_key` under which a critical story waits for its escalation: who acknowledges cancels it."""
    return f"escalation:{token}"


def open_all(
    db: Connection, opened: Sequence[tuple[str, Opening]], now: datetime
) -> dict[tuple[int, str], Thread]:
    """Store first messages by their tokens; where a story has one in a channel, that one stays.

    Returns:
        the threads that are new, by story and channel.
    """
    rows = [
        {
            "token": token,
            "parent_key": f"alert:{token}",
            "story_id": one.story_id,
            "article_id": one.hits[0].article.id,
            "channel": one.channel,
            "route": one.route.name,
            "severity": str(one.severity),
            "topics": ",".join(hit.hit.topic for hit in one.hits),
            "articles": one.hits[0].articles,
            "revision": 0,
            "held": one.hold is not None,
            "opened_at": now,
            "told_at": now,
        }
        for token, one in opened
    ]
    if not rows:
        return {}
    statement = insert(db, threads).on_conflict_do_nothing(index_elements=["story_id", "channel"])
    found: list[Row[Any]] = list(db.execute(statement.returning(threads), rows))
    return {(row.story_id, row.channel): _thread(row) for row in found}


def of_stories(db: Connection, story_ids: Iterable[int]) -> dict[tuple[int, str], Thread]:
    """The threads of these stories, by story and channel."""
    rows = among(db, select(threads), threads.c.story_id, sorted(set(story_ids)))
    return {(row.story_id, row.channel): _thread(row) for row in rows}


def of_ids(db: Connection, ids: Iterable[int]) -> list[Thread]:
    """The threads with these numbers."""
    return [_thread(row) for row in among(db, select(threads), threads.c.id, sorted(set(ids)))]


def by_token(db: Connection, token: str) -> Thread | None:
    """The thread of that name, as the buttons of its message carry it."""
    row = db.execute(select(threads).where(threads.c.token == token)).first()
    return _thread(row) if row is not None else None


def opened_since(db: Connection, since: datetime) -> dict[str, int]:
    """How many messages each route opened from `since` on, those not counted that were held."""
    mine = threads.c.held.is_(False) & (threads.c.opened_at >= since)
    statement = select(threads.c.route, func.count().label("number")).where(mine).group_by(threads.c.route)
    return {row.route: row.number for row in db.execute(statement)}


def grown(db: Connection, since: datetime) -> list[Thread]:
    """Threads opened from `since` on whose story has changed since they were told, oldest first."""
    statement = (
        select(threads)
        .join(stories, stories.c.id == threads.c.story_id)
        .where(threads.c.opened_at >= since, threads.c.joined_to.is_(None))
        .where(threads.c.articles != stories.c.articles)
        .order_by(threads.c.id)
    )
    return [_thread(row) for row in db.execute(statement)]


def hits_of(db: Connection, thread_ids: Iterable[int]) -> dict[int, list[int]]:
    """The hits that raised the alerts of each thread, in the order in which they did."""
    columns = select(alerts.c.thread_id, alerts.c.hit_id).order_by(alerts.c.id)
    found: dict[int, list[int]] = {}
    for row in among(db, columns, alerts.c.thread_id, sorted(set(thread_ids))):
        if row.hit_id not in found.setdefault(row.thread_id, []):
            found[row.thread_id].append(row.hit_id)
    return found


def told(db: Connection, id_: int, **values: Any) -> None:
    """Store what a thread's message says now: any of its columns."""
    db.execute(update(threads).where(threads.c.id == id_).values(**values))


def unsettle(db: Connection, ids: Iterable[int]) -> None:
    """Have these threads looked at again: an alert joined them."""
    for id_ in sorted(set(ids)):
        told(db, id_, articles=CHANGED)


def rehome(db: Connection, since: datetime) -> list[Thread]:
    """Let threads go with their article where stories were merged or split.

    A thread whose article has gone to another story follows it, with its alerts. Where that story has a
    thread in the channel already, the younger one is joined to it and not written to any more: a merge
    never doubles a message. When the merge is undone it goes on by itself.

    Returns:
        the threads that were joined to another just now: their message has yet to say so.
    """
    statement = (
        select(threads, articles.c.story_id.label("now_in"))
        .join(articles, articles.c.id == threads.c.article_id)
        .where(threads.c.opened_at >= since, articles.c.story_id.is_not(None))
        .where((articles.c.story_id != threads.c.story_id) | threads.c.joined_to.is_not(None))
        .order_by(threads.c.id)
    )
    joined = []
    rows: list[Row[Any]] = list(db.execute(statement))
    for row in rows:
        other = (threads.c.story_id == row.now_in) & (threads.c.channel == row.channel)
        there = select(threads.c.id, threads.c.joined_to).where(other, threads.c.id != row.id)
        holder, goes_on_in = db.execute(there).one_or_none() or (None, None)
        as_before = holder is not None and holder == row.joined_to
        if as_before or goes_on_in == row.id:  # two that changed places: one of them has to live
            continue
        told(db, row.id, joined_to=holder, articles=CHANGED)
        if holder is None:
            told(db, row.id, story_id=row.now_in)
            _move_alerts(db, row.id, row.now_in)
        else:
            joined.append(replace(_thread(row), joined_to=holder))
    return joined


def _move_alerts(db: Connection, thread_id: int, story_id: int) -> None:
    there = alerts.alias("there")
    taken = (
        select(there.c.id)
        .where(there.c.story_id == story_id, there.c.topic == alerts.c.topic, there.c.route == alerts.c.route)
        .exists()
    )
    mine = (alerts.c.thread_id == thread_id) & (alerts.c.story_id != story_id)
    db.execute(update(alerts).where(mine, ~taken).values(story_id=story_id))


def _thread(row: Row[Any]) -> Thread:
    return Thread(
        id=row.id,
        token=row.token,
        parent_key=row.parent_key,
        story_id=row.story_id,
        article_id=row.article_id,
        channel=row.channel,
        route=row.route,
        severity=Severity(row.severity),
        topics=tuple(row.topics.split(",")),
        articles=row.articles,
        revision=row.revision,
        held=row.held,
        opened_at=row.opened_at,
        told_at=row.told_at,
        replied_at=row.replied_at,
        joined_to=row.joined_to,
    )
