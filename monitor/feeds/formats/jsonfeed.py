"""JSON Feed 1.0 and 1.1 (jsonfeed.org) (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from monitor.dates import judge
from monitor.feeds.formats.encoding import decode, inflate
from monitor.feeds.formats.links import absolute
from monitor.records import Entry, ParsedFeed, Repair
from monitor.text import plain, tidy

_TRAILING = re.compile(r",(\s*[}\]])")


class NotJsonFeed(ValueError):
    """The document is something else; the message says what."""


def read_json(body: bytes, url: str, charset: str | None, now: datetime) -> ParsedFeed:
    """The items of a JSON Feed.

    Raises:
        NotJsonFeed: it is no JSON, or JSON of another kind.
    """
    text, honest = decode(inflate(body), charset)
    repairs = [] if honest else [Repair.ENCODING]
    found, sound = _load(text)
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list) or not _claims(found, items):
        raise NotJsonFeed("JSON that is no JSON Feed")
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


def _load(text: str) -> tuple[Any, bool]:
    """The value, and whether it was sound JSON."""
    try:
        return json.loads(text), True
    except (ValueError, RecursionError):
        pass
    try:
        return json.loads(_TRAILING.sub(r"\1", text), strict=False), False
    except (ValueError, RecursionError) as error:
        raise NotJsonFeed(f"neither a feed nor readable JSON ({error})") from error


def _claims(found: Mapping[str, Any], items: list[Any]) -> bool:
    """Whether it says that it is a JSON Feed, or is one in all but its version."""
    if "jsonfeed.org" in str(found.get("version", "")):
        return True
    named = any(_string(found, key) for key in ("title", "home_page_url", "feed_url"))
    return named and any(isinstance(i, dict) and "id" in i and ("url" in i or "title" in i) for i in items)


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
