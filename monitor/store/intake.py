"""Admission: which entries are new articles, which are known, which have changed.

Known rows are looked up before anything is inserted; that costs a tenth of leaving it to ON CONFLICT.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, literal, select, update

from monitor.articles.identity import same_news
from monitor.articles.urls import canonical
from monitor.records import EntryOutcome, NewArticle, ReadOutcome
from monitor.store import addresses
from monitor.store.columns import storable
from monitor.store.sql import among, chunks, insert, update_each
from monitor.store.tables import article_addresses, articles, entries, feeds, revisions, stories

_KEY = 1_500  # bytes of an address or guid that are kept; PostgreSQL indexes up to 2,700
_REVISIONS = 24  # earlier forms of an article that are kept
_MOVES = 8  # links of an article that are followed; a feed with a new one at each poll ends there
_KNOWN = select(
    articles.c.id,
    articles.c.canonical_url,
    articles.c.content_hash,
    articles.c.feed_id,
    articles.c.read_outcome,
)
# Asked of the few that are found by their guid alone.
_TOLD = select(
    articles.c.id,
    articles.c.title,
    articles.c.summary,
    articles.c.url,
    select(func.count())
    .where(article_addresses.c.article_id == articles.c.id)
    .scalar_subquery()
    .label("moves"),
)


@dataclass(slots=True)
class _Known:
    """An article that an entry may be; `id` is None while it is new in this call."""

    id: int | None
    content_hash: str
    feed_id: int | None
    page_read: bool = False
    told: Any = None  # what it says and where it was, if its guid is all that it is found by


@dataclass(slots=True)
class _Batch:
    """What one call has found out."""

    by_url: dict[str, _Known]
    by_guid: dict[tuple[int, str], _Known]
    fresh: dict[str, NewArticle] = field(default_factory=dict)
    firsts: dict[str, int] = field(default_factory=dict)  # key of a new article: place of its outcome
    changed: dict[int, tuple[NewArticle, _Known]] = field(default_factory=dict)
    sightings: dict[tuple[int, str], _Known] = field(default_factory=dict)
    reused: dict[tuple[int, str], _Known] = field(default_factory=dict)  # guids that stand for other news now
    moved: dict[str, _Known] = field(default_factory=dict)  # new addresses of known articles


def url_key(url: str) -> str:
    """`url` as the unique key stores it: whole, or its start and a hash where it is too long."""
    url = storable(url)
    if len(url) * 4 <= _KEY:  # a character takes four bytes at most
        return url
    whole = url.encode()
    if len(whole) <= _KEY:
        return url
    return f"{whole[:_KEY].decode(errors='ignore')}#sha256={hashlib.sha256(whole).hexdigest()}"


def admit(db: Connection, offered: Sequence[NewArticle], now: datetime) -> list[EntryOutcome]:
    """Store what is new and what has changed.

    An entry is known by its canonical address, then by its guid in its feed. A guid whose link leads
    elsewhere is a moved article if it says the same news, whose address is updated and which stays known
    under the old one; else the feed has used the guid again. Only the feed that brought an article can
    change it: two feeds that carry it with different teasers would otherwise change it to and fro for
    ever. A changed article is scored again; a text read from its page stays.

    Returns:
        NEW, DUPLICATE or CHANGED for each, in order.
    """
    if not offered:
        return []
    batch = _look_up(db, offered)
    keep = _existing_feeds(db, offered)
    outcomes = [_judge(batch, place, new) for place, new in enumerate(offered)]
    for key in _insert(db, batch, keep, now):
        outcomes[batch.firsts[key]] = EntryOutcome.DUPLICATE
    _insert_sightings(db, batch, keep, now)
    _update(db, batch, keep, now)
    addresses.keep(db, {key: known.id for key, known in batch.moved.items() if known.id is not None}, now)
    return outcomes


def _look_up(db: Connection, offered: Sequence[NewArticle]) -> _Batch:
    keys = {url_key(new.canonical_url) for new in offered}
    rows = among(db, _KNOWN, articles.c.canonical_url, keys)
    by_url = {row.canonical_url: _known(row) for row in rows}
    by_id = {known.id: known for known in by_url.values()}
    feed_ids = {new.feed_id for new in offered}
    seen = select(entries.c.feed_id, entries.c.guid, entries.c.article_id)
    pairs = [
        row
        for row in among(db, seen, entries.c.guid, {_guid(new) for new in offered})
        if row.feed_id in feed_ids
    ]
    known_as = addresses.find(db, keys - by_url.keys())
    elsewhere = ({row.article_id for row in pairs} | set(known_as.values())) - by_id.keys()
    by_id |= {row.id: _known(row) for row in among(db, _KNOWN, articles.c.id, elsewhere)}
    by_url |= {key: by_id[id_] for key, id_ in known_as.items()}
    batch = _Batch(by_url, {(row.feed_id, row.guid): by_id[row.article_id] for row in pairs})
    _tell(db, batch, offered)
    return batch


def _tell(db: Connection, batch: _Batch, offered: Sequence[NewArticle]) -> None:
    """Look up what those articles say that entries are found to be by their guid alone."""
    unknown = [(new.feed_id, _guid(new)) for new in offered if url_key(new.canonical_url) not in batch.by_url]
    found = {known.id: known for sighting in unknown if (known := batch.by_guid.get(sighting))}
    for row in among(db, _TOLD, articles.c.id, found):
        found[row.id].told = row


def _known(row: Any) -> _Known:
    return _Known(row.id, row.content_hash, row.feed_id, row.read_outcome == ReadOutcome.PAGE_TEXT)


def _guid(new: NewArticle) -> str:
    return url_key(new.guid or new.canonical_url)


def _judge(batch: _Batch, place: int, new: NewArticle) -> EntryOutcome:
    key, sighting = url_key(new.canonical_url), (new.feed_id, _guid(new))
    known = batch.by_url.get(key)
    if known is None and (known := batch.by_guid.get(sighting)) is not None and known.told is not None:
        if not same_news(known.told.title, known.told.summary, new.title, new.summary):
            known = None
        elif _has_moved(known, new):
            known.told = None  # once in a call
            batch.moved[key] = batch.by_url[key] = known
            return _changed(batch, known, new)
    if known is None:
        return _fresh(batch, place, key, sighting, new)
    # A feed that gives its entries new guids each day would add a row for each of them for ever.
    regenerated = known.feed_id == new.feed_id and known.id is not None
    if sighting not in batch.by_guid and not regenerated:
        batch.by_guid[sighting] = batch.sightings[sighting] = known
    if known.id is None or known.content_hash == new.content_hash:
        return EntryOutcome.DUPLICATE
    if known.feed_id not in {None, new.feed_id}:
        return EntryOutcome.DUPLICATE
    return _changed(batch, known, new)


def _fresh(batch: _Batch, place: int, key: str, sighting: tuple[int, str], new: NewArticle) -> EntryOutcome:
    known = batch.by_url[key] = _Known(None, new.content_hash, new.feed_id)
    batch.fresh[key], batch.firsts[key] = new, place
    if sighting in batch.by_guid:
        batch.reused[sighting] = known
    else:
        batch.sightings[sighting] = known
    batch.by_guid[sighting] = known
    return EntryOutcome.NEW


def _changed(batch: _Batch, known: _Known, new: NewArticle) -> EntryOutcome:
    assert known.id is not None
    known.content_hash, known.feed_id = new.content_hash, new.feed_id
    batch.changed[known.id] = (new, known)
    return EntryOutcome.CHANGED


def _has_moved(known: _Known, new: NewArticle) -> bool:
    """Whether the link leads to another page: one that differs in its parameters alone may do so for ever."""
    if known.feed_id not in {None, new.feed_id} or known.told.moves >= _MOVES:
        return False
    before, after = canonical(known.told.url), new.canonical_url
    return before.partition("?")[0] != after.partition("?")[0]


def _existing_feeds(db: Connection, offered: Sequence[NewArticle]) -> set[int]:
    """The feeds that have not been removed meanwhile; PostgreSQL keeps them until we commit."""
    statement = select(feeds.c.id).order_by(feeds.c.id)
    if db.dialect.name == "postgresql":
        statement = statement.with_for_update(read=True, key_share=True)
    return {row.id for row in among(db, statement, feeds.c.id, sorted({new.feed_id for new in offered}))}


def _insert(db: Connection, batch: _Batch, keep: set[int], now: datetime) -> Iterable[str]:
    """Insert new articles in order of their key, so that two workers never wait in a circle.

    Returns:
        the keys that another worker inserted first.
    """
    rows = [_row(key, batch.fresh[key], keep, now) for key in sorted(batch.fresh)]
    if not rows:
        return ()
    statement = insert(db, articles).on_conflict_do_nothing(index_elements=["canonical_url"])
    ours = {
        row.canonical_url: row.id
        for row in db.execute(statement.returning(articles.c.id, articles.c.canonical_url), rows)
    }
    lost = batch.fresh.keys() - ours.keys()
    ids = ours | {row.canonical_url: row.id for row in among(db, _KNOWN, articles.c.canonical_url, lost)}
    for key in batch.fresh:
        batch.by_url[key].id = ids[key]
    return lost


def _row(key: str, new: NewArticle, keep: set[int], now: datetime) -> dict[str, Any]:
    waits = new.wants_page and not new.stale
    done = ReadOutcome.STALE if new.stale else ReadOutcome.FEED_TEXT
    return {
        "canonical_url": key,
        "url": new.url,
        "feed_id": new.feed_id if new.feed_id in keep else None,
        "publisher": new.publisher,
        "title": new.title,
        "author": new.author,
        "language": new.language,
        "published_at": new.published_at,
        "date_status": str(new.date_status),
        "first_seen_at": new.first_seen_at,
        "effective_at": new.effective_at,
        "updated_at": now,
        "stale": new.stale,
        "baseline": new.baseline,
        "date_text": new.date_text or None,
        "content_hash": new.content_hash,
        "read_state": "pending" if waits else "done",
        "read_outcome": None if waits else str(done),
        "read_attempts": 0,
        "text_source": str(new.text_source),
        "summary": new.summary,
        "text": new.text,
    }


def _insert_sightings(db: Connection, batch: _Batch, keep: set[int], now: datetime) -> None:
    """Note under which guid a feed carries an article; those merged into others meanwhile are left out."""
    found = {**batch.sightings, **batch.reused}
    old = {known.id for known in found.values()} - {batch.by_url[key].id for key in batch.fresh}
    there = _still_there(db, old) if old else set()
    rows = [
        {"feed_id": feed_id, "guid": guid, "article_id": known.id, "first_seen_at": now}
        for (feed_id, guid), known in sorted(found.items(), key=lambda item: item[0])
        if feed_id in keep and (known.id not in old or known.id in there)
    ]
    if not rows:
        return
    statement = insert(db, entries).on_conflict_do_nothing(index_elements=["guid", "feed_id"])
    db.execute(statement, rows)
    for (feed_id, guid), known in sorted(batch.reused.items(), key=lambda item: item[0]):
        one = (entries.c.feed_id == feed_id) & (entries.c.guid == guid)
        db.execute(update(entries).where(one).values(article_id=known.id, first_seen_at=now))


def _still_there(db: Connection, ids: set[int | None]) -> set[int]:
    """Those of `ids` that are articles, which PostgreSQL keeps until we commit."""
    statement = select(articles.c.id).order_by(articles.c.id)
    if db.dialect.name == "postgresql":
        statement = statement.with_for_update(read=True, key_share=True)
    return {row.id for row in among(db, statement, articles.c.id, sorted(id_ for id_ in ids if id_))}


def _keep_revisions(db: Connection, ids: Sequence[int], now: datetime) -> None:
    """Copy what is about to be replaced; an article that changes for ever keeps its first `_REVISIONS`."""
    kept = select(func.count()).where(revisions.c.article_id == articles.c.id).scalar_subquery()
    names = ("title", "summary", "text", "url", "content_hash")
    old = select(
        articles.c.id, *(articles.c[name] for name in names), literal(now, articles.c.updated_at.type)
    )
    for part in chunks(ids):
        source = old.where(articles.c.id.in_(part), kept < _REVISIONS)
        db.execute(revisions.insert().from_select(["article_id", *names, "replaced_at"], source))


def _update(db: Connection, batch: _Batch, keep: set[int], now: datetime) -> None:
    whole, teasers = [], []
    for id_, (new, known) in batch.changed.items():
        row = {
            "id": id_,
            "feed_id": new.feed_id if new.feed_id in keep else None,
            "url": new.url,
            "title": new.title,
            "summary": new.summary,
            "content_hash": new.content_hash,
            "updated_at": now,
            "scored_by": None,
            "scored_at": None,
        }
        if known.page_read:
            teasers.append(row)
        else:
            whole.append(row | {"text": new.text, "text_source": str(new.text_source)})
    _keep_revisions(db, sorted(batch.changed), now)
    update_each(db, articles, teasers)
    update_each(db, articles, whole)
    if batch.changed:
        heads = stories.c.headline_of == bindparam("b_id")
        statement = update(stories).where(heads).values(headline=bindparam("b_title"))
        db.execute(
            statement,
            [{"b_id": id_, "b_title": new.title} for id_, (new, _) in sorted(batch.changed.items())],
        )
