"""The outbox: messages on their way to Slack, each delivered once. `sending` has the sender's side.

pending -> sending -> sent
                   -> pending          proven not sent, or told to wait: due again later
                   -> unknown          nobody knows: looked up in Slack's history, then sent or pending
                   -> dead             Slack will never take it
pending -> no_destination              no Slack token; folded into one summary when there is one
pending, no_destination -> folded      its content goes out in the summary or edit `folded_into`
pending, no_destination -> cancelled   nobody needs it any more
held -> folded, pending                its batch is due: one message, or alone where nothing else is in it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from monitor.records import Delivery, DeliveryKind, DeliveryState, Draft, Message
from monitor.store.sql import among, chunks, insert
from monitor.store.tables import deliveries

OPEN = (
    DeliveryState.PENDING,
    DeliveryState.HELD,
    DeliveryState.SENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.NO_DESTINATION,
)
UNSENT = (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.NO_DESTINATION)
FOLLOWERS = (DeliveryKind.REPLY, DeliveryKind.UPDATE, DeliveryKind.ESCALATION)
_IN_PLACE = (DeliveryKind.REPLY, DeliveryKind.UPDATE)  # these go where their parent is


def enqueue(db: Connection, drafts: Sequence[Draft], now: datetime) -> int:
    """Put messages into the outbox; one whose `dedup_key` was ever there is left out.

    Returns:
        how many are new.

    Raises:
        ValueError: a draft names a parent that is not there, or needs one and names none.
    """
    return len(insert_drafts(db, drafts, {}, now))


def insert_drafts(
    db: Connection, drafts: Iterable[Draft], alert_ids: dict[str, int], now: datetime
) -> dict[str, int]:
    """As `enqueue`, each with its alert by `dedup_key`; returns the ids of the new ones by that key.

    Messages are stored in the order of `drafts`, parents before what follows them.
    """
    wanted = {draft.dedup_key: draft for draft in drafts}
    for draft in wanted.values():
        if (draft.kind in FOLLOWERS) is not bool(draft.parent):
            raise ValueError(f"{draft.dedup_key}: {draft.kind} with parent {draft.parent!r}")
    heads = [draft for draft in wanted.values() if not draft.parent]
    tails = [draft for draft in wanted.values() if draft.parent]
    ids = _insert(db, [_row(draft, alert_ids.get(draft.dedup_key), None, now) for draft in heads])
    if tails:
        parents = of_keys(db, {draft.parent for draft in tails})
        missing = sorted({draft.parent for draft in tails} - parents.keys())
        if missing:
            raise ValueError(f"the outbox has no message {missing[0]!r} to follow")
        new = _insert(db, [_row(draft, None, parents[draft.parent], now) for draft in tails])
        for draft in tails:
            if draft.kind is DeliveryKind.UPDATE and draft.dedup_key in new:
                _coalesce(db, new[draft.dedup_key], parents[draft.parent].id)
        ids |= new
    return ids


def _insert(db: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    if not rows:
        return {}
    statement = insert(db, deliveries).on_conflict_do_nothing(index_elements=["dedup_key"])
    found = db.execute(statement.returning(deliveries.c.dedup_key, deliveries.c.id), rows)
    return {row.dedup_key: row.id for row in found}


def _row(draft: Draft, alert_id: int | None, parent: Delivery | None, now: datetime) -> dict[str, Any]:
    in_place = parent is not None and draft.kind in _IN_PLACE
    return {
        "delivery_id": uuid4().hex,
        "dedup_key": draft.dedup_key,
        "kind": str(draft.kind),
        "channel": parent.channel if parent is not None and in_place else draft.channel,
        "payload": _payload(draft.message),
        "state": str(DeliveryState.HELD if draft.batch else DeliveryState.PENDING),
        "batch": draft.batch or None,
        "attempts": 0,
        "created_at": now,
        "not_before": draft.not_before,
        "alert_id": alert_id,
        "parent_id": parent.id if parent is not None else None,
        "broadcast": draft.broadcast,
        "fallback": draft.fallback or None,
    }


def _coalesce(db: Connection, id_: int, parent_id: int) -> None:
    """An edit takes the place of those that wait, and changes a parent that was never tried itself."""
    payload = db.execute(select(deliveries.c.payload).where(deliveries.c.id == id_)).scalar_one()
    untried = (deliveries.c.id == parent_id) & _in(UNSENT) & (deliveries.c.attempts == 0)
    folded = {"state": str(DeliveryState.FOLDED), "not_before": None}
    if db.execute(update(deliveries).where(untried).values(payload=payload)).rowcount:
        mine = deliveries.c.id == id_
        db.execute(update(deliveries).where(mine).values(folded_into=parent_id, **folded))
        return
    older = (deliveries.c.parent_id == parent_id) & (deliveries.c.kind == str(DeliveryKind.UPDATE))
    older &= _in(UNSENT) & (deliveries.c.id < id_)
    db.execute(update(deliveries).where(older).values(folded_into=id_, **folded))


def of_keys(db: Connection, keys: Iterable[str]) -> dict[str, Delivery]:
    """The messages with these `dedup_key`s, by that; keys that are not there are left out."""
    rows = among(db, select(deliveries), deliveries.c.dedup_key, sorted(set(keys)))
    return {row.dedup_key: delivery(row) for row in rows}


def get(db: Connection, id_: int) -> Delivery | None:
    """The message with this number."""
    row = db.execute(select(deliveries).where(deliveries.c.id == id_)).first()
    return delivery(row) if row is not None else None


def followers(db: Connection, parent_id: int) -> list[Delivery]:
    """The replies, edits and escalations of a message, oldest first."""
    return listed(db, deliveries.c.parent_id == parent_id, None)


def followers_of(db: Connection, parent_ids: Iterable[int]) -> dict[int, list[Delivery]]:
    """The replies, edits and escalations of these messages, oldest first, by their parent's number."""
    statement = select(deliveries).order_by(deliveries.c.id)
    found: dict[int, list[Delivery]] = {}
    for row in among(db, statement, deliveries.c.parent_id, sorted(set(parent_ids))):
        found.setdefault(row.parent_id, []).append(delivery(row))
    return found


