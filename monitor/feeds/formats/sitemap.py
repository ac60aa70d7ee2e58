"""Sitemaps with or without Google's news tags, and indexes of them (sitemaps.org 0.9) (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from lxml import etree

from monitor.dates import judge
from monitor.records import Entry, ParsedFeed
from monitor.text import plain

INDEX = "sitemap-index"
_SKIPPED = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\])?[^>]*>)", re.DOTALL)
_LEAVES = frozenset({"loc", "lastmod", "changefreq", "priority"})
_ROOT = re.compile(rb"\s*<(?:[\w.-]+:)?(urlset|sitemapindex)\b", re.IGNORECASE)


def is_sitemap(body: bytes) -> bool:
    """Whether the first element of `body` is that of a sitemap or of an index."""
    start = 0
    while found := _SKIPPED.match(body, start):
        start = found.end()
    return bool(_ROOT.match(body, start))


def read_sitemap(body: bytes, now: datetime) -> ParsedFeed | None:
    """The pages of a sitemap, or the sitemaps of an index, as entries; None where nothing is one.

    Tags are known by their local names: of a hundred sitemaps some always misspell a namespace. A page
    without news tags has no title; its date is that of its last change.
    """
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, encoding="utf-8"
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None:
        return None
    index = _name(root) == "sitemapindex"
    kind = "sitemap" if index else "url"
    # Anywhere: where an end is missing, rows lie in each other.
    rows = [_texts(row) for row in root.iter("*") if _name(row) == kind]
    entries = tuple(_entry(row, now) for row in rows)
    news = any("news" in row for row in rows)
    return ParsedFeed(
        format=INDEX if index else "news-sitemap" if news else "sitemap",
        title=next((row["publication"] for row in rows if row.get("publication")), ""),
        entries=entries,
        language=next((row["language"] for row in rows if row.get("language")), None),
    )


def _children(element: Any) -> Iterator[Any]:
    return (child for child in element if isinstance(child.tag, str))


def _name(element: Any) -> str:
    """The local name, also where the prefix of an undeclared namespace is part of the tag."""
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _texts(row: Any) -> dict[str, str]:
    """What a row says: `loc`, `lastmod`, and of its news `title`, `date`, `language`, `publication`."""
    children = [*_parts(row)]
    found = {
        _name(child): _own_text(child) for child in children if not len(child) or _name(child) in _LEAVES
    }
    for news in (child for child in children if _name(child) == "news"):
        found["news"] = "yes"
        for child in _children(news):
            if _name(child) == "publication":
                inner = {_name(part): _text(part) for part in _children(child)}
                found |= {"publication": inner.get("name", ""), "language": inner.get("language", "")}
            else:
                found[{"publication_date": "date"}.get(_name(child), _name(child))] = _text(child)
    return found


def _parts(row: Any) -> Iterator[Any]:
    """The children of a row, with those that lie in another only because its end is missing."""
    for child in _children(row):
        yield child
        if _name(child) in _LEAVES:
            yield from _parts(child)


def _own_text(element: Any) -> str:
    return " ".join((element.text or "").split()) if len(element) else _text(element)


def _text(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def _entry(row: dict[str, str], now: datetime) -> Entry:
    date = row.get("date") or row.get("lastmod", "")
    published_at, status = judge(date, now)
    return Entry(
        guid=row.get("loc") or None,
        url=row.get("loc") or None,
        title=plain(row.get("title", "")).replace("\n", " ") if "news" in row else "",
        summary="",
        language=row.get("language") or None,
        published_at=published_at,
        date_status=status,
        date_text="" if published_at else date,
    )
