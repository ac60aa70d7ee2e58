"""The Slack listeners: which there are, and when each was last in touch with Slack."""

from __future__ import annotations

from sqlalchemy import Connection, select

from monitor.records import Listener
from monitor.store.sql import insert
from monitor.store.tables import listeners


def seen(db: Connection, listener: Listener) -> None:
    """Store when a listener was in touch; a row of its name is overwritten."""
    values = {
        "way": listener.way,
        "started_at": listener.started_at,
        "seen_at": listener.seen_at,
    }
    statement = insert(db, listeners).values(name=listener.name, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def newest(db: Connection) -> Listener | None:
    """The listener that was in touch last; None where there never was one."""
    row = db.execute(select(listeners).order_by(listeners.c.seen_at.desc()).limit(1)).first()
    return Listener(row.name, row.way, row.started_at, row.seen_at) if row is not None else None
