"""The outbox: messages on their way to Slack, each delivered once.

    pending -> sending -> sent
                       -> pending          proven not sent, or told to wait: due again later
                       -> unknown          nobody knows: looked up in Slack's history, then sent or pending
                       -> dead             Slack will never take it
    pending -> no_destination              no Slack token; folded into one summary when there is one
    pending, no_destination -> folded      its content goes out in the summary `folded_into`

Intent is committed before the call (`mark_sending`), so a sender that dies leaves `sending` with a
lease; when that is over the end is unknown, never simply due again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from monitor.records import Delivery, DeliveryKind, DeliveryState, Draft, Message, Posted, PostOutcome
from monitor.store.sql import among, chunks, insert, waits_until
from monitor.store.tables import deliveries

FIRST_REST = timedelta(seconds=30)  # after a message that was not sent, doubled with each attempt
LONGEST_REST = timedelta(hours=1)
BROKEN_REST = timedelta(minutes=5)  # a person has to act: often enough to notice soon that one has

_STATE = deliveries.c.state
_UNSENT = (DeliveryState.PENDING, DeliveryState.NO_DESTINATION)


def enqueue(db: Connection, drafts: Sequence[Draft], now: datetime) -> int:
    """Put messages into the outbox; one whose `dedup_key` was ever there is left out.

    Returns:
        how many are new.
    """
    return len(insert_drafts(db, drafts, {}, now))


def insert_drafts(
    db: Connection, drafts: Iterable[Draft], alert_ids: dict[str, int], now: datetime
) -> dict[str, int]:
    """As `enqueue`, each with its alert by `dedup_key`; returns the ids of the new ones by that key."""
    wanted = {draft.dedup_key: draft for draft in drafts}
    rows = [_row(draft, alert_ids.get(key), now) for key, draft in sorted(wanted.items())]
    if not rows:
        return {}
    statement = insert(db, deliveries).on_conflict_do_nothing(index_elements=["dedup_key"])
    found = db.execute(statement.returning(deliveries.c.dedup_key, deliveries.c.id), rows)
    return {row.dedup_key: row.id for row in found}


def _row(draft: Draft, alert_id: int | None, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": uuid4().hex,
        "dedup_key": draft.dedup_key,
        "kind": str(draft.kind),
        "channel": draft.channel,
        "payload": {"text": draft.message.text, "blocks": list(draft.message.blocks)},
        "state": str(DeliveryState.PENDING),
        "attempts": 0,
        "created_at": now,
        "alert_id": alert_id,
    }


def due(db: Connection, now: datetime, limit: int) -> list[Delivery]:
    """Messages to send now, oldest first."""
    return _found(db, _is(DeliveryState.PENDING) & waits_until(deliveries.c.not_before, now), limit)


def mark_sending(db: Connection, id_: int, owner: str, now: datetime, lease: timedelta) -> bool:
    """Say that `owner` is about to send; commit it before the call.

    Returns:
        false where the message is not pending any more: another sender has it.
    """
    return _change(
        db,
        id_,
        (DeliveryState.PENDING,),
        DeliveryState.SENDING,
        attempts=deliveries.c.attempts + 1,
        first_try_at=func.coalesce(deliveries.c.first_try_at, now),
        last_try_at=now,
        lease_owner=owner,
        lease_expires_at=now + lease,
    )


def settle(db: Connection, id_: int, posted: Posted, now: datetime) -> None:
    """Store how a call to Slack ended. That it was sent is true whatever happened meanwhile."""
    if posted.outcome is PostOutcome.SENT:
        found(db, id_, posted, now)
        return
    state, rest = _after(posted, _attempts(db, id_))
    not_before = now + rest if rest is not None else None
    error = posted.error or str(posted.outcome)
    _change(db, id_, (DeliveryState.SENDING,), state, not_before=not_before, last_error=error, **_FREE)


_FREE: dict[str, Any] = {"lease_owner": None, "lease_expires_at": None}


def _after(posted: Posted, attempts: int) -> tuple[DeliveryState, timedelta | None]:
    """The state after an end that is not `sent`, and how long the message rests."""
    if posted.outcome is PostOutcome.UNKNOWN:
        return DeliveryState.UNKNOWN, None
    if posted.outcome is PostOutcome.CONTENT_BROKEN:
        return DeliveryState.DEAD, None
    if posted.outcome is PostOutcome.CREDENTIAL_BROKEN:
        return DeliveryState.PENDING, None  # the sender stops at a refused token: nothing hammers
    if posted.outcome is PostOutcome.DESTINATION_BROKEN:
        return DeliveryState.PENDING, BROKEN_REST
    backoff = min(FIRST_REST * 2 ** min(max(attempts - 1, 0), 10), LONGEST_REST)
    return DeliveryState.PENDING, backoff if posted.retry_after is None else posted.retry_after


def _attempts(db: Connection, id_: int) -> int:
    return int(db.execute(select(deliveries.c.attempts).where(deliveries.c.id == id_)).scalar_one())


def expire(db: Connection, now: datetime) -> int:
    """Messages whose sender died become unknown; returns how many."""
    dead = _is(DeliveryState.SENDING) & (deliveries.c.lease_expires_at <= now)
    values = {"state": str(DeliveryState.UNKNOWN), "last_error": "the sender stopped before it knew", **_FREE}
    return db.execute(update(deliveries).where(dead).values(values)).rowcount


def unknown(db: Connection, now: datetime, settle: timedelta) -> list[Delivery]:
    """Messages to look up in Slack's history: their last try is `settle` ago. Oldest first."""
    return _found(db, _is(DeliveryState.UNKNOWN) & (deliveries.c.last_try_at <= now - settle), None)


