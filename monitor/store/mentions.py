"""Actors: who is named in which article, and the states of publishers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select

from monitor.records import Actor, ActorKind, ArticleActors, NamedActor, NewsText, Publisher, StoryActor
from monitor.store.sql import among, chunks, insert
from monitor.store.tables import articles, mentions, publishers

TEXT = 6_000  # characters of an article in which actors are looked for


def texts(db: Connection, article_ids: Iterable[int]) -> list[NewsText]:
    """What finding actors needs of these articles: the start of the text, or the summary without one."""
    body = func.coalesce(func.nullif(articles.c.text, ""), articles.c.summary)
    columns = (articles.c.id, articles.c.title, articles.c.language, articles.c.effective_at)
    statement = select(*columns, func.substr(body, 1, TEXT).label("body")).order_by(articles.c.id)
    return [
        NewsText(row.id, row.title, row.body, row.language, row.effective_at)
        for row in among(db, statement, articles.c.id, sorted(set(article_ids)))
    ]


def record(db: Connection, found: Sequence[ArticleActors]) -> None:
    """Store who is named in these articles, in place of what was stored for them before."""
    ids = sorted({one.article_id for one in found})
    for part in chunks(ids):
        db.execute(delete(mentions).where(mentions.c.article_id.in_(part)))
    rows = [_row(one.article_id, named) for one in found for named in one.actors]
    if rows:
        statement = insert(db, mentions).on_conflict_do_nothing()
        db.execute(statement, sorted(rows, key=lambda row: (row["article_id"], row["actor"])))


def _row(article_id: int, named: NamedActor) -> dict[str, Any]:
    return {
        "article_id": article_id,
        "actor": named.actor.key,
        "kind": str(named.actor.kind),
        "name": named.actor.name,
        "country": named.actor.country,
        "count": named.count,
        "in_title": named.in_title,
        "in_lead": named.in_lead,
        "first_offset": named.first,
        "salience": named.salience,
        "in_office": named.in_office,
    }


def of_articles(db: Connection, article_ids: Collection[int]) -> dict[int, ArticleActors]:
    """Who is named in each of these articles; those in which nobody is are left out."""
    statement = select(mentions).order_by(
        mentions.c.article_id, mentions.c.salience.desc(), mentions.c.first_offset, mentions.c.actor
    )
    found: dict[int, list[NamedActor]] = {}
    for row in among(db, statement, mentions.c.article_id, sorted(set(article_ids))):
        found.setdefault(row.article_id, []).append(_named(row))
    return {id_: ArticleActors(id_, tuple(actors)) for id_, actors in found.items()}


def _named(row: Any) -> NamedActor:
    return NamedActor(
        actor=Actor(row.actor, ActorKind(row.kind), row.name, row.country),
        count=row.count,
        in_title=row.in_title,
        in_lead=row.in_lead,
        first=row.first_offset,
        salience=row.salience,
        in_office=row.in_office,
    )


def of_story(db: Connection, story_id: int) -> list[StoryActor]:
    """Who is named in a story, by how many of its articles, the most salient first."""
    weight = func.sum(mentions.c.salience)
    named = func.count()
    columns = (mentions.c.actor, mentions.c.kind, mentions.c.country)
    statement = (
        select(*columns, func.min(mentions.c.name).label("name"), named.label("articles"))
        .join(articles, articles.c.id == mentions.c.article_id)
        .where(articles.c.story_id == story_id)
        .group_by(*columns)
        .order_by(weight.desc(), mentions.c.actor)
    )
    return [
        StoryActor(Actor(row.actor, ActorKind(row.kind), row.name, row.country), row.articles)
        for row in db.execute(statement)
    ]


def ids_since(db: Connection, since: datetime, after: int, limit: int) -> list[int]:
    """The ids above `after` of placed articles from `since` on, in order."""
    statement = (
        select(articles.c.id)
        .where(articles.c.effective_at >= since, articles.c.id > after, articles.c.story_id.is_not(None))
        .order_by(articles.c.id)
        .limit(limit)
    )
    return list(db.execute(statement).scalars())


def publishers_of(db: Connection, article_ids: Iterable[int]) -> list[str]:
    """The publishers of these articles, each once."""
    statement = select(articles.c.publisher)
    return sorted({row.publisher for row in among(db, statement, articles.c.id, sorted(set(article_ids)))})


def record_publishers(db: Connection, known: Iterable[Publisher]) -> None:
    """Store the states of these publishers; what is stored for one already is replaced."""
    rows = [{"name": p.name, "country": p.country, "source": p.source} for p in known]
    if not rows:
        return
    statement = insert(db, publishers)
    new = {"country": statement.excluded.country, "source": statement.excluded.source}
    statement = statement.on_conflict_do_update(index_elements=["name"], set_=new)
    db.execute(statement, sorted(rows, key=lambda row: str(row["name"])))


def publisher_countries(db: Connection, names: Iterable[str]) -> dict[str, str]:
    """The alpha-3 code of each publisher's state, where it is known."""
    statement = select(publishers.c.name, publishers.c.country).where(publishers.c.country.is_not(None))
    return {row.name: row.country for row in among(db, statement, publishers.c.name, sorted(set(names)))}
