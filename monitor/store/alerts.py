"""Alerts: decided once for a story, topic and route, together with the message of their story."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Connection, Row, Select, bindparam, case, func, select, update

from monitor.records import (
    AlertKey,
    DecideOutcome,
    Decision,
    DeliveryKind,
    DeliveryState,
    Draft,
    HitInStory,
    Message,
    Opening,
)
from monitor.store import silences, threads
from monitor.store.outbox import insert_drafts, message_of
from monitor.store.sql import among, insert
from monitor.store.tables import alerts, articles, deliveries, hits
from monitor.store.tables import threads as threads_


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
    thread_id: int


def count(db: Connection, start: datetime) -> int:
    """How many alerts were decided from `start` on."""
    statement = select(func.count()).select_from(alerts).where(alerts.c.decided_at >= start)
    return int(db.execute(statement).scalar_one())


def existing(db: Connection, story_ids: Iterable[int]) -> set[AlertKey]:
    """The alerts that these stories have raised."""
    statement = select(alerts.c.story_id, alerts.c.topic, alerts.c.route)
    rows = among(db, statement, alerts.c.story_id, sorted(set(story_ids)))
    return {AlertKey(row.story_id, row.topic, row.route) for row in rows}


def record(
    db: Connection, decisions: Sequence[Decision], opened: Sequence[tuple[str, Opening, Draft]], now: datetime
) -> int:
    """Store decisions: hits marked, alerts raised, first messages of stories put into the outbox.

    A key that has alerted already raises nothing, and its hit is stored as a repeat. An alert of a story
    that has a message in the channel joins its thread, and the thread is to be looked at again.

    Args:
        opened: the first messages, each with its token and its draft.

    Returns:
        how many alerts are new.

    Raises:
        ValueError: an alert has no message, or a message no alert.
    """
    raised = {key: (decision.hit, channel) for decision in decisions for key, channel in _keys(decision)}
    new = threads.open_all(db, [(token, opening) for token, opening, _ in opened], now)
    known = threads.of_stories(db, {key.story_id for key in raised}) if raised else {}
    places = {(key.story_id, channel) for key, (_, channel) in raised.items()}
    if not (new.keys() <= places <= known.keys()):
        raise ValueError(f"alerts and messages differ: {sorted(places ^ known.keys())}")
    ids = _raise(
        db, {key: (hit, known[key.story_id, channel].id) for key, (hit, channel) in raised.items()}, now
    )
    first: dict[int, int] = {}
    for key, id_ in ids.items():
        thread = known[key.story_id, raised[key][1]].id
        first[thread] = min(first.get(thread, id_), id_)
    drafts = [(draft, new[one.story_id, one.channel]) for _, one, draft in opened if _place(one) in new]
    insert_drafts(db, [draft for draft, _ in drafts], {d.dedup_key: first[t.id] for d, t in drafts}, now)
    threads.unsettle(db, first.keys() - {thread.id for thread in new.values()})
    _mark(db, decisions, raised, now)
    return len(ids)


def _place(opening: Opening) -> tuple[int, str]:
    return opening.story_id, opening.channel


def _keys(decision: Decision) -> list[tuple[AlertKey, str]]:
    """The alerts of a decision, each with its channel."""
    hit = decision.hit
    return [(AlertKey(hit.story_id, hit.hit.topic, route.name), route.channel) for route in decision.routes]


def _raise(
    db: Connection, raised: Mapping[AlertKey, tuple[HitInStory, int]], now: datetime
) -> dict[AlertKey, int]:
    """Insert alerts by their hit and thread; returns the ids of the new ones."""
    order = sorted(
        raised, key=lambda key: (key.story_id, raised[key][0].hit.score * -1, key.topic, key.route)
    )
    rows = [
        {
            "story_id": key.story_id,
            "topic": key.topic,
            "route": key.route,
            "article_id": raised[key][0].article.id,
            "hit_id": raised[key][0].hit_id,
            "headline": raised[key][0].article.title,
            "decided_at": now,
            "thread_id": raised[key][1],
        }
        for key in order
    ]
    if not rows:
        return {}
    names = ["story_id", "topic", "route"]
    statement = insert(db, alerts).on_conflict_do_nothing(index_elements=names)
    found = db.execute(statement.returning(alerts.c.id, *(alerts.c[name] for name in names)), rows)
    return {AlertKey(row.story_id, row.topic, row.route): row.id for row in found}


def _mark(
    db: Connection, decisions: Sequence[Decision], raised: Mapping[AlertKey, Any], now: datetime
) -> None:
    """Mark hits as decided; the outcome of one that is decided again changes only where it alerts now."""
    owners = _owners(db, raised)
    marks = [
        {
            "b_id": d.hit.hit_id,
            "b_outcome": str(_outcome(d, owners)),
            "b_because": d.because,
            "b_waits": d.waits,
            "b_alerts": d.outcome is DecideOutcome.ALERT,
        }
        for d in sorted(decisions, key=lambda decision: decision.hit.hit_id)
    ]
    if not marks:
        return
    fresh = hits.c.decided_at.is_(None) | bindparam("b_alerts", type_=Boolean())
    new = {
        "decided_at": now,
        "decide_outcome": case((fresh, bindparam("b_outcome")), else_=hits.c.decide_outcome),
        "because": bindparam("b_because"),
        "waits": bindparam("b_waits"),
    }
    open_ = (hits.c.id == bindparam("b_id")) & (hits.c.decided_at.is_(None) | hits.c.waits)
    db.execute(update(hits).where(open_).values(new), marks)
    hidden = [(silence, d.hit.hit_id, d.hidden_from) for d in decisions for silence in d.silences]
    silences.hide(db, hidden, now)


def _owners(db: Connection, raised: Iterable[AlertKey]) -> dict[AlertKey, int]:
    """The hit that raised each alert."""
    statement = select(alerts.c.story_id, alerts.c.topic, alerts.c.route, alerts.c.hit_id)
    rows = among(db, statement, alerts.c.story_id, sorted({key.story_id for key in raised}))
    return {AlertKey(row.story_id, row.topic, row.route): row.hit_id for row in rows}


def _outcome(decision: Decision, owners: Mapping[AlertKey, int]) -> DecideOutcome:
    keys = [key for key, _ in _keys(decision)]
    if keys and all(owners[key] != decision.hit.hit_id for key in keys):
        return DecideOutcome.REPEAT
    return decision.outcome


def recent(db: Connection, limit: int, since: datetime | None = None) -> list[AlertRow]:
    """The newest alerts, newest first; from `since` on where that is given."""
    statement = _rows().order_by(alerts.c.decided_at.desc(), alerts.c.id.desc()).limit(limit)
    if since is not None:
        statement = statement.where(alerts.c.decided_at >= since)
    return [_alert(row) for row in db.execute(statement)]


def of_threads(db: Connection, thread_ids: Iterable[int]) -> list[AlertRow]:
    """The alerts of these threads, oldest first."""
    statement = _rows().order_by(alerts.c.id)
    return [_alert(row) for row in among(db, statement, alerts.c.thread_id, sorted(set(thread_ids)))]


def recent_threads(db: Connection, limit: int) -> list[int]:
    """The threads with the newest alerts, newest first."""
    newest = func.max(alerts.c.id)
    statement = select(alerts.c.thread_id).group_by(alerts.c.thread_id).order_by(newest.desc())
    return list(db.execute(statement.limit(limit)).scalars())


def threads_of(db: Connection, alert_id: int) -> list[int]:
    """The thread of an alert; none where there is no such alert."""
    return list(db.execute(select(alerts.c.thread_id).where(alerts.c.id == alert_id)).scalars())


def _rows() -> Select[Any]:
    """Alerts with the newest text of their message, and how far that got."""
    whole, edit = deliveries.alias("whole"), deliveries.alias("edit")
    edits = (edit.c.parent_id == deliveries.c.id) & (edit.c.kind == str(DeliveryKind.UPDATE))
    newest = select(edit.c.payload).where(edits).order_by(edit.c.id.desc()).limit(1).scalar_subquery()
    return (
        select(
            alerts,
            func.coalesce(newest, deliveries.c.payload).label("payload"),
            deliveries.c.state,
            deliveries.c.channel,
            deliveries.c.last_error,
            func.coalesce(deliveries.c.slack_channel_id, whole.c.slack_channel_id).label("slack_channel_id"),
            func.coalesce(deliveries.c.slack_ts, whole.c.slack_ts).label("slack_ts"),
            func.coalesce(deliveries.c.sent_at, whole.c.sent_at).label("sent_at"),
            *(hits.c[name] for name in ("score", "threshold", "sentence")),
            *(articles.c[name] for name in ("url", "publisher")),
        )
        .join(threads_, threads_.c.id == alerts.c.thread_id)
        .join(deliveries, deliveries.c.dedup_key == threads_.c.parent_key)
        .join(hits, hits.c.id == alerts.c.hit_id)
        .join(articles, articles.c.id == alerts.c.article_id)
        .outerjoin(whole, whole.c.id == deliveries.c.folded_into)
    )


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
        thread_id=row.thread_id,
    )
