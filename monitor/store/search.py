"""Search over stored articles: words, and who, when and what about.

An article's id grows with the time at which it was first seen, and news is seldom older than its first
sight: matches are read from the newest id down and reading stops where nothing newer can come, so that
a common word costs no more than a rare one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, column, exists, func, or_, select, table, text

from monitor.records import Search, SearchOrder, SearchRow
from monitor.store import questions
from monitor.store.questions import Question
from monitor.store.sql import among, lower_like
from monitor.store.tables import articles, hits, mentions, publishers

SNIPPET = 200  # characters
RANKED = 1_000  # matches, the newest, of which the most relevant are shown
PAGE = 2_000  # matches read at once
HALF_LIFE = timedelta(days=7)  # in which news loses half of what its freshness is worth
_SLACK = timedelta(hours=1)  # by which ids and times of first sight may disagree: writers overlap
_archive = table("archive", column("rowid"), column("archive"))  # SQLite's index, see revision 0008


def search(db: Connection, asked: Search, limit: int = 50) -> list[SearchRow]:
    """At most `limit` articles, in the order that was asked for; relevance needs words, else dates count.

    The most relevant are chosen among the `RANKED` newest matches.
    """
    question = questions.read(asked.words)
    if asked.order is SearchOrder.RELEVANCE and question.wanted:
        ids = _most_relevant(db, newest(db, asked, RANKED), question, limit)
    else:
        ids = newest(db, asked, limit)
    return rows(db, ids, question)


def every(db: Connection, asked: Search, batch: int = 1_000) -> Iterator[SearchRow]:
    """All that is found, last seen first, read in batches: as much as there is fits any memory."""
    question = questions.read(asked.words)
    statement = _matches(db, asked, question, articles.c.id).order_by(articles.c.id.desc()).limit(batch)
    below: int | None = None
    while True:
        part = statement if below is None else statement.where(_id_column(db, question) < below)
        ids = list(db.execute(part).scalars())
        yield from rows(db, ids, question)
        if len(ids) < batch:
            return
        below = ids[-1]


def newest(db: Connection, asked: Search, limit: int) -> list[int]:
    """The ids of at most `limit` articles that match, newest first."""
    question = questions.read(asked.words)
    times = (articles.c.id, articles.c.effective_at, articles.c.first_seen_at)
    statement = _matches(db, asked, question, *times)
    if not _by_index(db, question):
        ordered = statement.order_by(articles.c.effective_at.desc(), articles.c.id.desc()).limit(limit)
        return [row.id for row in db.execute(ordered)]
    return _downwards(db, statement, limit)


def matching(db: Connection, asked: Search, ids: Sequence[int]) -> list[int]:
    """Those of the articles `ids` that match, in the order of their numbers."""
    if not ids:
        return []
    question = questions.read(asked.words)
    number = _id_column(db, question)
    # The index is read between the least and the greatest, and not for each of them.
    statement = _matches(db, asked, question, articles.c.id).where(number.between(min(ids), max(ids)))
    found = set(db.execute(statement).scalars())
    return [id_ for id_ in sorted(set(ids)) if id_ in found]


def _downwards(db: Connection, statement: Select[Any], limit: int) -> list[int]:
    """The newest matches of SQLite's index, which is read by falling id."""
    best: list[Row[Any]] = []
    below: int | None = None
    while True:
        part = statement if below is None else statement.where(_archive.c.rowid < below)
        page = list(db.execute(part.order_by(_archive.c.rowid.desc()).limit(PAGE)))
        best = nlargest(limit, [*best, *page], key=lambda row: (row.effective_at, row.id))
        if len(page) < PAGE:
            break
        below = page[-1].id
        if len(best) == limit and best[-1].effective_at >= page[-1].first_seen_at + _SLACK:
            break
    return [row.id for row in best]


def _by_index(db: Connection, question: Question) -> bool:
    return bool(question.wanted) and db.dialect.name == "sqlite"


def _id_column(db: Connection, question: Question) -> ColumnElement[int]:
    return _archive.c.rowid if _by_index(db, question) else articles.c.id


def _matches(db: Connection, asked: Search, question: Question, *columns: ColumnElement[Any]) -> Select[Any]:
    """SELECT of the articles that match, without an order."""
    statement = select(*columns).where(*_conditions(db, asked))
    if db.dialect.name == "postgresql":
        if not question:
            return statement
        said, values = questions.tsquery(question)
        # Our own text: the words of the question are bound, none of them is part of it.
        condition = text(f"articles.archive @@ ({said})").bindparams(**values)
        return statement.where(condition)
    if not question.wanted:
        if not question.unwanted:
            return statement
        unwanted = select(_archive.c.rowid).where(_match(questions.fts5_unwanted(question)))
        return statement.where(articles.c.id.not_in(unwanted))
    statement = statement.select_from(_archive.join(articles, articles.c.id == _archive.c.rowid))
    statement = statement.where(_match(questions.fts5(question) or ""))
    if asked.since is not None and (first := _first_seen_since(db, asked.since)):
        statement = statement.where(_archive.c.rowid >= first)
    return statement


