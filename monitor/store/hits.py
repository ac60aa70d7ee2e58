"""Scores and hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, exists, func, select, update

from monitor.records import (
    MAIN,
    ArticleActors,
    DecideOutcome,
    Hit,
    HitInStory,
    Reason,
    Scored,
    TopicText,
    WeightedTerm,
)
from monitor.store.articles import article_of
from monitor.store.articles import of_article as article_columns
from monitor.store.mentions import of_articles, publisher_countries
from monitor.store.sql import chunks, insert, skip_locked
from monitor.store.stories import publishers_of
from monitor.store.tables import articles, feeds, hits, scores, stories


def record_scores(
    db: Connection,
    scored: Sequence[Scored],
    classifier_version: str,
    now: datetime,
    *,
    decided: DecideOutcome | None = None,
) -> None:
    """Store all scores (the newest replaces) and hits (the first of article and topic stays).

    Args:
        decided: how the new hits end; without it the decision takes them up.
    """
    ordered = sorted(scored, key=lambda end: end.article_id)
    score_rows = [
        {
            "article_id": end.article_id,
            "topic": score.topic,
            "score": float(score.score),
            "threshold": float(score.threshold),
            "classifier_version": classifier_version,
            "scored_at": now,
        }
        for end in ordered
        for score in end.scores
    ]
    if score_rows:
        statement = insert(db, scores)
        names = ("score", "threshold", "classifier_version", "scored_at")
        new = {name: statement.excluded[name] for name in names}
        key = ["article_id", "topic"]
        db.execute(statement.on_conflict_do_update(index_elements=key, set_=new), score_rows)
    record(db, (hit for end in ordered for hit in end.hits), now, decided=decided)
    if ordered:
        done = {"scored_by": classifier_version, "scored_at": now}
        statement_done = update(articles).where(articles.c.id == bindparam("b_id")).values(done)
        db.execute(statement_done, [{"b_id": end.article_id} for end in ordered])


def record(
    db: Connection, found: Iterable[Hit], now: datetime, *, decided: DecideOutcome | None = None
) -> None:
    """Store hits, with their end where it is `decided`; the first of article and topic stays."""
    end = {"decided_at": now, "decide_outcome": str(decided)} if decided else {}
    rows = [_hit_row(hit, now) | end for hit in found]
    if rows:
        key = ["article_id", "topic"]
        db.execute(insert(db, hits).on_conflict_do_nothing(index_elements=key), rows)


def _hit_row(hit: Hit, now: datetime) -> dict[str, Any]:
    return {
        "article_id": hit.article_id,
        "topic": hit.topic,
        "score": float(hit.score),
        "threshold": float(hit.threshold),
        "classifier_version": hit.classifier_version,
        "sentence": hit.reason.sentence,
        "terms": [{"term": term.term, "weight": float(term.weight)} for term in hit.reason.terms],
        "clause": hit.reason.clause,
        "passage": hit.reason.passage,
        "document": hit.reason.document,
        "card_version": hit.reason.card_version,
        "scored_text": asdict(hit.text) if hit.text else None,
        "found_at": now,
    }


def undecided(db: Connection, limit: int) -> list[HitInStory]:
    """Hits without a decision whose article is in a story, oldest first.

    On PostgreSQL they are locked until the transaction ends, and those that another worker holds
    are passed over: read and decide in one transaction.
    """
    statement = _in_story().where(hits.c.decided_at.is_(None)).order_by(hits.c.id).limit(limit)
    return _hits_in_story(db, skip_locked(db, statement, hits))


def waiting(db: Connection, since: datetime) -> list[HitInStory]:
    """Hits found from `since` on that wait for more publishers, and whose story has grown since then."""
    later = articles.alias("later")
    grown = (later.c.story_id == articles.c.story_id) & (later.c.placed_at > hits.c.decided_at)
    statement = _in_story().where(hits.c.waits, hits.c.found_at >= since, exists().where(grown))
    return _hits_in_story(db, statement.order_by(hits.c.id))


def in_story(db: Connection, ids: Iterable[int]) -> dict[int, HitInStory]:
    """Hits by their numbers, each with its story as it is now."""
    found: dict[int, HitInStory] = {}
    for part in chunks(sorted(set(ids))):
        found |= {hit.hit_id: hit for hit in _hits_in_story(db, _in_story().where(hits.c.id.in_(part)))}
    return found


def since(db: Connection, start: datetime, limit: int = 10_000) -> list[HitInStory]:
    """Hits found from `start` on, newest first."""
    statement = _in_story().where(hits.c.found_at >= start).order_by(hits.c.id.desc()).limit(limit)
    return _hits_in_story(db, statement)


def of_story(db: Connection, story_id: int) -> list[Hit]:
    """The hits of a story's articles, best first."""
    statement = (
        select(*_columns(), hits.c.article_id)
        .join(articles, articles.c.id == hits.c.article_id)
        .where(articles.c.story_id == story_id)
        .order_by(hits.c.score.desc(), hits.c.id)
    )
    rows: list[Row[Any]] = list(db.execute(statement))
    return [_hit(row) for row in rows]


