"""The sender's side of the outbox: what is due, who sends it, how the call ended.

Intent is committed before the call (`mark_sending`), so a sender that dies leaves `sending` with a
lease; when that is over the end is unknown, never simply due again. Edits are the exception: to repeat
one changes nothing, so they are due again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, not_, or_, select, update

from monitor.records import Delivery, DeliveryKind, DeliveryState, Posted, PostOutcome
from monitor.store.outbox import OPEN, UNSENT, delivery, get, listed
from monitor.store.sql import waits_until
from monitor.store.tables import deliveries, destinations

FIRST_REST = timedelta(seconds=30)  # after a message that was not sent, doubled with each attempt
LONGEST_REST = timedelta(hours=1)
EDIT_PACE = timedelta(minutes=1)  # between two edits of one message
OWN = ""  # the `thread` of a reply or edit that is posted as a message of its own

_FREE: dict[str, Any] = {"lease_owner": None, "lease_expires_at": None}


def due(
    db: Connection,
    now: datetime,
    limit: int,
    *,
    channel: str | None = None,
    edit_pace: timedelta = EDIT_PACE,
    diverted: bool = False,
) -> list[Delivery]:
    """Messages to send now, oldest first, of one channel where that is given.

    Args:
        diverted: only those that may go to another channel, since their own is broken.
    """
    ready = _state([DeliveryState.PENDING]) & waits_until(deliveries.c.not_before, now)
    ready &= _may_follow(now - edit_pace)
    if channel is not None:
        ready &= deliveries.c.channel == channel
    if diverted:
        ready &= _may_divert()
    return listed(db, ready, limit)


def _may_divert() -> ColumnElement[bool]:
    """It has a fall-back, or follows a message that went to one."""
    parent = deliveries.alias("moved")
    in_place = deliveries.c.kind.in_([str(DeliveryKind.REPLY), str(DeliveryKind.UPDATE)])
    bound = and_(in_place, deliveries.c.thread.is_distinct_from(OWN))
    moved = exists(
        select(parent.c.id).where(
            parent.c.id == deliveries.c.parent_id, parent.c.place != deliveries.c.channel
        )
    )
    return or_(and_(bound, moved), and_(not_(bound), deliveries.c.fallback.is_not(None)))


def channels(db: Connection, now: datetime, settle: timedelta) -> list[str]:
    """The channels for which there is something to send, to look up or to sweep."""
    work = _state([DeliveryState.PENDING]) & waits_until(deliveries.c.not_before, now)
    work |= _lost(now - settle) | _doubtful(now - settle)
    found = db.execute(select(deliveries.c.channel).where(work).distinct().order_by(deliveries.c.channel))
    return list(found.scalars())


def has_work(db: Connection, now: datetime, settle: timedelta, edit_pace: timedelta = EDIT_PACE) -> bool:
    """Whether a sender would find anything to do; channels that are broken wait for their probe."""
    dead = _state([DeliveryState.SENDING]) & (deliveries.c.lease_expires_at <= now)
    parked = _state([DeliveryState.NO_DESTINATION])
    other = dead | parked | _lost(now - settle) | _doubtful(now - settle)
    resting = select(destinations.c.name).where(destinations.c.probe_at > now)
    open_ = _state([DeliveryState.PENDING]) & waits_until(deliveries.c.not_before, now)
    open_ &= _may_follow(now - edit_pace)
    open_ &= deliveries.c.channel.not_in(resting) | _may_divert()
    return db.execute(select(deliveries.c.id).where(open_ | other).limit(1)).first() is not None


def next_due(db: Connection, now: datetime) -> datetime | None:
    """When the next message is due of those that rest; None where none does."""
    resting = _state([DeliveryState.PENDING]) & (deliveries.c.not_before > now)
    return db.execute(select(func.min(deliveries.c.not_before)).where(resting)).scalar_one_or_none()


def resting(db: Connection, now: datetime) -> tuple[int, datetime | None]:
    """How many messages wait for their time, alone or in a batch, and when the first of them goes out."""
    waits = _state([DeliveryState.PENDING, DeliveryState.HELD]) & (deliveries.c.not_before > now)
    waits &= deliveries.c.kind != str(DeliveryKind.ESCALATION)  # that one waits for nobody to say a word
    row = db.execute(select(func.count(), func.min(deliveries.c.not_before)).where(waits)).one()
    return row[0], row[1]


def _may_follow(edited_before: datetime) -> ColumnElement[bool]:
    """Nothing that has to be sent earlier is still open."""
    parent, whole, other = (deliveries.alias(name) for name in ("parent", "whole", "other"))
    kind, settled = deliveries.c.kind, [str(state) for state in OPEN]
    ended = exists(
        select(parent.c.id)
        .outerjoin(whole, whole.c.id == parent.c.folded_into)
        .where(
            parent.c.id == deliveries.c.parent_id,
            parent.c.state.not_in(settled),
            or_(whole.c.id.is_(None), whole.c.state.not_in(settled)),
        )
    )
    sibling = and_(other.c.parent_id == deliveries.c.parent_id, other.c.kind == kind)
    earlier = exists(
        select(other.c.id).where(sibling, other.c.id < deliveries.c.id, other.c.state.in_(settled))
    )
    just_edited = exists(select(other.c.id).where(sibling, other.c.sent_at > edited_before))
    return or_(
        deliveries.c.parent_id.is_(None),
        and_(kind == str(DeliveryKind.ESCALATION), ended),
        and_(kind == str(DeliveryKind.REPLY), ended, not_(earlier)),
        and_(kind == str(DeliveryKind.UPDATE), ended, not_(earlier), not_(just_edited)),
    )


def mark_sending(
    db: Connection, id_: int, owner: str, now: datetime, lease: timedelta, *, place: str = ""
) -> Delivery | None:
    """Say that `owner` is about to send; commit it before the call.

    Args:
        place: the channel of this try where it is not the message's own.

    Returns:
        the message as it is now, with the place and thread where it goes; for an edit `slack_ts` is the
        message that it edits. None where it is not pending any more, or its parent is open again:
        another sender has it.
    """
    pending = get(db, id_)
    if pending is None or pending.state is not DeliveryState.PENDING:
        return None
    goal = _goal(db, pending, place)
    if goal is None:
        return None
    marked = (
        update(deliveries)
        .where(deliveries.c.id == id_, _state([DeliveryState.PENDING]))
        .values(
            state=str(DeliveryState.SENDING),
            attempts=deliveries.c.attempts + 1,
            first_try_at=func.coalesce(deliveries.c.first_try_at, now),
            last_try_at=now,
            lease_owner=owner,
            lease_expires_at=now + lease,
            place=goal.place,
            thread=goal.thread,
            slack_channel_id=goal.slack_channel_id,
        )
        .returning(deliveries)
    )
    row = db.execute(marked).first()
    return replace(delivery(row), slack_ts=goal.slack_ts) if row is not None else None


def _goal(db: Connection, mine: Delivery, place: str) -> Delivery | None:
    """`mine` with the place and thread of the next try; None while its parent is open."""
    if mine.kind not in {DeliveryKind.REPLY, DeliveryKind.UPDATE} or mine.parent_id is None:
        return replace(mine, place=place or mine.channel)
    if mine.thread == OWN:
        return replace(mine, place=place or mine.channel, slack_channel_id=None)
    root = root_of(db, mine.parent_id)
    if root is None or root.state in OPEN:
        return None
    if root.slack_ts is None:  # dead or cancelled: this one takes its place
        return replace(mine, place=place or mine.channel, thread=OWN, slack_channel_id=None)
    there = replace(mine, place=root.place or root.channel, slack_channel_id=root.slack_channel_id)
    if mine.kind is DeliveryKind.UPDATE:
        return replace(there, slack_ts=root.slack_ts)
    return replace(there, thread=root.slack_ts)


def root_of(db: Connection, parent_id: int) -> Delivery | None:
    """The message at the head of a parent's thread: itself, its summary, or the reply in its place."""
    heir = listed(
        db,
        (deliveries.c.parent_id == parent_id)
        & (deliveries.c.kind == str(DeliveryKind.REPLY))
        & (deliveries.c.thread == OWN)
        & _state([DeliveryState.SENT]),
        1,
    )
    if heir:
        return heir[0]
    folded_into = deliveries.c.folded_into
    for _ in range(10):  # a summary of summaries of ... has an end, a circle has none
        whole = db.execute(select(folded_into).where(deliveries.c.id == parent_id)).scalar_one_or_none()
        if whole is None:
            break
        parent_id = whole
    return get(db, parent_id)


