"""From a feed's entries to articles that can be stored, or to the reason why not (pure)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from unicodedata import normalize
from urllib.parse import urlsplit

from monitor.articles.identity import same_news
from monitor.articles.language import detect
from monitor.articles.urls import canonical, registrable
from monitor.records import DateStatus, Entry, EntryOutcome, Feed, NewArticle, TextSource
from monitor.text import clean, sentences, shorten

STALE_AFTER = timedelta(hours=96)  # older news is kept for the record and never alerts
ENOUGH_TEXT = 600  # characters: with less, the page is fetched
_HTTP = re.compile(r"https?://[A-Za-z0-9.-]*[A-Za-z0-9](?::[0-9]{1,4})?(?=[/?#])")
TITLE_LIMIT = 500
SUMMARY_LIMIT = 2_000
TEXT_LIMIT = 100_000  # characters; longer texts are books or faults

_FIRST = {
    DateStatus.OK: EntryOutcome.NEW,
    DateStatus.MISSING: EntryOutcome.NEW_UNDATED,
    DateStatus.IMPOSSIBLE: EntryOutcome.NEW_UNDATED,
    DateStatus.FUTURE: EntryOutcome.NEW_FUTURE_DATED,
}


def admit(entries: Sequence[Entry], feed: Feed, now: datetime) -> list[NewArticle | EntryOutcome]:
    """For each entry an article, or the outcome that ends it here: NO_LINK, NO_TITLE, REPEATED_GUID.

    Of entries that share a guid or a link in one document the first counts, unless they tell different
    news. Then a shared guid names none of them, so that they are known by their links; and of a shared
    link the fragment is part, as on sites that put all of their news on one page.
    """
    named = [_named(entry) for entry in entries]
    keys, loose = _identities(entries, {n: end[1] for n, end in enumerate(named) if isinstance(end, tuple)})
    seen: set[str] = set()
    ends: list[NewArticle | EntryOutcome] = []
    for place, entry in enumerate(entries):
        end = named[place]
        if isinstance(end, EntryOutcome):
            ends.append(end)
            continue
        guid = None if entry.guid in loose else entry.guid
        names = {keys[place], f"guid:{guid}"} if guid else {keys[place]}
        repeated = not names.isdisjoint(seen)
        seen |= names
        ends.append(
            EntryOutcome.REPEATED_GUID
            if repeated
            else _article(entry if guid else replace(entry, guid=None), end[0], keys[place], feed, now)
        )
    return ends


def _identities(entries: Sequence[Entry], keys: dict[int, str]) -> tuple[dict[int, str], set[str | None]]:
    """The key of each entry that has one, and the guids that name several articles."""
    for group in _sharing(entries, keys):
        if len({urlsplit(entries[place].url or "").fragment for place in group}) > 1:
            keys |= {place: _with_fragment(keys[place], entries[place].url) for place in group}
    guids = {place: entries[place].guid for place in keys if entries[place].guid}
    groups = _sharing(entries, guids)
    return keys, {guids[group[0]] for group in groups if len({keys[place] for place in group}) > 1}


def _named(entry: Entry) -> tuple[str, str] | EntryOutcome:
    """The address of an entry and its canonical form, or why it has none."""
    if not (entry.title or entry.summary or entry.content):
        return EntryOutcome.NO_TITLE
    url = _address(entry)
    return (url, canonical(url)) if url else EntryOutcome.NO_LINK


def _sharing(entries: Sequence[Entry], names: Mapping[int, str | None]) -> Iterator[list[int]]:
    """Groups of entries of one name of which some tell different news."""
    if len(set(names.values())) == len(names):  # most documents by far
        return
    groups: dict[str | None, list[int]] = {}
    for place, name in names.items():
        groups.setdefault(name, []).append(place)
    for group in groups.values():
        first = entries[group[0]]
        texts = (entries[place] for place in group[1:])
        if any(not same_news(first.title, first.summary, e.title, e.summary) for e in texts):
            yield group


def _with_fragment(key: str, url: str | None) -> str:
    fragment = urlsplit(url or "").fragment
    return f"{key}#{fragment}" if fragment and "#" not in key else key


def first_outcome(article: NewArticle) -> EntryOutcome:
    """How an article that is new to us is counted: by its age and by the fault of its date."""
    return EntryOutcome.STALE if article.stale else _FIRST[article.date_status]


def _address(entry: Entry) -> str | None:
    """Where the article is: its own address where the link leads through a feed service."""
    for url in (entry.original_url, entry.url):
        if url is None:
            continue
        if _HTTP.match(url):
            return url
        try:
            parts = urlsplit(url)
        except ValueError:  # an address like http://[broken
            continue
        if parts.scheme in {"http", "https"} and parts.hostname:
            return url
    return None


def _article(entry: Entry, url: str, key: str, feed: Feed, now: datetime) -> NewArticle:
    # One letter has one spelling here: feeds write accents as one character or as two.
    text = normalize("NFC", max(entry.content, entry.summary, key=len)[:TEXT_LIMIT])
    summary = shorten(clean(entry.summary or entry.content), SUMMARY_LIMIT)
    title = shorten(clean(entry.title) or (sentences(text) or [text])[0], TITLE_LIMIT)
    stale = entry.published_at is not None and now - entry.published_at > STALE_AFTER
    enough = len(text) >= ENOUGH_TEXT
    return NewArticle(
        canonical_url=key,
        url=url,
        feed_id=feed.id,
        guid=entry.guid,
        # An intranet or a sample server has no domain: its feeds are known by their names.
        publisher=registrable(url) or feed.title,
        title=title,
        summary=summary,
        text=text,
        text_source=TextSource.FEED if enough else TextSource.SUMMARY,
        author=entry.author,
        language=detect(f"{title}. {summary}", entry.language or feed.language),
        published_at=entry.published_at,
        date_status=entry.date_status,
        first_seen_at=now,
        content_hash=_hash(title, summary, text),
        stale=stale,
        wants_page=not enough and not stale,
        baseline=feed.last_success_at is None and not feed.alert_backlog,
        date_text=entry.date_text,
    )


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
