"""Messages of the outbox folded into summaries: what waited for a token, and what is too much."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.records import Delivery, DeliveryKind, Draft
from monitor.settings import Settings
from monitor.store import outbox, sending

LIMIT = 5_000  # messages looked at in one run


def fold_waiting(db: Connection, now: datetime) -> int:
    """What waited for a token goes out as one catch-up summary a channel; returns how many were folded."""
    waiting = outbox.waiting(db)
    for mine in _by_channel(waiting):
        _fold(db, mine, "Waited until Slack was connected", now)
    return len(waiting) + outbox.unpark(db)


def fold_overflow(db: Connection, settings: Settings, now: datetime) -> int:
    """What is over the hourly cap of a channel goes out in one summary, none is dropped.

    Returns:
        how many were folded.
    """
    from monitor.alerts.sender import overflow

    folded = 0
    due = [mine for mine in sending.due(db, now, LIMIT) if mine.kind is DeliveryKind.ALERT]
    for mine in _by_channel(due):
        sent = outbox.sent_since(db, mine[0].channel, now - timedelta(hours=1))
        over = overflow(mine, sent, settings.slack_hourly)
        if over:
            _fold(db, over, f"More than {settings.slack_hourly} alerts in an hour", now)
        folded += len(over)
    return folded


def _by_channel(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    channels = sorted({delivery.channel for delivery in deliveries})
    return [[d for d in deliveries if d.channel == channel] for channel in channels]


def _fold(db: Connection, deliveries: Sequence[Delivery], why: str, now: datetime) -> None:
    from monitor.alerts.render import summary_message

    ids = [delivery.id for delivery in deliveries]
    message = summary_message(outbox.spread(db, deliveries), why)
    draft = Draft(f"summary:{min(ids)}-{max(ids)}", DeliveryKind.SUMMARY, deliveries[0].channel, message)
    outbox.fold(db, ids, draft, now)
