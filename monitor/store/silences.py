"""Silences: who muted what and until when, and what each one hid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from monitor.records import Hidden, Silence, SilenceCount, SilenceMatcher
from monitor.store.sql import insert
from monitor.store.tables import articles, hits, silenced, silences

NAMES = ("topic", "story_id", "publisher", "actor", "country", "words")


def add(
    db: Connection,
    matcher: SilenceMatcher,
    owner: str,
    reason: str,
    now: datetime,
    expires_at: datetime | None,
) -> Silence:
    """Store a silence that begins now; without `expires_at` it lasts until somebody ends it.

    Raises:
        ValueError: the matcher would hide everything, or nothing for its time is over.
    """
    if not any(getattr(matcher, name) for name in NAMES):
        raise ValueError("a silence needs something to match: a topic, story, publisher, actor, ...")
    if expires_at is not None and expires_at <= now:
        raise ValueError("a silence has to end later than now")
    values = {name: getattr(matcher, name) for name in NAMES}
    values |= {"owner": owner, "reason": reason, "created_at": now, "expires_at": expires_at}
    statement = insert(db, silences).values(**values, ended_by="", replies=0).returning(silences)
    return _silence(db.execute(statement).one())


def active(db: Connection, now: datetime) -> list[Silence]:
    """The silences in force, oldest first."""
    open_ = select(silences).where(silences.c.reported_at.is_(None)).order_by(silences.c.id)
    return [one for one in map(_silence, db.execute(open_)) if not one.is_over(now)]


def over(db: Connection, now: datetime) -> list[SilenceCount]:
    """Silences that have ended and not been reported yet, oldest first."""
    found = _counted(db, _COUNTS.where(silences.c.reported_at.is_(None)))
    return [one for one in found if one.silence.is_over(now)]


def listing(db: Connection, now: datetime, *, ended: bool = False) -> list[SilenceCount]:
    """Silences with what they hid so far, newest first; those that are over too where `ended`."""
    found = _counted(db, _COUNTS)
    return [one for one in reversed(found) if ended or not one.silence.is_over(now)]


def get(db: Connection, id_: int) -> SilenceCount | None:
    """One silence with what it hid so far."""
    return next(iter(_counted(db, _COUNTS.where(silences.c.id == id_))), None)


def end(db: Connection, id_: int, by: str, now: datetime) -> bool:
    """End a silence before its time; false where it is over already or there is none."""
    running = (silences.c.id == id_) & silences.c.ended_at.is_(None)
    running &= silences.c.expires_at.is_(None) | (silences.c.expires_at > now)
    return bool(db.execute(update(silences).where(running).values(ended_at=now, ended_by=by)).rowcount)


def hide(db: Connection, pairs: Iterable[tuple[int, int, str]], now: datetime) -> None:
    """Store which silence hid which hit from which channel: triples of their ids and its name."""
    rows = [
        {"silence_id": silence, "hit_id": hit, "channel": channel, "hidden_at": now}
        for silence, hit, channel in sorted(set(pairs))
    ]
    if rows:
        key = ["silence_id", "hit_id"]
        db.execute(insert(db, silenced).on_conflict_do_nothing(index_elements=key), rows)


def hide_reply(db: Connection, id_: int) -> None:
    """Count a development that a silence kept out of its story's thread."""
    db.execute(update(silences).where(silences.c.id == id_).values(replies=silences.c.replies + 1))


def hidden(db: Connection, id_: int) -> list[Hidden]:
    """What a silence hid, one a story and topic, the highest score first."""
    statement = (
        select(
            articles.c.story_id,
            hits.c.topic,
            hits.c.score,
            articles.c.title,
            articles.c.url,
            articles.c.publisher,
        )
        .join(silenced, silenced.c.hit_id == hits.c.id)
        .join(articles, articles.c.id == hits.c.article_id)
        .where(silenced.c.silence_id == id_)
        .order_by(hits.c.score.desc(), hits.c.id)
    )
    best: dict[tuple[int, str], list[Row[Any]]] = {}
    found: list[Row[Any]] = list(db.execute(statement))
    for row in found:
        best.setdefault((row.story_id, row.topic), []).append(row)
    return [
        Hidden(story, topic, rows[0].title, rows[0].url, rows[0].publisher, rows[0].score, len(rows))
        for (story, topic), rows in best.items()
    ]


def channel_of(db: Connection, id_: int) -> str:
    """The channel from which a silence hid most; empty where it hid nothing from any."""
    number = func.count().label("number")
    statement = (
        select(silenced.c.channel, number)
        .where(silenced.c.silence_id == id_, silenced.c.channel != "")
        .group_by(silenced.c.channel)
        .order_by(number.desc(), silenced.c.channel)
    )
    row = db.execute(statement).first()
    return str(row.channel) if row else ""


def reported(db: Connection, ids: Sequence[int], now: datetime) -> None:
    """Say that the end of these silences has been told."""
    for id_ in ids:
        db.execute(update(silences).where(silences.c.id == id_).values(reported_at=now))


_COUNTS: Select[Any] = (
    select(
        silences,
        func.count(silenced.c.hit_id).label("hits"),
        func.count(articles.c.story_id.distinct()).label("stories"),
    )
    .outerjoin(silenced, silenced.c.silence_id == silences.c.id)
    .outerjoin(hits, hits.c.id == silenced.c.hit_id)
    .outerjoin(articles, articles.c.id == hits.c.article_id)
    .group_by(silences.c.id)
    .order_by(silences.c.id)
)


def _counted(db: Connection, statement: Select[Any]) -> list[SilenceCount]:
    return [SilenceCount(_silence(row), row.hits, row.stories, row.replies) for row in db.execute(statement)]


def _silence(row: Row[Any]) -> Silence:
    return Silence(
        id=row.id,
        matcher=SilenceMatcher(**{name: getattr(row, name) for name in NAMES}),
        owner=row.owner,
        reason=row.reason,
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
    )