def found(db: Connection, id_: int, posted: Posted, now: datetime) -> None:
    """Slack has the message; nothing changes where that is known already."""
    states = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.PENDING)
    place = {"slack_channel_id": posted.channel_id, "slack_ts": posted.ts}
    _change(
        db, id_, states, DeliveryState.SENT, sent_at=now, last_error=None, not_before=None, **place, **_FREE
    )


def absent(db: Connection, id_: int, now: datetime) -> None:
    """Slack does not have the message: it is due again, under the same `delivery_id`."""
    _change(db, id_, (DeliveryState.UNKNOWN,), DeliveryState.PENDING, not_before=now)


def park(db: Connection, now: datetime) -> int:
    """Without a Slack token what is pending has nowhere to go and waits; returns how many."""
    values = {"state": str(DeliveryState.NO_DESTINATION), "not_before": None}
    pending = _is(DeliveryState.PENDING) & (deliveries.c.created_at <= now)
    return db.execute(update(deliveries).where(pending).values(values)).rowcount


def waiting(db: Connection) -> list[Delivery]:
    """Messages that had nowhere to go, oldest first."""
    return _found(db, _is(DeliveryState.NO_DESTINATION), None)


def fold(db: Connection, ids: Sequence[int], draft: Draft, now: datetime) -> int:
    """Put `draft` into the outbox in the place of those `ids` that have not been sent.

    Returns:
        how many it takes the place of; where that is none, `draft` is not stored.
    """
    statement = select(deliveries.c.id).where(_STATE.in_([str(state) for state in _UNSENT]))
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


def counts(db: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    statement = select(_STATE, func.count().label("number")).group_by(_STATE)
    return {row.state: row.number for row in db.execute(statement)}


def sent_since(db: Connection, channel: str, since: datetime) -> int:
    """How many messages went to a channel from `since` on."""
    sent = (deliveries.c.channel == channel) & (deliveries.c.sent_at >= since)
    return db.execute(select(func.count()).select_from(deliveries).where(sent)).scalar_one()


def message_of(payload: Any) -> Message:
    """The message of a stored payload."""
    return Message(payload["text"], tuple(payload["blocks"]))


def _is(state: DeliveryState) -> ColumnElement[bool]:
    return _STATE.in_([str(state)])


def _change(
    db: Connection, id_: int, before: Iterable[DeliveryState], after: DeliveryState, **values: Any
) -> bool:
    allowed = _STATE.in_([str(state) for state in before])
    statement = update(deliveries).where(deliveries.c.id == id_, allowed)
    return bool(db.execute(statement.values(state=str(after), **values)).rowcount)


def _found(db: Connection, where: ColumnElement[bool], limit: int | None) -> list[Delivery]:
    statement = select(deliveries).where(where).order_by(deliveries.c.id).limit(limit)
    return [_delivery(row) for row in db.execute(statement)]


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        delivery_id=row.delivery_id,
        kind=DeliveryKind(row.kind),
        channel=row.channel,
        message=message_of(row.payload),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        created_at=row.created_at,
        first_try_at=row.first_try_at,
        last_error=row.last_error,
        alert_id=row.alert_id,
    )
