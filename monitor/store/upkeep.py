"""What is kept only for a while is dropped."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from monitor.store import pictures
from monitor.store.polls import KEPT_FETCHES
from monitor.store.tables import feeds, fetches, leases, runs

KEPT_RUNS = timedelta(days=90)


def trim(db: Connection, now: datetime) -> dict[str, int]:
    """Drop old polls, runs with their ledgers, and leases and claims whose time is over.

    Returns:
        the number of rows for each thing done.
    """
    age = func.row_number().over(partition_by=fetches.c.feed_id, order_by=fetches.c.id.desc()).label("age")
    aged = select(fetches.c.id, age).subquery()
    old_fetches = fetches.c.id.in_(select(aged.c.id).where(aged.c.age > KEPT_FETCHES))
    over = feeds.c.claim_expires_at <= now
    freed = {"claimed_by": None, "claim_expires_at": None}
    done = {
        "fetches_dropped": db.execute(delete(fetches).where(old_fetches)).rowcount,
        "runs_dropped": db.execute(delete(runs).where(runs.c.started_at < now - KEPT_RUNS)).rowcount,
        "leases_dropped": db.execute(delete(leases).where(leases.c.expires_at <= now)).rowcount,
        "pictures_dropped": pictures.trim(db, now),
        "claims_dropped": db.execute(update(feeds).where(over).values(freed)).rowcount,
    }
    if db.dialect.name == "sqlite":  # PostgreSQL's autovacuum does the like by itself
        db.exec_driver_sql("PRAGMA optimize")
    return done
