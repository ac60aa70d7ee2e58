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


def place(db: Connection, placements: Sequence[Placement], now: datetime) -> dict[int, int]:
    """Put articles into stories, in order; one that has a story already keeps it.

    An article whose `against` is in no story founds one of its own.

    Returns:
        the story of each article that was placed.
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
    recount_these(db, {value["story_id"] for value in values})
    return {value["id"]: value["story_id"] for value in values}


def _placed(placement: Placement, story_id: int, now: datetime, *, founds: bool) -> dict[str, Any]:
    return {
        "id": placement.article_id,
        "story_id": story_id,
        "placed_as": str(PlacementKind.NEW_STORY if founds else placement.kind),
        "placed_against": None if founds else placement.against,
        "placed_score": placement.score,
        "placed_terms": None if founds else ", ".join(placement.terms),
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


def recount_these(db: Connection, ids: Collection[int]) -> None:
    """Count the articles of these stories anew: an index alone answers, and no error can add up."""
    update_each(db, stories, _current(db, ids))


def _current(db: Connection, ids: Collection[int]) -> list[dict[str, Any]]:
    heads = _headlines(db, ids)
    return [dict(row._mapping) | heads[row.id] for row in _counts(db, ids)]


def _headlines(db: Connection, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """The most central article of each story, and its title: most others were placed against it."""
    cited = articles.alias()
    weight = func.sum(func.coalesce(articles.c.placed_score, 0)).label("weight")
    central = (
        select(cited.c.story_id, cited.c.id, cited.c.title, weight)
        .join(articles, (articles.c.placed_against == cited.c.id) & (articles.c.story_id == cited.c.story_id))
        .group_by(cited.c.story_id, cited.c.id, cited.c.title)
        .order_by(cited.c.story_id, weight, cited.c.id.desc())
    )
    alone = select(articles.c.story_id, articles.c.id, articles.c.title).order_by(
        articles.c.story_id, articles.c.effective_at.desc(), articles.c.id.desc()
    )
    found: dict[int, dict[str, Any]] = {}
    wanted = sorted(ids)
    best = among(db, central, articles.c.story_id, wanted)
    rest = set(wanted) - {row.story_id for row in best}
    for row in (*best, *among(db, alone, articles.c.story_id, sorted(rest))):
        found[row.story_id] = {"headline_of": row.id, "headline": row.title}
    return found


def recount(db: Connection) -> int:
    """Repair the counts and headlines of all stories; returns how many stories were wrong."""
    wrong = 0
    whole = stories.c.merged_into.is_(None)
    ids = list(db.execute(select(stories.c.id).where(whole).order_by(stories.c.id)).scalars())
    for part in chunks(ids, 5_000):
        stored = {row.id: row for row in among(db, select(stories), stories.c.id, part)}
        repaired = [
            new
            for new in _current(db, part)
            if any(getattr(stored[new["id"]], name) != value for name, value in new.items())
        ]
        update_each(db, stories, repaired)
        wrong += len(repaired)
    return wrong


def leads_to(db: Connection, story_id: int) -> int | None:
    """The story that took the articles of a merged one, None where it was not merged."""
    found, seen = story_id, {story_id}
    while True:
        into = db.execute(select(stories.c.merged_into).where(stories.c.id == found)).scalar()
        if into is None or into in seen:
            return found if found != story_id else None
        found = into
        seen.add(into)


def independent(db: Connection, ids: Iterable[int]) -> dict[int, int]:
    """How many independent publishers carry each story."""
    statement = select(stories.c.id, stories.c.independent_publishers)
    return {
        row.id: row.independent_publishers for row in among(db, statement, stories.c.id, sorted(set(ids)))
    }


def get(db: Connection, story_id: int) -> Story | None:
    """A story with its members, oldest first."""
    whole = stories.c.merged_into.is_(None)
    row = db.execute(select(stories).where(stories.c.id == story_id, whole)).first()
    if row is None:
        return None
    statement = (
        select(
            articles.c.placed_as,
            articles.c.placed_score,
            articles.c.placed_against,
            articles.c.placed_terms,
            articles.c.placed_by,
            *of_article(),
        )
        .where(articles.c.story_id == story_id)
        .order_by(articles.c.effective_at, articles.c.id)
    )
    members = tuple(
        StoryMember(
            article=article_of(member),
            kind=PlacementKind(member.placed_as),
            score=member.placed_score,
            against=member.placed_against,
            terms=member.placed_terms or "",
            placed_by=member.placed_by,
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
