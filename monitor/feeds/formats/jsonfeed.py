"""JSON Feed 1.0 and 1.1 (jsonfeed.org) (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from monitor.dates import judge
from monitor.feeds.formats.encoding import decode, inflate
from monitor.feeds.formats.links import absolute
from monitor.records import Entry, ParsedFeed, Repair
from monitor.text import plain, tidy

_TRAILING = re.compile(r",(\s*[}\]])")
_ESCAPE = re.compile(r"(\\(?:[\"\\/bfnrt]|u[0-9a-fA-F]{4}))|\\")
_ITEMS = re.compile(r'"items"\s*:\s*\[\s*')
_BETWEEN = re.compile(r"[\s,]*")
# A comment, a call, or what keeps a browser from running it as a script.
_GUARDED = re.compile(
    r"\s*(?:(?://|/\*|\)\]\}'|while\s*\(1\)|(?:(?:var|let|const)\s+)?[\w.$]+\s*(?=[(=]))[^{\[<]*)(?=[{\[])"
)
_LENIENT = json.JSONDecoder(strict=False)
_TEXTS = frozenset({"title", "summary", "content_html", "content_text"})
_START = 400  # bytes that are looked at to tell what a document is
_FEW = 5  # of a list, in which a feed may lie


class NotJsonFeed(ValueError):
    """The document is something else; the message says what."""


def read_json(body: bytes, url: str, charset: str | None, now: datetime) -> ParsedFeed:
    """The items of a JSON Feed.

    Raises:
        NotJsonFeed: it is no JSON, or JSON of another kind.
    """
    text, honest = decode(inflate(body), charset)
    repairs = [] if honest else [Repair.ENCODING]
    value, sound = _load(text)
    found = next(_feeds_in(value), None)
    if found is None:
        raise NotJsonFeed("JSON that is no JSON Feed")
    items = found["items"]
    kept = [item for item in items if isinstance(item, dict)]
    if not sound or len(kept) < len(items):
        repairs.append(Repair.JSON)
    return ParsedFeed(
        format="json11" if "1.1" in _string(found, "version") else "json1",
        title=tidy(_string(found, "title")),
        entries=tuple(_entry(item, url, now) for item in kept),
        site_url=absolute(_string(found, "home_page_url"), url),
        language=_string(found, "language") or None,
        warning="" if len(kept) == len(items) else f"{len(items) - len(kept)} items are no objects",
        repairs=tuple(repairs),
    )


def is_json(body: bytes) -> bool:
    """Whether `body` starts as JSON does, in whatever encoding and behind whatever call or guard."""
    head = inflate(body)[:_START]
    start = decode(head)[0] if b"\0" in head else head.decode("utf-8", "ignore")
    start = start.lstrip("\ufeff \r\n\t")
    return start.startswith(("{", "[")) or (not start.startswith("<") and bool(_GUARDED.match(start)))


def _load(text: str) -> tuple[Any, bool]:
    """The value, and whether it was sound JSON; what stands before and after it does not count."""
    start = min((at for mark in "{[" if (at := text.find(mark)) >= 0), default=0)
    guarded = _GUARDED.match(text)
    start = guarded.end() if guarded else start
    try:
        value, end = json.JSONDecoder().raw_decode(text, start)
        return value, not text[:start].strip() and not text[end:].strip()
    except (ValueError, RecursionError):
        pass
    mended = _TRAILING.sub(r"\1", _ESCAPE.sub(lambda found: found[1] or r"\\", text[start:]))
    try:
        return _LENIENT.raw_decode(mended)[0], False
    except (ValueError, RecursionError) as error:
        if whole := _salvaged(mended):
            return whole, False
        raise NotJsonFeed(f"neither a feed nor readable JSON ({error})") from error


def _salvaged(text: str) -> dict[str, Any] | None:
    """The feed up to where its JSON breaks."""
    opening = _ITEMS.search(text)
    if not opening:
        return None
    try:
        head = _LENIENT.decode(text[: opening.start()].rstrip(", \r\n\t") + "}")
    except (ValueError, RecursionError):
        return None
    items, at = [], opening.end()
    while True:
        try:
            item, at = _LENIENT.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        items.append(item)
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
    return head | {"items": items} if items and isinstance(head, dict) else None


def _feeds_in(value: Any, depth: int = 3) -> Iterator[dict[str, Any]]:
    """The feed, also where it lies in a list or in another object."""
    if isinstance(value, dict) and isinstance(value.get("items"), list) and _claims(value, value["items"]):
        yield value
    inside = value.values() if isinstance(value, dict) else value[:_FEW] if isinstance(value, list) else ()
    for one in inside if depth else ():
        if isinstance(one, dict | list):
            yield from _feeds_in(one, depth - 1)


def _claims(found: Mapping[str, Any], items: list[Any]) -> bool:
    """Whether it says that it is a JSON Feed, or is one in all but its version."""
    if "jsonfeed.org" in str(found.get("version", "")):
        return True
    named = any(_string(found, key) for key in ("title", "home_page_url", "feed_url"))
    objects = (item for item in items if isinstance(item, dict))
    return named and any("url" in item or ("id" in item and item.keys() & _TEXTS) for item in objects)


def _entry(item: Mapping[str, Any], url: str, now: datetime) -> Entry:
    date = _string(item, "date_published") or _string(item, "date_modified")
    published_at, status = judge(date, now)
    content = plain(_string(item, "content_html")) or tidy(_string(item, "content_text"))
    return Entry(
        guid=_identifier(item.get("id")),
        url=absolute(_string(item, "url") or _string(item, "external_url"), url),
        title=tidy(_string(item, "title")),
        summary=plain(_string(item, "summary")),
        content=content,
        author=_first_name(item.get("authors") or [item.get("author")]),
        language=_string(item, "language") or None,
        published_at=published_at,
        date_status=status,
        date_text="" if published_at else date,
    )


def _identifier(value: object) -> str | None:
    """The format asks for text; feeds give numbers too."""
    return str(value) if isinstance(value, str | int | float) and str(value) else None


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _first_name(authors: object) -> str | None:
    named: Iterable[Any] = authors if isinstance(authors, list) else ()
    names = (tidy(_string(author, "name")) for author in named if isinstance(author, dict))
    return next((name for name in names if name), None)
