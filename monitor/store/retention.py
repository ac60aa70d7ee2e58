"""Texts that are kept only for a while: counted, and dropped so many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, func, null, select, update

from monitor.records import TextSource
from monitor.store.sql import chunks
from monitor.store.tables import articles, hits, revisions

KINDS = ("article", "revision", "scored")
"""Texts of articles, of what they said before, and those that hits were scored by."""


def count(db: Connection, before: datetime) -> dict[str, int]:
    """How many texts of news from before that time there are, by kind."""
    found = {kind: db.execute(_counted(_old(kind, before))).scalar_one() for kind in KINDS}
    return {kind: int(number) for kind, number in found.items()}


def drop(db: Connection, kind: str, before: datetime, limit: int) -> int:
    """Drop at most `limit` texts of a kind; returns how many, so none are left where it is less."""
    ids = list(db.execute(_old(kind, before).limit(limit)).scalars())
    if ids:
        _empty(db, kind, ids)
    return len(ids)


def _old(kind: str, before: datetime) -> Select[Any]:
    old = articles.c.effective_at < before
    if kind == "article":
        return select(articles.c.id).where(old, _has_text()).order_by(articles.c.effective_at)
    table, held = (
        (revisions, (revisions.c.text != "") | (revisions.c.summary != ""))
        if kind == "revision"
        else (hits, hits.c.scored_text.is_not(None))
    )
    joined = table.join(articles, articles.c.id == table.c.article_id)
    return select(table.c.id).select_from(joined).where(old, held).order_by(table.c.id)


def _has_text() -> ColumnElement[bool]:
    return articles.c.text_source != str(TextSource.PRUNED)


def _counted(statement: Select[Any]) -> Select[Any]:
    return select(func.count()).select_from(statement.order_by(None).subquery())


def _empty(db: Connection, kind: str, ids: Sequence[int]) -> None:
    gone: dict[str, tuple[Table, dict[str, Any]]] = {
        "article": (articles, {"text": "", "text_source": str(TextSource.PRUNED)}),
        "revision": (revisions, {"text": "", "summary": ""}),
        "scored": (hits, {"scored_text": null()}),
    }
    table, values = gone[kind]
    for part in chunks(ids):
        db.execute(update(table).where(table.c.id.in_(part)).values(values))
