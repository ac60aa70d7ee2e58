"""The newest threads with their messages and alerts: what channels were told, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.records import Delivery, DeliveryKind, Thread
from monitor.store import alerts, outbox, threads
from monitor.store.alerts import AlertRow


@dataclass(frozen=True, slots=True)
class Conversation:
    """A story's message in a channel.

    Attributes:
        alerts: that the message stands for, the first one first; at least one.
        followers: the replies, edits and escalations of the message, oldest first.
    """

    thread: Thread
    alerts: tuple[AlertRow, ...]
    followers: tuple[Delivery, ...] = ()

    def of_kind(self, kind: DeliveryKind) -> list[Delivery]:
        return [one for one in self.followers if one.kind is kind]


def newest(db: Connection, limit: int) -> list[Conversation]:
    """The threads that were opened or joined by an alert last, the newest first."""
    return _whole(db, alerts.recent_threads(db, limit))


def of_alert(db: Connection, alert_id: int) -> Conversation | None:
    """The thread of an alert; None where there is no such alert."""
    found = _whole(db, alerts.threads_of(db, alert_id))
    return found[0] if found else None


def _whole(db: Connection, thread_ids: Sequence[int]) -> list[Conversation]:
    known = {thread.id: thread for thread in threads.of_ids(db, thread_ids)}
    rows: dict[int, list[AlertRow]] = {}
    for row in alerts.of_threads(db, thread_ids):
        rows.setdefault(row.thread_id, []).append(row)
    parents = outbox.of_keys(db, (thread.parent_key for thread in known.values()))
    after = outbox.followers_of(db, [parent.id for parent in parents.values()])
    return [
        Conversation(known[id_], tuple(rows[id_]), tuple(after.get(parents[known[id_].parent_key].id, ())))
        for id_ in thread_ids
        if id_ in rows
    ]