def postpone(db: Connection, keys: Iterable[str], until: datetime) -> int:
    """Let messages rest that have not been tried, such as over quiet hours; returns how many."""
    return _change_keys(db, keys, not_before=until)


def cancel(db: Connection, keys: Iterable[str], why: str) -> int:
    """Messages that are not needed any more are not sent; returns how many had not been on their way."""
    return _change_keys(db, keys, state=str(DeliveryState.CANCELLED), last_error=why, not_before=None)


def _change_keys(db: Connection, keys: Iterable[str], **values: Any) -> int:
    changed = 0
    for part in chunks(sorted(set(keys))):
        statement = update(deliveries).where(deliveries.c.dedup_key.in_(part), _in(UNSENT))
        changed += db.execute(statement.values(values)).rowcount
    return changed


def park(db: Connection, now: datetime) -> int:
    """Without a Slack token what is pending has nowhere to go and waits; returns how many."""
    values = {"state": str(DeliveryState.NO_DESTINATION), "not_before": None}
    pending = _in([DeliveryState.PENDING]) & (deliveries.c.created_at <= now)
    return db.execute(update(deliveries).where(pending).values(values)).rowcount


def waiting(db: Connection) -> list[Delivery]:
    """Messages that had nowhere to go, oldest first; not what follows another message."""
    return listed(db, _in([DeliveryState.NO_DESTINATION]) & deliveries.c.parent_id.is_(None), None)


def unpark(db: Connection) -> int:
    """What followed a message that went into a summary is folded with it, the rest is due again.

    Returns:
        how many were folded.
    """
    parent = deliveries.alias("parent")
    parked = _in([DeliveryState.NO_DESTINATION]) & deliveries.c.parent_id.is_not(None)
    whole = (
        select(parent.c.folded_into)
        .where(parent.c.id == deliveries.c.parent_id, parent.c.state == str(DeliveryState.FOLDED))
        .scalar_subquery()
    )
    in_place = deliveries.c.kind.in_([str(kind) for kind in _IN_PLACE])
    folding = update(deliveries).where(parked, in_place, whole.is_not(None))
    folded = db.execute(folding.values(state=str(DeliveryState.FOLDED), folded_into=whole)).rowcount
    db.execute(update(deliveries).where(parked).values(state=str(DeliveryState.PENDING)))
    return folded