def settle(db: Connection, id_: int, posted: Posted, now: datetime) -> None:
    """Store how a call to Slack ended. That it was sent is true whatever happened meanwhile."""
    if posted.outcome is PostOutcome.SENT:
        found(db, id_, posted, now)
        return
    mine = get(db, id_)
    if mine is None:
        return
    state, rest = _after(posted, mine)
    values: dict[str, Any] = {"not_before": now + rest if rest is not None else None}
    if posted.outcome is PostOutcome.PARENT_BROKEN:
        values["thread"] = OWN
    error = posted.error or str(posted.outcome)
    _change(db, id_, (DeliveryState.SENDING,), state, last_error=error, **values, **_FREE)


def _after(posted: Posted, mine: Delivery) -> tuple[DeliveryState, timedelta | None]:
    """The state after an end that is not `sent`, and how long the message rests."""
    pending = DeliveryState.PENDING
    backoff = min(FIRST_REST * 2 ** min(max(mine.attempts - 1, 0), 10), LONGEST_REST)
    match posted.outcome:
        case PostOutcome.UNKNOWN:
            return (pending, backoff) if is_edit(mine) else (DeliveryState.UNKNOWN, None)
        case PostOutcome.CONTENT_BROKEN:
            return DeliveryState.DEAD, None
        case PostOutcome.PARENT_BROKEN:
            return (DeliveryState.DEAD, None) if mine.thread == OWN else (pending, None)
        case PostOutcome.CREDENTIAL_BROKEN | PostOutcome.DESTINATION_BROKEN:
            return pending, None  # the workspace or the channel rests as a whole: `destinations`
        case _:
            return pending, backoff if posted.retry_after is None else posted.retry_after


