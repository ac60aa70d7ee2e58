"""Messages of the outbox folded into summaries: what waited for a token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from monitor.records import Delivery, DeliveryKind, Draft
from monitor.store import outbox


def fold_waiting(db: Connection, now: datetime) -> int:
    """What waited for a token goes out as one catch-up summary a channel; returns how many were folded."""
    waiting = outbox.waiting(db)
    for mine in _by_channel(waiting):
        _fold(db, mine, "Waited until Slack was connected", now)
    return len(waiting) + outbox.unpark(db)


def _by_channel(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    channels = sorted({delivery.channel for delivery in deliveries})
    return [[d for d in deliveries if d.channel == channel] for channel in channels]


def _fold(db: Connection, deliveries: Sequence[Delivery], why: str, now: datetime) -> None:
    from monitor.alerts.render import summary_message

    ids = [delivery.id for delivery in deliveries]
    message = summary_message(outbox.spread(db, deliveries), why)
    draft = Draft(f"summary:{min(ids)}-{max(ids)}", DeliveryKind.SUMMARY, deliveries[0].channel, message)
    outbox.fold(db, ids, draft, now)
