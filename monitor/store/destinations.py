"""What the senders know of Slack's channels, shared between them: who may go where, and when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.records import Destination
from monitor.store.sql import among, insert
from monitor.store.tables import destinations


def known(db: Connection, names: Iterable[str]) -> dict[str, Destination]:
    """What is known of these channels, by name; one that nothing is known of is as good as new."""
    wanted = sorted(set(names))
    rows = among(db, select(destinations), destinations.c.name, wanted)
    return {name: Destination(name) for name in wanted} | {row.name: _destination(row) for row in rows}


def broken(db: Connection) -> list[Destination]:
    """The channels that Slack refuses, and the workspace where it refuses the token."""
    statement = select(destinations).where(destinations.c.broken_since.is_not(None))
    return [_destination(row) for row in db.execute(statement.order_by(destinations.c.name))]


def last_sent(db: Connection) -> datetime | None:
    """When Slack took a message last, in whatever channel."""
    statement = select(destinations.c.last_sent_at).where(destinations.c.last_sent_at.is_not(None))
    return db.execute(statement.order_by(destinations.c.last_sent_at.desc()).limit(1)).scalar_one_or_none()


def rest(db: Connection, name: str, until: datetime) -> None:
    """Nothing goes to the channel before `until`."""
    _put(db, name, free_at=until)


def sent(db: Connection, name: str, now: datetime) -> None:
    """Slack took a message there: the channel is well."""
    _put(db, name, last_sent_at=now, broken_since=None, broken_why=None, probe_at=None)


def refuse(db: Connection, name: str, why: str, now: datetime, probe_at: datetime) -> bool:
    """Slack refuses the channel until a probe at `probe_at` or later; whether that is new."""
    was = known(db, [name])[name].broken_since
    _put(db, name, broken_since=was or now, broken_why=why, probe_at=probe_at)
    return was is None


def mend(db: Connection, name: str) -> bool:
    """The channel is well again; whether it was not."""
    ill = (destinations.c.name == name) & destinations.c.broken_since.is_not(None)
    well = {"broken_since": None, "broken_why": None, "probe_at": None}
    return bool(db.execute(update(destinations).where(ill).values(**well)).rowcount)


def _put(db: Connection, name: str, **values: Any) -> None:
    statement = insert(db, destinations).values(name=name, **values)
    db.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def _destination(row: Row[Any]) -> Destination:
    return Destination(
        row.name, row.free_at, row.broken_since, row.broken_why or "", row.probe_at, row.last_sent_at
    )
