"""Saved searches: made, listed, watched for new matches, deleted and brought back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from monitor.errors import NotFound, Permanent
from monitor.records import SavedSearch, SearchAlert
from monitor.store import asking
from monitor.store.sql import insert
from monitor.store.tables import saved_searches

KEPT = timedelta(days=30)  # for so long a deleted search is listed and can be brought back
_LIVES = saved_searches.c.deleted_at.is_(None)


def add(db: Connection, name: str, owner: str, typed: Mapping[str, str], now: datetime) -> SavedSearch:
    """Save a search.

    Raises:
        Permanent: another one has that name.
    """
    values = {"name": name, "name_key": name.casefold(), "owner": owner, "typed": dict(typed)}
    statement = insert(db, saved_searches).values(**values, created_at=now)
    free = statement.on_conflict_do_nothing(index_elements=["name_key"], index_where=_LIVES)
    row = db.execute(free.returning(saved_searches)).first()
    if row is None:
        raise Permanent(f"there is a saved search {name!r} already: choose another name, or delete it first")
    return _saved(row)


def listing(db: Connection) -> list[SavedSearch]:
    """All that are not deleted, by name."""
    statement = select(saved_searches).where(_LIVES).order_by(saved_searches.c.name_key)
    return [_saved(row) for row in db.execute(statement)]


def deleted(db: Connection, now: datetime) -> list[SavedSearch]:
    """Those that were deleted lately, the last one first."""
    at = saved_searches.c.deleted_at
    statement = select(saved_searches).where(at > now - KEPT).order_by(at.desc(), saved_searches.c.id.desc())
    return [_saved(row) for row in db.execute(statement)]


def watched(db: Connection) -> list[SavedSearch]:
    """Those whose new matches somebody is told of, the oldest first."""
    statement = select(saved_searches).where(_LIVES, saved_searches.c.channel.is_not(None))
    return [_saved(row) for row in db.execute(statement.order_by(saved_searches.c.id))]


def get(db: Connection, number: int) -> SavedSearch:
    """One by its number, deleted ones too.

    Raises:
        NotFound: there is none.
    """
    row = db.execute(select(saved_searches).where(saved_searches.c.id == number)).first()
    if row is None:
        raise NotFound(f"there is no saved search {number}: `monitor searches list` shows the numbers")
    return _saved(row)


def tell(db: Connection, number: int, alert: SearchAlert | None) -> SavedSearch:
    """Have new matches told in a channel, or nowhere any more.

    Raises:
        NotFound: there is no such search, or it is deleted.
    """
    values = {"channel": None, "alerts_by": None, "alerts_since": None}
    if alert is not None:
        values = {"channel": alert.channel, "alerts_by": alert.by, "alerts_since": alert.since}  # type: ignore[dict-item]
    return _change(db, number, _LIVES, values, "there is no saved search {}, or it is deleted")


def delete(db: Connection, number: int, by: str, now: datetime) -> SavedSearch:
    """Take a search from the list; its alerts end with it.

    Raises:
        NotFound: there is no such search, or it is deleted.
    """
    values = {"deleted_at": now, "deleted_by": by}
    return _change(db, number, _LIVES, values, "there is no saved search {}, or it is deleted")


def restore(db: Connection, number: int) -> SavedSearch:
    """Bring a deleted search back as it was.

    Raises:
        NotFound: there is no such deleted search.
        Permanent: another one has its name now.
    """
    known = get(db, number)
    taken = select(saved_searches.c.id).where(_LIVES, saved_searches.c.name_key == known.name.casefold())
    if known.deleted_at is not None and db.execute(taken).first():
        raise Permanent(f"another search is called {known.name!r} now: delete that one first")
    values = {"deleted_at": None, "deleted_by": None}
    return _change(db, number, ~_LIVES, values, "saved search {} is not deleted")


def _change(
    db: Connection, number: int, where: Any, values: Mapping[str, Any], otherwise: str
) -> SavedSearch:
    statement = update(saved_searches).where(saved_searches.c.id == number, where).values(**values)
    row = db.execute(statement.returning(saved_searches)).first()
    if row is None:
        raise NotFound(otherwise.format(number))
    return _saved(row)


def _saved(row: Row[Any]) -> SavedSearch:
    typed = {str(name): str(value) for name, value in row.typed.items()}
    alert = SearchAlert(row.channel, row.alerts_by or "", row.alerts_since) if row.channel else None
    return SavedSearch(
        id=row.id,
        name=row.name,
        owner=row.owner,
        typed=typed,
        search=asking.meant(typed)[0],
        created_at=row.created_at,
        alert=alert,
        deleted_at=row.deleted_at,
        deleted_by=row.deleted_by or "",
    )
