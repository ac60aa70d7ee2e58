"""Stored articles read again: for what a card would have matched, and what a change would have done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, select

from monitor.records import Article, TextSource
from monitor.store.articles import article_of, of_article
from monitor.store.database import begin
from monitor.store.tables import articles

BATCH = 1_000


def count(db: Connection, since: datetime) -> int:
    """How many stored articles count as from `since` on."""
    statement = select(func.count()).select_from(articles).where(articles.c.effective_at >= since)
    return int(db.execute(statement).scalar_one())


def batches(engine: Engine, since: datetime) -> Iterator[list[Article]]:
    """The articles that count as from `since` on, in order of their id, each batch read by itself."""
    after = 0
    while True:
        statement: Any = (
            select(*of_article())
            .where(articles.c.effective_at >= since, articles.c.id > after)
            .order_by(articles.c.id)
            .limit(BATCH)
        )
        with begin(engine, reading=True) as db:
            found = [article_of(row) for row in db.execute(statement)]
        if not found:
            return
        yield found
        after = found[-1].id


def scored_otherwise(
    db: Connection, since: datetime, until: datetime, version: str, after: int, limit: int
) -> list[Article]:
    """Articles of a time that were scored by another version than this, by id from `after` on.

    Those that were never scored are not among them: the score step has them before it, and they may alert.
    Nor are those whose text was dropped: a score of the headline alone would not compare.
    """
    statement: Any = (
        select(*of_article())
        .where(
            articles.c.effective_at >= since,
            articles.c.effective_at < until,
            articles.c.scored_by != version,
            articles.c.text_source != str(TextSource.PRUNED),
            articles.c.id > after,
        )
        .order_by(articles.c.id)
        .limit(limit)
    )
    return [article_of(row) for row in db.execute(statement)]