def fold(db: Connection, ids: Sequence[int], draft: Draft, now: datetime) -> int:
    """Put `draft` into the outbox in the place of those `ids` that have not been sent.

    Returns:
        how many it takes the place of; where that is none, `draft` is not stored.
    """
    statement = select(deliveries.c.id).where(_in(UNSENT))
    if db.dialect.name == "postgresql":
        statement = statement.with_for_update()
    open_ids = [
        row.id for row in among(db, statement.order_by(deliveries.c.id), deliveries.c.id, sorted(ids))
    ]
    if not open_ids:
        return 0
    enqueue(db, [draft], now)
    whole = select(deliveries.c.id).where(deliveries.c.dedup_key == draft.dedup_key)
    values = {
        "state": str(DeliveryState.FOLDED),
        "folded_into": db.execute(whole).scalar_one(),
        "not_before": None,
    }
    for part in chunks(open_ids):
        db.execute(update(deliveries).where(deliveries.c.id.in_(part)).values(values))
    return len(open_ids)


def oldest_open(db: Connection) -> datetime | None:
    """When the oldest message was written that is neither sent nor given up."""
    statement = select(func.min(deliveries.c.created_at)).where(_in(OPEN))
    return db.execute(statement).scalar_one_or_none()


def newest_sent(db: Connection, since: datetime) -> str | None:
    """Where the newest message that reached Slack from `since` on is; None where none did."""
    statement = (
        select(deliveries.c.slack_channel_id, deliveries.c.slack_ts)
        .where(deliveries.c.sent_at >= since, deliveries.c.slack_ts.is_not(None))
        .order_by(deliveries.c.sent_at.desc(), deliveries.c.id.desc())
        .limit(1)
    )
    row = db.execute(statement).one_or_none()
    if row is None or not row.slack_channel_id:
        return None
    return f"https://slack.com/archives/{row.slack_channel_id}/p{row.slack_ts.replace('.', '')}"


def spread(db: Connection, messages: Iterable[Delivery]) -> list[Delivery]:
    """The messages, each summary among them replaced by what it holds."""
    found: list[Delivery] = []
    for one in messages:
        inside = []
        if one.kind is DeliveryKind.SUMMARY:
            inside = listed(db, deliveries.c.folded_into == one.id, None)
        found += inside or [one]
    return found


def counts(db: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    statement = select(deliveries.c.state, func.count().label("number")).group_by(deliveries.c.state)
    return {row.state: row.number for row in db.execute(statement)}


def _payload(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": list(message.blocks)}


def message_of(payload: Any) -> Message:
    """The message of a stored payload."""
    return Message(payload["text"], tuple(payload["blocks"]))


def _in(states: Iterable[DeliveryState]) -> ColumnElement[bool]:
    return deliveries.c.state.in_([str(state) for state in states])


def listed(db: Connection, where: ColumnElement[bool], limit: int | None) -> list[Delivery]:
    """The messages of a condition, oldest first."""
    statement = select(deliveries).where(where).order_by(deliveries.c.id).limit(limit)
    return [delivery(row) for row in db.execute(statement)]


def delivery(row: Row[Any]) -> Delivery:
    """The record of a row of `deliveries`."""
    return Delivery(
        id=row.id,
        delivery_id=row.delivery_id,
        dedup_key=row.dedup_key,
        kind=DeliveryKind(row.kind),
        channel=row.channel,
        message=message_of(row.payload),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        first_try_at=row.first_try_at,
        last_error=row.last_error,
        alert_id=row.alert_id,
        parent_id=row.parent_id,
        broadcast=row.broadcast,
        fallback=row.fallback,
        place=row.place,
        thread=row.thread,
        slack_channel_id=row.slack_channel_id,
        slack_ts=row.slack_ts,
        sent_at=row.sent_at,
        not_before=row.not_before,
        batch=row.batch or "",
        folded_into=row.folded_into,
    )
