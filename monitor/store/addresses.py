"""Addresses under which an article is known besides its own: those it has left, and that of its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from monitor.articles.identity import same_news
from monitor.store.sql import among, insert
from monitor.store.tables import article_addresses, articles, entries

_TOLD = select(
    articles.c.id,
    articles.c.canonical_url,
    articles.c.title,
    articles.c.summary,
    articles.c.story_id,
    articles.c.read_state,
)


def find(db: Connection, keys: Iterable[str]) -> dict[str, int]:
    """The articles that are known under `keys`, by key."""
    rows = among(
        db,
        select(article_addresses.c.url, article_addresses.c.article_id),
        article_addresses.c.url,
        keys,
    )
    return {row.url: row.article_id for row in rows}


def keep(db: Connection, known_as: Mapping[str, int], now: datetime) -> None:
    """Let each key stand for its article, unless it stands for one already."""
    rows = [{"url": key, "article_id": id_, "added_at": now} for key, id_ in sorted(known_as.items())]
    if rows:
        db.execute(insert(db, article_addresses).on_conflict_do_nothing(index_elements=["url"]), rows)


def settle(db: Connection, named: Mapping[int, str], now: datetime) -> dict[int, int]:
    """Take in that the pages of articles name these keys as their own address.

    An article whose page is that of another is merged into it, as long as it waits to be read and both
    say the same news: sites name one address for all of their pages, too. Otherwise the key is kept.

    Returns:
        the merged articles, each with the one that it is now.
    """
    if not named:
        return {}
    owners: dict[str, int] = {
        row.canonical_url: row.id for row in among(db, _TOLD, articles.c.canonical_url, set(named.values()))
    }
    owners |= find(db, set(named.values()) - owners.keys())
    told = {row.id: row for row in among(db, _TOLD, articles.c.id, {*named, *owners.values()})}
    merged: dict[int, int] = {}
    fresh: dict[str, int] = {}
    for id_, key in sorted(named.items()):
        mine = told.get(id_)
        if mine is None or mine.canonical_url == key:
            continue
        other = owners.setdefault(key, id_)
        other = merged.get(other, other)
        if other == id_:
            fresh[key] = id_
        elif _are_one(mine, told.get(other)):
            merged[id_] = other
    keep(db, {key: id_ for key, id_ in fresh.items() if id_ not in merged}, now)
    for id_, other in sorted(merged.items()):
        _merge(db, told[id_], other, now)
    return merged


def _are_one(mine: Any, other: Any) -> bool:
    waits = mine.story_id is None and mine.read_state == "pending"
    return waits and other is not None and same_news(mine.title, mine.summary, other.title, other.summary)


def _merge(db: Connection, mine: Any, other: int, now: datetime) -> None:
    for table in (entries, article_addresses):
        db.execute(update(table).where(table.c.article_id == mine.id).values(article_id=other))
    db.execute(delete(articles).where(articles.c.id == mine.id))
    keep(db, {mine.canonical_url: other}, now)
