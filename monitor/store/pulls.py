"""Articles and hits in the order in which they were stored, for programs that take what is new.

Numbers are given before a transaction commits, so that a lower one may appear after a higher one: what
is younger than `SETTLED` is held back, and a cursor that has passed a number has seen all below it.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, Row, Select, column, select, table

from monitor.records import PulledArticle, PulledHit
from monitor.store import tables
from monitor.store.columns import Utc

SETTLED = timedelta(minutes=1)  # longer than a transaction that stores takes


def _view(name: str, of: type) -> Any:
    """The view, with a column for each field of a record."""
    typed: dict[str, Any] = {"datetime": Utc(), "bool": Boolean()}
    kinds = ((one.name, typed.get(str(one.type).split(" ")[0])) for one in fields(of))
    return table(name, *(column(field) if kind is None else column(field, kind) for field, kind in kinds))


_ARTICLES = _view("articles_view", PulledArticle)
_HITS = _view("hits_view", PulledHit)


def articles(db: Connection, after: int, limit: int, now: datetime) -> list[PulledArticle]:
    """At most `limit` articles with numbers above `after`, lowest first."""
    ids = _settled(tables.articles.c.id, tables.articles.c.first_seen_at, after, limit, now)
    rows = db.execute(
        select(_ARTICLES).where(_ARTICLES.c.article_id.in_(_listed(db, ids))).order_by(_ARTICLES.c.article_id)
    )
    return [PulledArticle(**(row._asdict() | {"topics": _names(row)})) for row in rows]


def hits(db: Connection, after: int, limit: int, now: datetime, topic: str | None = None) -> list[PulledHit]:
    """At most `limit` hits with numbers above `after`, lowest first; those on one topic where it is given."""
    ids = _settled(tables.hits.c.id, tables.hits.c.found_at, after, limit, now)
    if topic is not None:
        ids = ids.where(tables.hits.c.topic == topic)
    rows = db.execute(select(_HITS).where(_HITS.c.hit_id.in_(_listed(db, ids))).order_by(_HITS.c.hit_id))
    return [PulledHit(**row._asdict()) for row in rows]


def _settled(number: Any, stored_at: Any, after: int, limit: int, now: datetime) -> Select[Any]:
    """The next numbers; none above the first that is too young, since lower ones may still come."""
    young = select(number).where(number > after, stored_at > now - SETTLED).order_by(number).limit(1)
    first = young.scalar_subquery()
    return (
        select(number).where(number > after, (number < first) | first.is_(None)).order_by(number).limit(limit)
    )


def _listed(db: Connection, ids: Select[Any]) -> list[int]:
    return list(db.execute(ids).scalars())


def _names(row: Row[Any]) -> tuple[str, ...]:
    return tuple(name.strip() for name in (row.topics or "").split(",") if name.strip())
