"""Alerts: decided once for a story, topic and route, together with their message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from monitor.records import AlertKey, DecideOutcome, Decision, DeliveryState, Draft, HitInStory, Message
from monitor.store.outbox import insert_drafts, message_of
from monitor.store.sql import among, insert
from monitor.store.tables import alerts, articles, deliveries, hits


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with its message and how far that got. A folded one has its summary's place in Slack."""

    alert_id: int
    decided_at: datetime
    story_id: int
    topic: str
    route: str
    headline: str
    message: Message
    state: DeliveryState
    channel: str
    slack_channel_id: str | None
    slack_ts: str | None
    sent_at: datetime | None
    last_error: str | None
    hit_id: int
    article_id: int
    url: str
    publisher: str
    score: float
    threshold: float
    sentence: str


def existing(db: Connection, story_ids: Iterable[int]) -> set[AlertKey]:
    """The alerts that these stories have raised."""
    statement = select(alerts.c.story_id, alerts.c.topic, alerts.c.route)
    rows = among(db, statement, alerts.c.story_id, sorted(set(story_ids)))
    return {AlertKey(row.story_id, row.topic, row.route) for row in rows}


def record(db: Connection, decisions: Sequence[Decision], drafts: Sequence[Draft], now: datetime) -> int:
    """Store decisions: hits marked, alerts raised, their messages put into the outbox.

    A key that has alerted already raises nothing, and its hit is stored as a repeat.

    Returns:
        how many alerts are new.

    Raises:
        ValueError: an alert has no draft, or a draft no alert.
    """
    raised = {key: decision.hit for decision in decisions for key in _keys(decision)}
    drafted = {draft.alert: draft for draft in drafts if draft.alert is not None}
    if raised.keys() != drafted.keys():
        odd = sorted(map(str, raised.keys() ^ drafted.keys()))
        raise ValueError(f"alerts and drafts differ: {odd}")
    ids = _raise(db, raised, now)
    insert_drafts(db, drafts, {drafted[key].dedup_key: id_ for key, id_ in ids.items()}, now)
    owners = _owners(db, raised)
    marks = [
        {"b_id": d.hit.hit_id, "b_outcome": str(_outcome(d, owners))}
        for d in sorted(decisions, key=lambda decision: decision.hit.hit_id)
    ]
    if marks:
        open_ = (hits.c.id == bindparam("b_id")) & hits.c.decided_at.is_(None)
        new = {"decided_at": now, "decide_outcome": bindparam("b_outcome")}
        db.execute(update(hits).where(open_).values(new), marks)
    return len(ids)


def _keys(decision: Decision) -> list[AlertKey]:
    if decision.outcome is not DecideOutcome.ALERT:
        return []
    hit = decision.hit
    return [AlertKey(hit.story_id, hit.hit.topic, route.name) for route in decision.routes]


def _raise(db: Connection, raised: Mapping[AlertKey, HitInStory], now: datetime) -> dict[AlertKey, int]:
    """Insert alerts; returns the ids of the new ones."""
    order = sorted(raised, key=lambda key: (key.story_id, key.topic, key.route))
    rows = [
        {
            "story_id": key.story_id,
            "topic": key.topic,
            "route": key.route,
            "article_id": raised[key].article.id,
            "hit_id": raised[key].hit_id,
            "headline": raised[key].article.title,
            "decided_at": now,
        }
        for key in order
    ]
    if not rows:
        return {}
    names = ["story_id", "topic", "route"]
    statement = insert(db, alerts).on_conflict_do_nothing(index_elements=names)
    found = db.execute(statement.returning(alerts.c.id, *(alerts.c[name] for name in names)), rows)
    return {AlertKey(row.story_id, row.topic, row.route): row.id for row in found}


def _owners(db: Connection, raised: Iterable[AlertKey]) -> dict[AlertKey, int]:
    """The hit that raised each alert."""
    statement = select(alerts.c.story_id, alerts.c.topic, alerts.c.route, alerts.c.hit_id)
    rows = among(db, statement, alerts.c.story_id, sorted({key.story_id for key in raised}))
    return {AlertKey(row.story_id, row.topic, row.route): row.hit_id for row in rows}


def _outcome(decision: Decision, owners: Mapping[AlertKey, int]) -> DecideOutcome:
    keys = _keys(decision)
    if keys and all(owners[key] != decision.hit.hit_id for key in keys):
        return DecideOutcome.REPEAT
    return decision.outcome


def recent(db: Connection, limit: int, since: datetime | None = None) -> list[AlertRow]:
    """The newest alerts, newest first; from `since` on where that is given."""
    whole = deliveries.alias("whole")
    statement = (
        select(
            alerts,
            deliveries.c.payload,
            deliveries.c.state,
            deliveries.c.channel,
            deliveries.c.last_error,
            func.coalesce(deliveries.c.slack_channel_id, whole.c.slack_channel_id).label("slack_channel_id"),
            func.coalesce(deliveries.c.slack_ts, whole.c.slack_ts).label("slack_ts"),
            func.coalesce(deliveries.c.sent_at, whole.c.sent_at).label("sent_at"),
            *(hits.c[name] for name in ("score", "threshold", "sentence")),
            *(articles.c[name] for name in ("url", "publisher")),
        )
        .join(deliveries, deliveries.c.alert_id == alerts.c.id)
        .join(hits, hits.c.id == alerts.c.hit_id)
        .join(articles, articles.c.id == alerts.c.article_id)
        .outerjoin(whole, whole.c.id == deliveries.c.folded_into)
        .order_by(alerts.c.decided_at.desc(), alerts.c.id.desc())
        .limit(limit)
    )
    if since is not None:
        statement = statement.where(alerts.c.decided_at >= since)
    rows: Sequence[Row[Any]] = db.execute(statement).all()
    return [_alert(row) for row in rows]


def _alert(row: Row[Any]) -> AlertRow:
    return AlertRow(
        alert_id=row.id,
        decided_at=row.decided_at,
        story_id=row.story_id,
        topic=row.topic,
        route=row.route,
        headline=row.headline,
        message=message_of(row.payload),
        state=DeliveryState(row.state),
        channel=row.channel,
        slack_channel_id=row.slack_channel_id,
        slack_ts=row.slack_ts,
        sent_at=row.sent_at,
        last_error=row.last_error,
        hit_id=row.hit_id,
        article_id=row.article_id,
        url=row.url,
        publisher=row.publisher,
        score=row.score,
        threshold=row.threshold,
        sentence=row.sentence,
    )
