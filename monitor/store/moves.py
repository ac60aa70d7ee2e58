"""A feed's way from one address to another; where two feeds meet at one, they become one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, exists, select, update

from monitor.records import FeedState
from monitor.store.sql import among, chunks, insert
from monitor.store.tables import articles, entries, feed_addresses, feed_days, feeds


def move(db: Connection, feed_id: int, url: str, now: datetime) -> int:
    """Poll the feed at `url` from now on and remember the address that it leaves.

    Where another feed is polled there (or was, before it moved itself), that one stays: it takes over the
    articles, entries and former addresses of this one, which is removed.

    Returns:
        the id of the feed that stays.
    """
    old = db.execute(select(feeds.c.url).where(feeds.c.id == feed_id)).scalar_one()
    owner = db.execute(select(feeds.c.id).where(feeds.c.url == url)).scalar()
    if owner is None:
        owner = db.execute(select(feed_addresses.c.feed_id).where(feed_addresses.c.url == url)).scalar()
    if owner is None or owner == feed_id:
        db.execute(delete(feed_addresses).where(feed_addresses.c.url == url))
        db.execute(update(feeds).where(feeds.c.id == feed_id).values(url=url))
        _remember(db, old, feed_id, now)
        return feed_id
    _merge(db, feed_id, owner)
    _remember(db, old, owner, now)
    return int(owner)


def _remember(db: Connection, url: str, feed_id: int, now: datetime) -> None:
    row = {"url": url, "feed_id": feed_id, "left_at": now}
    statement = insert(db, feed_addresses)
    again = {"feed_id": statement.excluded.feed_id, "left_at": statement.excluded.left_at}
    db.execute(statement.on_conflict_do_update(index_elements=["url"], set_=again), [row])


def _merge(db: Connection, gone: int, stays: int) -> None:
    known = entries.alias()
    both = exists().where(known.c.feed_id == stays, known.c.guid == entries.c.guid)
    db.execute(delete(entries).where(entries.c.feed_id == gone, both))
    for table in (entries, articles, feed_addresses):
        db.execute(update(table).where(table.c.feed_id == gone).values(feed_id=stays))
    db.execute(delete(feed_days).where(feed_days.c.feed_id == gone))
    db.execute(delete(feeds).where(feeds.c.id == gone))
    # A feed that was given up is alive again: the other one has just been read at its address.
    given_up = feeds.c.state.in_([str(FeedState.RETIRED), str(FeedState.SUSPENDED)])
    revived = {"state": str(FeedState.ACTIVE), "failures": 0, "failing_since": None}
    db.execute(update(feeds).where(feeds.c.id == stays, given_up).values(revived))


def former(db: Connection, urls: list[str]) -> dict[str, str]:
    """Of `urls` those that a feed has left, each with the address at which it is polled now."""
    statement = select(feed_addresses.c.url, feeds.c.url.label("now")).join(feeds)
    found: dict[str, str] = {}
    for part in chunks(urls):
        found |= {row.url: row.now for row in among(db, statement, feed_addresses.c.url, part)}
    return found
