"""How what a search finds spreads over topics, publishers, states, languages, actors and days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from monitor.records import Facets, Search
from monitor.store.search import newest
from monitor.store.tables import articles, hits, mentions, publishers

COUNTED = 10_000  # matches, the newest
SHOWN = 12  # values of one facet


def facets(db: Connection, asked: Search) -> Facets:
    """The facets of the `COUNTED` newest matches."""
    ids = newest(db, asked, COUNTED + 1)
    whole = len(ids) <= COUNTED
    ids = ids[:COUNTED]
    if not ids:
        return Facets(0, whole)
    named = select(articles.c.publisher, articles.c.language, publishers.c.country, articles.c.effective_at)
    named = named.outerjoin(publishers, publishers.c.name == articles.c.publisher)
    found = list(db.execute(named.where(_among(db, articles.c.id, ids))))
    topics = select(hits.c.topic, func.count()).where(_among(db, hits.c.article_id, ids))
    actors = select(mentions.c.actor, func.count()).where(_among(db, mentions.c.article_id, ids))
    return Facets(
        counted=len(ids),
        all_counted=whole,
        topics=_grouped(db, topics, hits.c.topic),
        publishers=_counted(row.publisher for row in found),
        countries=_counted(row.country for row in found),
        languages=_counted(row.language for row in found),
        actors=_grouped(db, actors, mentions.c.actor),
        days=tuple(sorted(Counter(row.effective_at.date() for row in found).items())),
    )


def _counted(values: Iterable[str | None]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(value for value in values if value).most_common(SHOWN))


def _grouped(db: Connection, statement: Select[Any], by: ColumnElement[str]) -> tuple[tuple[str, int], ...]:
    ordered = statement.group_by(by).order_by(func.count().desc(), by).limit(SHOWN)
    return tuple((str(name), int(count)) for name, count in db.execute(ordered))


def _among(db: Connection, id_column: ColumnElement[int], ids: list[int]) -> ColumnElement[bool]:
    """`id_column` is one of any number of ids: one parameter, whatever their number."""
    if db.dialect.name == "postgresql":
        return id_column == any_(bindparam(None, ids, type_=ARRAY(Integer)))
    values = func.json_each(str(ids)).table_valued("value")
    return id_column.in_(select(values.c.value))