def is_edit(mine: Delivery) -> bool:
    """Whether sending it changes a message instead of posting one."""
    return mine.kind is DeliveryKind.UPDATE and mine.thread != OWN


def expire(db: Connection, now: datetime) -> int:
    """Messages whose sender died become unknown, edits due again; returns how many."""
    dead = _state([DeliveryState.SENDING]) & (deliveries.c.lease_expires_at <= now)
    edits = (deliveries.c.kind == str(DeliveryKind.UPDATE)) & deliveries.c.thread.is_(None)
    values = {"last_error": "the sender stopped before it knew", **_FREE}
    expired = 0
    for which, state in ((edits, DeliveryState.PENDING), (not_(edits), DeliveryState.UNKNOWN)):
        statement = update(deliveries).where(dead, which).values(state=str(state), **values)
        expired += db.execute(statement).rowcount
    return expired


def unknown(
    db: Connection, now: datetime, settle: timedelta, *, channel: str | None = None
) -> list[Delivery]:
    """Messages to look up in Slack's history: their last try is `settle` ago. Oldest first."""
    lost = _lost(now - settle)
    if channel is not None:
        lost &= deliveries.c.channel == channel
    return listed(db, lost, None)


def doubtful(db: Connection, now: datetime, settle: timedelta, channel: str, limit: int) -> list[Delivery]:
    """Messages that were tried more than once and may be there twice: sent `settle` ago, not swept."""
    return listed(db, _doubtful(now - settle) & (deliveries.c.channel == channel), limit)


def _lost(tried_before: datetime) -> ColumnElement[bool]:
    return _state([DeliveryState.UNKNOWN]) & (deliveries.c.last_try_at <= tried_before)


def _doubtful(sent_before: datetime) -> ColumnElement[bool]:
    posted = (deliveries.c.kind != str(DeliveryKind.UPDATE)) | deliveries.c.thread.is_not(None)
    swept = deliveries.c.swept_at.is_not(None) | (deliveries.c.attempts <= 1)
    return _state([DeliveryState.SENT]) & posted & not_(swept) & (deliveries.c.sent_at <= sent_before)


def swept(db: Connection, id_: int, ts: str, now: datetime) -> None:
    """The message is in its channel once, as `ts`."""
    db.execute(update(deliveries).where(deliveries.c.id == id_).values(swept_at=now, slack_ts=ts))


def found(db: Connection, id_: int, posted: Posted, now: datetime) -> None:
    """Slack has the message; nothing changes where that is known already."""
    states = (DeliveryState.SENDING, DeliveryState.UNKNOWN, DeliveryState.PENDING)
    place = {"slack_channel_id": posted.channel_id, "slack_ts": posted.ts}
    done = {"sent_at": now, "last_error": None, "not_before": None}
    if not _change(db, id_, states, DeliveryState.SENT, **done, **place, **_FREE):
        return
    mine = get(db, id_)
    if mine is not None and mine.kind is DeliveryKind.UPDATE and mine.thread == OWN:
        # The message to edit was gone: the new one takes its place for all that follows.
        db.execute(update(deliveries).where(deliveries.c.id == mine.parent_id).values(place))


def absent(db: Connection, id_: int, now: datetime) -> None:
    """Slack does not have the message: it is due again, under the same `delivery_id`."""
    _change(db, id_, (DeliveryState.UNKNOWN,), DeliveryState.PENDING, not_before=now)


def drop_moot(db: Connection) -> int:
    """Edits of a message that no reader will see alone are not sent; returns how many."""
    parent = deliveries.alias("parent")
    gone = [str(state) for state in (DeliveryState.DEAD, DeliveryState.CANCELLED, DeliveryState.FOLDED)]
    moot = exists(select(parent.c.id).where(parent.c.id == deliveries.c.parent_id, parent.c.state.in_(gone)))
    edits = (deliveries.c.kind == str(DeliveryKind.UPDATE)) & _state(UNSENT)
    values = {"state": str(DeliveryState.CANCELLED), "last_error": "what it edits went out otherwise"}
    return db.execute(update(deliveries).where(edits, moot).values(values)).rowcount


def _state(states: Iterable[DeliveryState]) -> ColumnElement[bool]:
    return deliveries.c.state.in_([str(state) for state in states])


def _change(
    db: Connection, id_: int, before: Iterable[DeliveryState], after: DeliveryState, **values: Any
) -> bool:
    statement = update(deliveries).where(deliveries.c.id == id_, _state(before))
    return bool(db.execute(statement.values(state=str(after), **values)).rowcount)
