"""Saved searches: what people do with them, and what of the newly scored articles they match.

A match of a watched search is a hit of a topic of its own, made when the article is scored: each article is
asked once, and from there on it goes the way of every hit, through silences, decision and outbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.errors import Misconfigured, Permanent
from monitor.pipeline.desk import clock
from monitor.records import Hit, Reason, Route, SavedSearch, SearchAlert, SearchRow, WeightedTerm
from monitor.settings import Settings
from monitor.store import asking, questions, search, searches
from monitor.store import hits as stored
from monitor.store.database import begin, open_database

VERSION = "search"  # in place of a classifier's version
NAME = 60  # characters
LONGEST = 500  # characters of a field
MOST = 200  # saved searches: a page and a scoring read them all
TERMS = 8  # words that a hit names
WAIT = timedelta(minutes=2)


def save_search(settings: Settings, name: str, typed: Mapping[str, str], by: str) -> SavedSearch:
    """Save a search under a name.

    Args:
        typed: the fields of its form; unknown and empty ones do not count.

    Raises:
        Permanent: the name is empty, too long or taken, or a field means nothing.
    """
    title = " ".join(name.split())
    if not title or len(title) > NAME or not title.isprintable():
        raise Permanent(f"a saved search needs a name of 1 to {NAME} characters")
    kept = {field: typed[field] for field in asking.FIELDS if typed.get(field)}
    wrong = asking.meant(kept)[1]
    if wrong or any(len(value) > LONGEST for value in kept.values()):
        raise Permanent(wrong[0] if wrong else f"a field holds more than {LONGEST} characters: shorten it")
    with begin(open_database(settings.database_url)) as db:
        if len(searches.listing(db)) >= MOST:
            raise Permanent(f"there are {MOST} saved searches: delete one first")
        return searches.add(db, title, _signed(by), kept, clock())


def tell_matches(settings: Settings, number: int, channel: str, by: str) -> SavedSearch:
    """Alert of what matches a saved search from now on, in a channel, as if it were a route.

    Args:
        channel: "" for the channel of the settings.

    Raises:
        Permanent: the channel is none.
        NotFound: there is no such search, or it is deleted.
    """
    from monitor.alerts.routes import CHANNEL

    named = channel.strip() or settings.slack_channel
    if not CHANNEL.fullmatch(named):
        raise Permanent(f'{named!r} is no channel: write "#name" in small letters, or the id of a channel')
    with begin(open_database(settings.database_url)) as db:
        return searches.tell(db, number, SearchAlert(named, _signed(by), clock()))


def stop_telling(settings: Settings, number: int) -> SavedSearch:
    """Alert of its matches no more.

    Raises:
        NotFound: there is no such search, or it is deleted.
    """
    with begin(open_database(settings.database_url)) as db:
        return searches.tell(db, number, None)


def delete_search(settings: Settings, number: int, by: str) -> SavedSearch:
    """Delete a saved search; for 30 days `restore_search` brings it back.

    Raises:
        NotFound: there is no such search, or it is deleted.
    """
    with begin(open_database(settings.database_url)) as db:
        return searches.delete(db, number, _signed(by), clock())


def restore_search(settings: Settings, number: int) -> SavedSearch:
    """Bring a deleted search back, with its alerts.

    Raises:
        NotFound, Permanent: see `store.searches.restore`.
    """
    with begin(open_database(settings.database_url)) as db:
        return searches.restore(db, number)


def match(db: Connection, ids: Sequence[int], now: datetime) -> list[Hit]:
    """Store and return the hits of all watched searches among articles that were just scored."""
    found: list[Hit] = []
    for saved in searches.watched(db):
        matched = search.matching(db, saved.search, ids)
        if matched:
            asked = questions.read(saved.search.words)
            found += [_hit(saved, row) for row in search.rows(db, matched, asked)]
    stored.record(db, found, now)
    return found


def _hit(saved: SavedSearch, row: SearchRow) -> Hit:
    places = [(row.title, row.title_marks), (row.snippet, row.snippet_marks)]
    words = dict.fromkeys(text[start:end].casefold() for text, marks in places for start, end in marks)
    terms = tuple(WeightedTerm(word, 1.0) for word in list(words)[:TERMS])
    clause = f"{saved.name}, saved by {saved.owner}: {asking.in_words(saved.typed)}"
    return Hit(row.article_id, saved.topic, 1.0, 1.0, VERSION, Reason(row.snippet, terms, clause))


def routes(settings: Settings) -> tuple[tuple[Route, ...], dict[str, str]]:
    """The routes of the watched searches, one each, and the readers' names of their topics."""
    try:
        with begin(open_database(settings.database_url), reading=True) as db:
            found = searches.watched(db)
    except Misconfigured:  # no schema yet: the step that needs one says so
        return (), {}
    made = [
        Route(
            saved.topic,
            saved.alert.channel,
            (saved.topic,),
            group_wait=WAIT,
            hourly=settings.slack_hourly,
            digests=(),
        )
        for saved in found
        if saved.alert
    ]
    return tuple(made), {saved.topic: f"Search “{saved.name}”" for saved in found}


def _signed(by: str) -> str:
    if not by.strip():
        raise Permanent("say who you are: sign in, or name yourself with --by")
    return by.strip()