def _match(expression: str) -> ColumnElement[bool]:
    return _archive.c.archive.op("MATCH")(expression)


def _first_seen_since(db: Connection, since: datetime) -> int:
    """An id below which no article counts as of `since` or later, found by halving."""
    low, high = 0, int(db.execute(select(func.coalesce(func.max(articles.c.id), 0))).scalar_one())
    statement = select(articles.c.id, articles.c.first_seen_at).order_by(articles.c.id).limit(1)
    while low < high:
        middle = (low + high) // 2
        row = db.execute(statement.where(articles.c.id > middle)).first()
        if row is not None and row.first_seen_at + _SLACK < since:
            low = row.id
        else:
            high = middle
    return low


def _conditions(db: Connection, asked: Search) -> list[ColumnElement[bool]]:
    times = articles.c.effective_at
    found: list[ColumnElement[bool]] = []
    if asked.topic is not None or asked.min_score is not None:
        found.append(exists().where(hits.c.article_id == articles.c.id, *_hit(asked)))
    if asked.since is not None:
        found.append(times >= asked.since)
    if asked.until is not None:
        found.append(times <= asked.until)
    if asked.publisher is not None:
        found.append(lower_like(db, articles.c.publisher, asked.publisher))
    if asked.country is not None:
        states = select(publishers.c.name).where(publishers.c.country == asked.country.upper())
        found.append(articles.c.publisher.in_(states))
    found += [_names(actor) for actor in asked.actors]
    if asked.language is not None:
        found.append(articles.c.language == asked.language)
    if asked.story is not None:
        found.append(articles.c.story_id == asked.story)
    return found


def _names(actor: str) -> ColumnElement[bool]:
    by_key_or_country = or_(mentions.c.actor == actor, mentions.c.country == actor)
    return exists().where(mentions.c.article_id == articles.c.id, by_key_or_country)


def _hit(asked: Search) -> Iterator[ColumnElement[bool]]:
    if asked.topic is not None:
        yield hits.c.topic == asked.topic
    if asked.min_score is not None:
        yield hits.c.score >= asked.min_score


def _most_relevant(db: Connection, ids: Sequence[int], question: Question, limit: int) -> list[int]:
    """Ids by relevance: the share of terms in the headline and in the teaser, and how fresh it is."""
    statement = select(articles.c.id, articles.c.title, articles.c.summary, articles.c.effective_at)
    now = datetime.now(UTC)

    def relevance(row: Row[Any]) -> tuple[float, int]:
        age = max(now - row.effective_at, timedelta(0)) / HALF_LIFE
        words = 1 + 3 * _share(row.title, question) + _share(row.summary, question)
        return words * (0.4 + 0.6 * math.exp2(-age)), row.id

    found = among(db, statement, articles.c.id, ids)
    return [row.id for row in nlargest(limit, found, key=relevance)]


def _share(of: str, question: Question) -> float:
    """The share of the wanted groups of which a term occurs in a text."""
    met = sum(bool(questions.marks(of, group)) for group in question.wanted)
    return met / len(question.wanted)


def rows(db: Connection, ids: Sequence[int], question: Question) -> list[SearchRow]:
    """The articles of those ids, in that order, with their topics and the words marked."""
    names = ("id", "title", "url", "publisher", "effective_at", "story_id", "summary", "text")
    statement = select(*(articles.c[name] for name in names))
    found = {row.id: row for row in among(db, statement, articles.c.id, ids)}
    topics = _topics(db, ids)
    return [_shown(found[id_], topics.get(id_, []), question) for id_ in ids if id_ in found]


def _shown(row: Row[Any], topics: Sequence[tuple[str, float]], question: Question) -> SearchRow:
    cut = snippet(row.summary, row.text, question)
    return SearchRow(
        article_id=row.id,
        title=row.title,
        url=row.url,
        publisher=row.publisher,
        published_at=row.effective_at,
        story_id=row.story_id,
        topics=tuple(topics),
        snippet=cut,
        title_marks=tuple(questions.marks(row.title, question.terms)),
        snippet_marks=tuple(questions.marks(cut, question.terms)),
    )


def snippet(summary: str, body: str, question: Question) -> str:
    """Up to `SNIPPET` characters around the first place where a wanted term occurs."""
    source, at = summary or body, 0
    for candidate in (summary, body):
        if found := questions.marks(candidate, question.terms):
            source, at = candidate, found[0][0]
            break
    start = max(0, at - SNIPPET // 3)
    if start:
        start = source.find(" ", start) + 1 or start
    cut = " ".join(source[start : start + SNIPPET].split())
    return ("…" if start else "") + cut + ("…" if start + SNIPPET < len(source) else "")


def _topics(db: Connection, ids: Iterable[int]) -> dict[int, list[tuple[str, float]]]:
    statement = select(hits.c.article_id, hits.c.topic, hits.c.score).order_by(hits.c.score.desc())
    found: dict[int, list[tuple[str, float]]] = {}
    for row in among(db, statement, hits.c.article_id, ids):
        found.setdefault(row.article_id, []).append((row.topic, row.score))
    return found
