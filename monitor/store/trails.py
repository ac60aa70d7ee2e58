"""What became of hits: how each was decided, which silence hid it, and the messages of its story."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.records import DeliveryKind, DeliveryState, Judged, Told, TopicScore
from monitor.store import outbox, threads
from monitor.store.hits import in_story
from monitor.store.sql import among
from monitor.store.tables import articles, hits, scores, silenced


def of_hits(db: Connection, *, article_id: int | None = None, story_id: int | None = None) -> list[Judged]:
    """The hits of an article, or of a story's articles, with how each was decided."""
    statement = select(hits.c.id, hits.c.decided_at, hits.c.decide_outcome, hits.c.because)
    statement = statement.join(articles, articles.c.id == hits.c.article_id)
    if article_id is not None:
        statement = statement.where(articles.c.id == article_id)
    if story_id is not None:
        statement = statement.where(articles.c.story_id == story_id)
    ends = {row.id: row for row in db.execute(statement.order_by(hits.c.id))}
    hidden: dict[int, list[int]] = {}
    pairs = select(silenced.c.hit_id, silenced.c.silence_id).order_by(silenced.c.silence_id)
    for row in among(db, pairs, silenced.c.hit_id, ends):
        hidden.setdefault(row.hit_id, []).append(row.silence_id)
    return [
        Judged(
            hit,
            ends[id_].decided_at,
            ends[id_].decide_outcome or "",
            ends[id_].because or "",
            tuple(hidden.get(id_, ())),
        )
        for id_, hit in in_story(db, ends).items()
    ]


def scores_of(db: Connection, article_id: int) -> list[TopicScore]:
    """The stored scores of an article."""
    columns = (scores.c.topic, scores.c.score, scores.c.threshold)
    rows = db.execute(select(*columns).where(scores.c.article_id == article_id).order_by(scores.c.topic))
    return [TopicScore(row.topic, row.score, row.threshold) for row in rows]


def scored_at(db: Connection, article_id: int) -> datetime | None:
    """When an article was last scored, or passed over; None where that is still to come."""
    row = db.execute(select(articles.c.scored_at).where(articles.c.id == article_id)).first()
    return row.scored_at if row is not None else None


def messages(db: Connection, story_id: int) -> list[Told]:
    """The messages of a story, one a channel, with how many edits and replies Slack took of each."""
    known = threads.of_stories(db, [story_id]).values()
    parents = outbox.of_keys(db, (thread.parent_key for thread in known))
    found = []
    for thread in sorted(known, key=lambda one: one.id):
        parent = parents[thread.parent_key]
        sent = Counter(one.kind for one in outbox.followers(db, parent.id) if one.state is DeliveryState.SENT)
        whole = outbox.get(db, parent.folded_into) if parent.folded_into is not None else None
        found.append(Told(thread, parent, whole, sent[DeliveryKind.UPDATE], sent[DeliveryKind.REPLY]))
    return found
