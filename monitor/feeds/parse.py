"""Bytes to entries; the only import of feedparser (pure).

feedparser reads RSS, RDF and Atom, however broken; JSON Feed, which it does not know, is read here.
Its sanitizer is off because its time is quadratic in the length of an item, and its resolving of
addresses inside HTML because nothing here shows that HTML: texts leave this room as plain text.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import feedparser

from monitor.errors import Permanent
from monitor.feeds.pace import pace_of
from monitor.records import DateStatus, Entry, ParsedFeed
from monitor.text import clean, plain

AHEAD = timedelta(minutes=10)  # clocks differ; what is further ahead is a fault of the feed
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LONGEST_ENTITY = 2_000  # characters; feeds that declare entities of their own use them for letters
_MARKS = b"\xef\xbb\xbf \t\r\n"
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?:%\s+)?[^\s>]+\s+(?:(?P<outside>SYSTEM|PUBLIC)\b|(?P<quote>['\"])(?P<value>.*?)(?P=quote))",
    re.DOTALL,
)
_REFERENCE = re.compile(rb"[&%](?!#|(?:amp|lt|gt|quot|apos);)[\w.-]+;")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
# feedparser takes 2020/1/10 for 1 October: only ISO and RFC 822 shapes are left to it.
_SLASHED = re.compile(r"\s*(\d{4})/(\d{1,2})/(\d{1,2})(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d))?)?")


class NotAFeed(Permanent):
    """The document is readable and no feed: most often an HTML page."""


class EntityBomb(Permanent):
    """The document declares entities that expand, or that lie outside of it."""


class Unreadable(Permanent):
    """The document starts like a feed, but nothing can be read from it."""


def parse(body: bytes, *, url: str, content_type: str | None, now: datetime) -> ParsedFeed:
    """All entries of a feed document, in its order.

    Args:
        url: where it came from, after redirects: relative links are resolved against it.
        content_type: the header of the answer; only its charset is used.
        now: the time of the fetch, to judge dates by.

    Raises:
        NotAFeed: it is something else; the message says what.
        EntityBomb: reading it would be dangerous.
        Unreadable: it is a feed that cannot be read.
    """
    _refuse_entities(body)
    if body.lstrip(_MARKS).startswith(b"{"):
        return _json_feed(body, url, now)
    # Of the declared type only the charset is of use: text/xml alone would stand for ASCII, and
    # servers name feeds text/html, text/plain or nothing at all.
    charset = _CHARSET.search(content_type or "")
    declared = f"application/xml; charset={charset[1]}" if charset else "application/xml"
    headers = {"content-location": url, "content-type": declared}
    found = feedparser.parse(
        io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not found.entries:
        _check_empty(found, body)
    channel = found.feed
    entries = tuple(_entry(item, url, now) for item in found.entries)
    return ParsedFeed(
        format=found.version or "unknown",
        title=plain(channel.get("title", "")).replace("\n", " "),
        entries=entries,
        site_url=_absolute(channel.get("link"), url),
        language=channel.get("language") or None,
        pace=pace_of(channel, body),
        warning=_complaint(found),
    )


def _refuse_entities(body: bytes) -> None:
    """A feed may name letters by entities; entities of entities, long ones and outside ones are attacks."""
    if b"<!ENTITY" not in body:
        return
    for entity in _ENTITY.finditer(body):
        if entity["outside"]:
            raise EntityBomb("it declares an entity that lies outside of the document")
        value = entity["value"]
        if len(value) > LONGEST_ENTITY or _REFERENCE.search(value):
            raise EntityBomb("it declares entities that expand into more and more text")


def _check_empty(found: Any, body: bytes) -> None:
    """An empty feed is no error; a page, a text or a wreck is one."""
    if not found.version:
        what = "an HTML page" if _HTML.search(body[:4096]) else "no feed of any known kind"
        raise NotAFeed(f"the address gives {what}: look for the feed's own address")
    if found.bozo and (b"<item" in body or b"<entry" in body):
        raise Unreadable(f"none of its entries can be read ({_complaint(found)})")


def _complaint(found: Any) -> str:
    """What the parser complained of; it reads most such documents all the same."""
    error = found.get("bozo_exception") if found.bozo else None
    return clean(str(error))[:200] if error else ""


def _entry(item: Any, url: str, now: datetime) -> Entry:
    content = max((plain(part.get("value", "")) for part in item.get("content", ())), key=len, default="")
    published_at, status = _date(_raw_date(item), now)
    return Entry(
        guid=item.get("id") or None,
        url=_link(item, url),
        title=plain(item.get("title", "")).replace("\n", " "),
        summary=plain(item.get("summary", "")),
        content=content,
        author=clean(item.get("author", "")) or None,
        language=next((c["language"] for c in item.get("content", ()) if c.get("language")), None),
        published_at=published_at,
        date_status=status,
    )


def _link(item: Any, url: str) -> str | None:
    """The article's own address where a feed service hides it, else the entry's link."""
    own = item.get("feedburner_origlink") or item.get("link")
    if not own:
        links = item.get("links", ())
        own = next((one.get("href") for one in links if one.get("rel") == "alternate"), None)
    return _absolute(own, url)


def _absolute(link: str | None, base: str) -> str | None:
    if not link or not link.strip():
        return None
    try:
        whole = urljoin(base, link.strip())
    except ValueError:  # an address like http://[broken
        return None
    return whole if whole.startswith(("http://", "https://")) else None


def _raw_date(item: Any) -> tuple[str, Any]:
    """The text of the publication date, or of the revision where there is none, and its parsed form."""
    for name in ("published", "created", "updated"):
        text = item.get(name)
        if text and text.strip():
            return text, item.get(f"{name}_parsed")
    return "", None


def _date(raw: tuple[str, Any], now: datetime) -> tuple[datetime | None, DateStatus]:
    text, parsed = raw
    if not text:
        return None, DateStatus.MISSING
    slashed = _SLASHED.match(text)
    numbers = [int(part or 0) for part in slashed.groups()] if slashed else list(parsed or ())[:6]
    try:
        time = datetime(*numbers, tzinfo=UTC) if numbers else None  # type: ignore[misc]
    except (ValueError, OverflowError):
        time = None
    return _judged(time, now)


def _judged(time: datetime | None, now: datetime) -> tuple[datetime | None, DateStatus]:
    if time is None or time < EARLIEST:
        return None, DateStatus.IMPOSSIBLE
    if time > now + AHEAD:
        return None, DateStatus.FUTURE
    return time, DateStatus.OK


# ---------------------------------------------------------------- JSON Feed (jsonfeed.org, 1.0 and 1.1)


def _json_feed(body: bytes, url: str, now: datetime) -> ParsedFeed:
    try:
        found = json.loads(body.lstrip(_MARKS))
    except (ValueError, RecursionError) as error:
        raise NotAFeed(f"the address gives neither a feed nor readable JSON ({error})") from error
    items = found.get("items")
    if "jsonfeed.org" not in str(found.get("version", "")) or not isinstance(items, list):
        raise NotAFeed("the address gives JSON that is no JSON Feed: look for the feed's own address")
    kept = [item for item in items if isinstance(item, dict)]
    return ParsedFeed(
        format="json",
        title=clean(_string(found, "title")),
        entries=tuple(_json_entry(item, url, now) for item in kept),
        site_url=_absolute(_string(found, "home_page_url"), url),
        language=_string(found, "language") or None,
        warning="" if len(kept) == len(items) else f"{len(items) - len(kept)} items are no objects",
    )


def _json_entry(item: Mapping[str, Any], url: str, now: datetime) -> Entry:
    published_at, status = _iso(_string(item, "date_published") or _string(item, "date_modified"), now)
    content = plain(_string(item, "content_html")) or clean(_string(item, "content_text"))
    return Entry(
        guid=str(item.get("id") or "") or None,  # the format asks for text, feeds give numbers too
        url=_absolute(_string(item, "url") or _string(item, "external_url"), url),
        title=plain(_string(item, "title")).replace("\n", " "),
        summary=plain(_string(item, "summary")),
        content=content,
        author=_first_name(item.get("authors") or [item.get("author")]),
        language=_string(item, "language") or None,
        published_at=published_at,
        date_status=status,
    )


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _first_name(authors: object) -> str | None:
    named: Iterable[Any] = authors if isinstance(authors, list) else ()
    names = (clean(_string(author, "name")) for author in named if isinstance(author, dict))
    return next((name for name in names if name), None)


def _iso(text: str, now: datetime) -> tuple[datetime | None, DateStatus]:
    if not text:
        return None, DateStatus.MISSING
    try:
        time = datetime.fromisoformat(text.strip())
        return _judged(time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC), now)
    except (ValueError, OverflowError):
        return None, DateStatus.IMPOSSIBLE
