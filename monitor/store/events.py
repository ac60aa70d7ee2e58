"""Events: what hits tell of who did what to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, exists, func, select

from monitor.records import Event, KeptEvent, Mark, Report, Status
from monitor.store.sql import chunks
from monitor.store.tables import articles, event_actors, events, hits, stories

_ROLES = {"source": "sources", "target": "targets", "beneficiary": "beneficiaries"}


def keep(db: Connection, article_ids: Collection[int], kept: Sequence[KeptEvent], now: datetime) -> None:
    """Store what articles tell in place of all that they told before: the same twice changes nothing."""
    for part in chunks(sorted(article_ids)):
        db.execute(delete(events).where(events.c.article_id.in_(part)))
    ordered = sorted(kept, key=lambda one: (one.article_id, one.event.topic))
    if not ordered:
        return
    db.execute(events.insert(), [_row(one, now) for one in ordered])
    ids: dict[tuple[int, str], int] = {}
    for part in chunks(sorted({one.article_id for one in ordered})):
        found = select(events.c.id, events.c.article_id, events.c.topic).where(events.c.article_id.in_(part))
        ids |= {(row.article_id, row.topic): row.id for row in db.execute(found)}
    actors = [
        {"event_id": ids[one.article_id, one.event.topic], "role": role, "actor": actor}
        for one in ordered
        for role, field in _ROLES.items()
        for actor in getattr(one.event, field)
    ]
    if actors:
        db.execute(event_actors.insert(), actors)


def _row(one: KeptEvent, now: datetime) -> dict[str, Any]:
    event = one.event
    return {
        "article_id": one.article_id,
        "topic": event.topic,
        "sources": ",".join(event.sources),
        "targets": ",".join(event.targets),
        "beneficiaries": ",".join(event.beneficiaries),
        "status": str(event.status) if event.status else None,
        "plover": one.plover,
        "action": event.action,
        "instrument": event.instrument,
        "quantity": event.quantity,
        "amount": event.amount,
        "currency": event.currency,
        "place": event.place,
        "happened_on": event.on,
        **{str(mark): mark in event.marks for mark in Mark},
        "claimed_by": event.claimed_by,
        "sentence": event.sentence,
        "sentence_start": event.start,
        "spans": [list(span) for span in event.spans],
        "extractor": one.extractor,
        "found_at": now,
    }


def of_stories(db: Connection, story_ids: Iterable[int]) -> dict[int, list[Report]]:
    """What the articles of stories tell, oldest first."""
    found: dict[int, list[Report]] = {}
    for part in chunks(sorted(set(story_ids))):
        statement = _reports().where(articles.c.story_id.in_(part)).order_by(articles.c.id, events.c.topic)
        for row in db.execute(statement):
            found.setdefault(row.story_id, []).append(_report(row))
    return found


def since(
    db: Connection,
    start: datetime,
    *,
    topic: str | None = None,
    source: str | None = None,
    target: str | None = None,
    statuses: Collection[str] = (),
    limit: int = 100_000,
) -> list[tuple[int | None, str, Report]]:
    """Reports of articles from `start` on that match all that is given, newest first.

    Returns:
        number and headline of the story, where there is one, and the report.
    """
    when = func.coalesce(articles.c.published_at, articles.c.first_seen_at)
    statement = _reports().where(when >= start)
    if topic:
        statement = statement.where(events.c.topic == topic)
    if statuses:
        statement = statement.where(events.c.status.in_(sorted(statuses)))
    for role, actor in (("source", source), ("target", target)):
        if actor:
            mine = (
                (event_actors.c.event_id == events.c.id)
                & (event_actors.c.role == role)
                & (event_actors.c.actor == actor)
            )
            statement = statement.where(exists().where(mine))
    rows = db.execute(statement.order_by(when.desc(), events.c.id.desc()).limit(limit))
    return [(row.story_id, row.headline or "", _report(row)) for row in rows]


def hit_topics(db: Connection, article_ids: Iterable[int]) -> dict[int, set[str]]:
    """The topics of which articles are hits."""
    found: dict[int, set[str]] = {}
    for part in chunks(sorted(set(article_ids))):
        statement = select(hits.c.article_id, hits.c.topic).where(hits.c.article_id.in_(part))
        for row in db.execute(statement):
            found.setdefault(row.article_id, set()).add(row.topic)
    return found


def ids_since(db: Connection, start: datetime, after: int, limit: int) -> list[int]:
    """Numbers of articles with hits found from `start` on, above `after`, in order."""
    statement = (
        select(hits.c.article_id)
        .distinct()
        .where(hits.c.found_at >= start, hits.c.article_id > after)
        .order_by(hits.c.article_id)
        .limit(limit)
    )
    return list(db.execute(statement).scalars())


def _reports() -> Select[Any]:
    names = [column for column in events.c if column.name not in {"id", "extractor", "found_at"}]
    return (
        select(
            *names,
            articles.c.publisher,
            articles.c.url,
            articles.c.story_id,
            func.coalesce(articles.c.published_at, articles.c.first_seen_at).label("at"),
            stories.c.headline,
        )
        .join(articles, articles.c.id == events.c.article_id)
        .outerjoin(stories, stories.c.id == articles.c.story_id)
    )


def _report(row: Row[Any]) -> Report:
    event = Event(
        topic=row.topic,
        sources=_keys(row.sources),
        targets=_keys(row.targets),
        status=Status(row.status) if row.status else None,
        action=row.action,
        instrument=row.instrument,
        marks=frozenset(mark for mark in Mark if getattr(row, mark)),
        sentence=row.sentence,
        start=row.sentence_start,
        end=row.sentence_start + len(row.sentence),
        claimed_by=row.claimed_by,
        beneficiaries=_keys(row.beneficiaries),
        quantity=row.quantity,
        amount=row.amount,
        currency=row.currency,
        place=row.place,
        on=row.happened_on,
        spans=tuple((slot, start, end) for slot, start, end in row.spans),
    )
    return Report(row.article_id, row.publisher, row.url, row.at, event, row.plover)


def _keys(joined: str) -> tuple[str, ...]:
    return tuple(joined.split(",")) if joined else ()
