"""Stories: articles put into them, and their counts kept right."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from monitor.records import Placement, PlacementKind, Story, StoryMember
from monitor.store.articles import article_of, of_article
from monitor.store.sql import among, chunks, insert, update_each
from monitor.store.tables import articles, stories

_COUNTED = ("first_seen_at", "last_seen_at", "articles", "copies", "publishers", "independent_publishers")


def place(db: Connection, placements: Sequence[Placement], now: datetime) -> None:
    """Put articles into stories, in order; one that has a story already keeps it.

    An article whose `against` is in no story founds one of its own.
    """
    wanted = [p.article_id for p in placements]
    rows = _lock(db, {*wanted, *(p.against for p in placements if p.against is not None)})
    story_of = {row.id: row.story_id for row in rows if row.story_id is not None}
    known = {row.id: row for row in rows}
    fresh = [p for p in placements if p.article_id in known and p.article_id not in story_of]
    founder_of = dict.fromkeys(story_of)  # articles in stories: their own, or that of a new founder
    for placement in fresh:
        against = placement.against
        founds = against is None or against not in founder_of
        founder_of[placement.article_id] = (
            placement.article_id if founds else (founder_of[against] or against)
        )
    founders = [p.article_id for p in fresh if founder_of[p.article_id] == p.article_id]
    story_of |= _found(db, [known[id_] for id_ in founders])
    values = []
    for placement in fresh:
        id_, founder = placement.article_id, founder_of[placement.article_id]
        story_of[id_] = story_of[founder]
        values.append(_placed(placement, story_of[id_], now, founds=founder == id_))
    update_each(db, articles, values)
    _count(db, {value["story_id"] for value in values})


def _placed(placement: Placement, story_id: int, now: datetime, *, founds: bool) -> dict[str, Any]:
    return {
        "id": placement.article_id,
        "story_id": story_id,
        "placed_as": str(PlacementKind.NEW_STORY if founds else placement.kind),
        "placed_against": None if founds else placement.against,
        "placed_score": placement.score,
        "placed_at": now,
    }


def _lock(db: Connection, ids: Iterable[int]) -> list[Row[Any]]:
    """The articles, held until we commit: a second run that places them waits and finds them placed."""
    columns = (articles.c.id, articles.c.story_id, articles.c.title, articles.c.effective_at)
    statement = select(*columns).order_by(articles.c.id)
    if db.dialect.name == "postgresql":
        statement = statement.with_for_update(key_share=True)
    return among(db, statement, articles.c.id, sorted(ids))


def _found(db: Connection, founders: Sequence[Row[Any]]) -> dict[int, int]:
    """New stories; returns the story of each founder."""
    rows = [
        {
            "headline": founder.title,
            "founded_by": founder.id,
            "first_seen_at": founder.effective_at,
            "last_seen_at": founder.effective_at,
            "articles": 0,
            "copies": 0,
            "publishers": 0,
            "independent_publishers": 0,
            "headline_of": founder.id,
        }
        for founder in founders
    ]
    if not rows:
        return {}
    statement = insert(db, stories).returning(stories.c.founded_by, stories.c.id)
    return {row.founded_by: row.id for row in db.execute(statement, rows)}


def _counts(db: Connection, ids: Collection[int]) -> list[Row[Any]]:
    copied = articles.c.placed_as == str(PlacementKind.COPY)
    author = case((copied, None), else_=articles.c.publisher)
    statement = select(
        articles.c.story_id.label("id"),
        func.min(articles.c.effective_at).label("first_seen_at"),
        func.max(articles.c.effective_at).label("last_seen_at"),
        func.count().label("articles"),
        func.sum(case((copied, 1), else_=0)).label("copies"),
        func.count(articles.c.publisher.distinct()).label("publishers"),
        func.count(author.distinct()).label("independent_publishers"),
    ).group_by(articles.c.story_id)
    return among(db, statement, articles.c.story_id, sorted(ids))


def _count(db: Connection, ids: Collection[int]) -> None:
    """Count the articles of these stories anew: an index alone answers, and no error can add up."""
    update_each(db, stories, [dict(row._mapping) for row in _counts(db, ids)])


def recount(db: Connection) -> int:
    """Repair the counts and headlines of all stories; returns how many stories were wrong."""
    wrong = 0
    ids = list(db.execute(select(stories.c.id).order_by(stories.c.id)).scalars())
    title = select(articles.c.title).where(articles.c.id == stories.c.founded_by).scalar_subquery()
    for part in chunks(ids, 5_000):
        statement = select(stories, title.label("title"))
        stored = {row.id: row for row in among(db, statement, stories.c.id, part)}
        repaired = []
        for row in _counts(db, part):
            old, new = stored[row.id], dict(row._mapping)
            new["headline"] = old.headline if old.title is None else old.title
            if any(getattr(old, name) != new[name] for name in (*_COUNTED, "headline")):
                repaired.append(new)
        update_each(db, stories, repaired)
        wrong += len(repaired)
    return wrong


def get(db: Connection, story_id: int) -> Story | None:
    """A story with its members, oldest first."""
    row = db.execute(select(stories).where(stories.c.id == story_id)).first()
    if row is None:
        return None
    statement = (
        select(articles.c.placed_as, articles.c.placed_score, articles.c.placed_against, *of_article())
        .where(articles.c.story_id == story_id)
        .order_by(articles.c.effective_at, articles.c.id)
    )
    members = tuple(
        StoryMember(
            article_of(member), PlacementKind(member.placed_as), member.placed_score, member.placed_against
        )
        for member in db.execute(statement)
    )
    return Story(
        id=row.id,
        headline=row.headline,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        articles=row.articles,
        copies=row.copies,
        publishers=tuple(dict.fromkeys(member.article.publisher for member in members)),
        members=members,
        independent_publishers=row.independent_publishers,
    )


def publishers_of(db: Connection, story_ids: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """The publishers of each story, in the order in which they came."""
    first = func.min(articles.c.effective_at)
    statement = (
        select(articles.c.story_id, articles.c.publisher)
        .group_by(articles.c.story_id, articles.c.publisher)
        .order_by(articles.c.story_id, first, articles.c.publisher)
    )
    found: dict[int, list[str]] = {}
    for row in among(db, statement, articles.c.story_id, sorted(set(story_ids))):
        found.setdefault(row.story_id, []).append(row.publisher)
    return {story_id: tuple(names) for story_id, names in found.items()}
