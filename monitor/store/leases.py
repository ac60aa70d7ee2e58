"""Named leases: one holder at a time, until it lets go or its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, update

from monitor.store.sql import insert
from monitor.store.tables import leases


def take(db: Connection, name: str, owner: str, now: datetime, for_: timedelta) -> bool:
    """Take or renew the lease `name` until `now + for_`; false while another holds it."""
    statement = insert(db, leases).values(name=name, owner=owner, expires_at=now + for_)
    ours = (leases.c.owner == owner) | (leases.c.expires_at <= now)
    new = {"owner": statement.excluded.owner, "expires_at": statement.excluded.expires_at}
    statement = statement.on_conflict_do_update(index_elements=["name"], set_=new, where=ours)
    return db.execute(statement.returning(leases.c.name)).first() is not None


def renew(db: Connection, name: str, owner: str, now: datetime, for_: timedelta) -> bool:
    """Keep a lease that is still ours until `now + for_`; false where it was lost."""
    ours = (leases.c.name == name) & (leases.c.owner == owner) & (leases.c.expires_at > now)
    return bool(db.execute(update(leases).where(ours).values(expires_at=now + for_)).rowcount)


def release(db: Connection, name: str, owner: str) -> None:
    """Let go of a lease; nothing happens where it is not ours any more."""
    db.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))
