"""An index of sitemaps as one feed: the entries of the few sitemaps that news is in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from monitor.feeds.fetch import FEED_LIMIT, Fetcher
from monitor.feeds.formats.sitemap import INDEX
from monitor.records import Entry, Feed, Fetched, Polled

CHILDREN = 5  # sitemaps of an index that are read; a publisher's archive has thousands
ENTRIES = 2_000  # of all of them together
_OLDEST = datetime(1970, 1, 1, tzinfo=UTC)

Parsed = Callable[[Feed, Fetched], Awaitable[Polled]]


async def followed(polled: Polled, fetcher: Fetcher, parsed: Parsed) -> Polled:
    """`polled` as it is, or with the entries of its sitemaps where it is an index of them.

    One level deep, on the host of the index alone, those named after news and the newest first. A sitemap
    that cannot be read is left out: the others are news all the same.
    """
    if polled.parsed is None or polled.parsed.format != INDEX:
        return polled
    links = _chosen(polled.parsed.entries, polled.fetched.final_url)
    children = await asyncio.gather(*(_child(link, polled.feed, fetcher, parsed) for link in links))
    entries = [entry for child in children for entry in child if entry.title]
    return replace(polled, parsed=replace(polled.parsed, entries=tuple(entries[:ENTRIES])))


def _chosen(entries: Iterable[Entry], index: str) -> list[str]:
    host = urlsplit(index).hostname
    own = [entry for entry in entries if entry.url and urlsplit(entry.url).hostname == host]
    own.sort(key=lambda entry: entry.published_at or _OLDEST, reverse=True)
    own.sort(key=lambda entry: "news" not in (entry.url or "").lower())
    return [entry.url for entry in own[:CHILDREN] if entry.url]


async def _child(url: str, feed: Feed, fetcher: Fetcher, parsed: Parsed) -> tuple[Entry, ...]:
    polled = await parsed(feed, await fetcher.get(url, limit=FEED_LIMIT))
    if polled.parsed is None or polled.parsed.format == INDEX:
        return ()
    return polled.parsed.entries