def counts(db: Connection, start: datetime) -> dict[str, int]:
    """How many hits of each topic were found from `start` on."""
    statement = select(hits.c.topic, func.count().label("number")).where(hits.c.found_at >= start)
    return {row.topic: row.number for row in db.execute(statement.group_by(hits.c.topic))}


def known(db: Connection, article_ids: Iterable[int]) -> set[tuple[int, str]]:
    """The hits of some articles, as article and topic."""
    found: set[tuple[int, str]] = set()
    for part in chunks(sorted(set(article_ids))):
        rows = db.execute(select(hits.c.article_id, hits.c.topic).where(hits.c.article_id.in_(part)))
        found |= {(row.article_id, row.topic) for row in rows}
    return found


def get(db: Connection, hit_id: int) -> Hit | None:
    """One hit with the text that was scored, where that was kept."""
    statement = select(*_columns(), hits.c.article_id, hits.c.scored_text).where(hits.c.id == hit_id)
    rows: list[Row[Any]] = list(db.execute(statement))
    return _with_text(rows[0]) if rows else None


def of_article(db: Connection, article_id: int) -> list[tuple[int, Hit]]:
    """The hits of an article by their numbers, best first, each with the text that was scored."""
    statement = (
        select(*_columns(), hits.c.article_id, hits.c.scored_text)
        .where(hits.c.article_id == article_id)
        .order_by(hits.c.score.desc(), hits.c.id)
    )
    rows: list[Row[Any]] = list(db.execute(statement))
    return [(row.hit_id, _with_text(row)) for row in rows]


def _with_text(row: Row[Any]) -> Hit:
    return replace(_hit(row), text=TopicText(**row.scored_text) if row.scored_text else None)


_COLUMNS = (
    "topic score threshold classifier_version sentence terms clause passage document card_version"
).split()


def _columns() -> tuple[Any, ...]:
    return (hits.c.id.label("hit_id"), *(hits.c[name] for name in _COLUMNS))


def _in_story() -> Select[Any]:
    names = ("headline", "articles", "copies", "first_seen_at", "last_seen_at", "independent_publishers")
    story = (stories.c[name].label(f"story_{name}") for name in names)
    return (
        select(*_columns(), *story, feeds.c.feed_group, *article_columns())
        .join(articles, articles.c.id == hits.c.article_id)
        .join(stories, stories.c.id == articles.c.story_id)
        .outerjoin(feeds, feeds.c.id == articles.c.feed_id)
    )


def _hit(row: Row[Any]) -> Hit:
    terms = tuple(WeightedTerm(term["term"], term["weight"]) for term in row.terms)
    reason = Reason(row.sentence, terms, row.clause, row.passage, row.document, row.card_version)
    return Hit(row.article_id, row.topic, row.score, row.threshold, row.classifier_version, reason)


def _hits_in_story(db: Connection, statement: Select[Any]) -> list[HitInStory]:
    rows = db.execute(statement).all()
    carriers = publishers_of(db, (row.article_story_id for row in rows))
    states = publisher_countries(db, {name for names in carriers.values() for name in names})
    named = of_articles(db, {row.article_id for row in rows})
    return [
        HitInStory(
            hit_id=row.hit_id,
            hit=_hit(row),
            article=article_of(row),
            story_id=row.article_story_id,
            story_headline=row.story_headline,
            publishers=carriers[row.article_story_id],
            articles=row.story_articles,
            copies=row.story_copies,
            first_seen_at=row.story_first_seen_at,
            last_seen_at=row.story_last_seen_at,
            independent=row.story_independent_publishers,
            group=row.feed_group or "",
            carried_in=tuple(states[name] for name in carriers[row.article_story_id] if name in states),
            **_about(named.get(row.article_id)),
        )
        for row in rows
    ]


def _about(named: ArticleActors | None) -> dict[str, tuple[str, ...]]:
    """Whom an article is about, and their states: those who are named in passing are left out."""
    mine = [one.actor for one in named.actors if one.salience >= MAIN] if named else []
    countries = (one.country for one in mine if one.country)
    return {"actors": tuple(one.key for one in mine), "countries": tuple(dict.fromkeys(countries))}
