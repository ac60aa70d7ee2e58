"""Search over stored articles: words, topic, dates, publisher."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, literal, or_, select

from monitor.store.sql import among
from monitor.store.tables import articles, hits, mentions

SNIPPET = 200  # characters
_ESCAPE = "\\"
_PARTS = re.compile(r'"([^"]*)"|(\S+)')


@dataclass(frozen=True, slots=True)
class SearchRow:
    """An article that was found.

    `published_at` is the time it counts as: published, or first seen where its date was no good.
    `topics` are its hits with their scores, best first.
    """

    article_id: int
    title: str
    url: str
    publisher: str
    published_at: datetime
    story_id: int | None
    topics: tuple[tuple[str, float], ...]
    snippet: str


def search(
    db: Connection,
    words: str = "",
    topic: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    publisher: str | None = None,
    actors: Collection[str] = (),
    limit: int = 50,
) -> list[SearchRow]:
    """The newest articles in which every word occurs, in title, summary or text, in any case.

    Args:
        words: separated by blanks; what stands in double quotes is one phrase.
        topic: only articles that are hits of it.
        since, until: bounds of the time they count as, both included.
        publisher: only this one, in any case.
        actors: keys of actors that must all be named; that of a state or alliance stands for its people too.
    """
    wanted = terms(words)
    times = articles.c.effective_at
    conditions = [_occurs(db, word) for word in wanted]
    if topic is not None:
        conditions.append(exists().where(hits.c.article_id == articles.c.id, hits.c.topic == topic))
    if since is not None:
        conditions.append(times >= since)
    if until is not None:
        conditions.append(times <= until)
    if publisher is not None:
        conditions.append(_like(db, articles.c.publisher, _escaped(publisher)))
    conditions += [_names(actor) for actor in actors]
    names = ("id", "title", "url", "publisher", "effective_at", "story_id", "summary", "text")
    statement = (
        select(*(articles.c[name] for name in names))
        .where(*conditions)
        .order_by(times.desc(), articles.c.id.desc())
        .limit(limit)
    )
    rows: list[Row[Any]] = list(db.execute(statement))
    topics = _topics(db, (row.id for row in rows))
    return [
        SearchRow(
            article_id=row.id,
            title=row.title,
            url=row.url,
            publisher=row.publisher,
            published_at=row.effective_at,
            story_id=row.story_id,
            topics=tuple(topics.get(row.id, ())),
            snippet=snippet(row.summary, row.text, wanted),
        )
        for row in rows
    ]


def terms(words: str) -> list[str]:
    """The words and quoted phrases of a question, without empty ones."""
    found = (" ".join((phrase or word.strip('"')).split()) for phrase, word in _PARTS.findall(words))
    return [term for term in found if term]


def snippet(summary: str, text: str, wanted: Iterable[str]) -> str:
    """Up to `SNIPPET` characters around the first place where a wanted word occurs."""
    source = summary or text
    at = -1
    for word in wanted:
        for candidate in (summary, text):
            at = candidate.lower().find(word.lower())
            if at >= 0:
                source = candidate
                break
        if at >= 0:
            break
    start = max(0, at - SNIPPET // 3)
    if start:
        start = source.find(" ", start) + 1 or start
    cut = " ".join(source[start : start + SNIPPET].split())
    return ("…" if start else "") + cut + ("…" if start + SNIPPET < len(source) else "")


def _names(actor: str) -> ColumnElement[bool]:
    by_key_or_country = or_(mentions.c.actor == actor, mentions.c.country == actor)
    return exists().where(mentions.c.article_id == articles.c.id, by_key_or_country)


def _occurs(db: Connection, word: str) -> ColumnElement[bool]:
    pattern = f"%{_escaped(word)}%"
    return or_(*(_like(db, articles.c[name], pattern) for name in ("title", "summary", "text")))


def _escaped(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word)


def _like(db: Connection, column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    if db.dialect.name == "postgresql":
        return column.ilike(pattern, escape=_ESCAPE)
    if pattern.isascii():
        return column.like(pattern, escape=_ESCAPE)
    # SQLite's LIKE tells É from é; our own function is slower, so it serves only where it must.
    return func.fold(column).like(literal(pattern.lower()), escape=_ESCAPE)


def _topics(db: Connection, ids: Iterable[int]) -> dict[int, list[tuple[str, float]]]:
    statement = select(hits.c.article_id, hits.c.topic, hits.c.score).order_by(hits.c.score.desc())
    found: dict[int, list[tuple[str, float]]] = {}
    for row in among(db, statement, hits.c.article_id, ids):
        found.setdefault(row.article_id, []).append((row.topic, row.score))
    return found
