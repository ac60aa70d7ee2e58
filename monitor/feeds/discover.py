"""The feeds of a site: what its page links, where feeds usually lie, what robots.txt lists.

Each candidate is fetched and parsed, so that what is shown is what the feed would bring.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

from lxml import etree

from monitor.feeds.fetch import FEED_LIMIT, PAGE_LIMIT, Fetcher, Patience
from monitor.feeds.names import Lookup, system_lookup
from monitor.feeds.parser import PARSING, Order, Reading, unless_lost
from monitor.pool import Pool
from monitor.records import FetchOutcome, ParsedFeed
from monitor.settings import Settings

PATHS = (
    "/feed",
    "/rss",
    "/rss.xml",
    "/feed.xml",
    "/atom.xml",
    "/index.xml",
    "/feeds",
    "/feed.json",
    "/?feed=rss2",
)
CANDIDATES = 24  # addresses that are tried
SITEMAPS = 4  # of those that robots.txt lists; those named after news come first
SECONDS = 20.0  # for one document
_TYPES = re.compile(r"(?:rss|atom|rdf)\+xml|feed\+json|text/xml|application/xml", re.IGNORECASE)
_SITEMAP = re.compile(r"^\s*sitemap\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_HABIT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Found:
    """A feed of the site, with what it holds now.

    `how` says where it was found: "address", "link", "path" or "robots.txt"; `a_day` is how many of its
    entries are dated in its last week, a day.
    """

    url: str
    title: str
    how: str
    format: str
    entries: int
    newest: datetime | None
    a_day: float
    headlines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found at an address, best first; `problem` says why it could not be looked at."""

    feeds: tuple[Found, ...]
    problem: str = ""


def discover(
    url: str,
    settings: Settings,
    *,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
) -> Discovery:
    """The feeds at `url`: itself, if it is one, or else those of the site that it is a page of."""
    return asyncio.run(_discover(url, settings, patience, lookup))


async def _discover(url: str, settings: Settings, patience: Patience | None, lookup: Lookup) -> Discovery:
    with Pool(settings.parse_workers, PARSING) as workers:
        async with Fetcher(settings, patience=patience, lookup=lookup) as fetcher:
            look = _Look(fetcher, workers)
            page = await fetcher.get(url, limit=FEED_LIMIT)
            if page.outcome is not FetchOutcome.FETCHED:
                return Discovery((), f"{url} cannot be read: {page.detail or page.outcome}")
            if itself := await look.parsed(page.body, page.final_url, page.content_type):
                return Discovery((_found(url, "address", itself),))
            wanted = dict.fromkeys((link, "link") for link in _linked(page.body, page.final_url))
            robots = await fetcher.get(urljoin(page.final_url, "/robots.txt"), limit=PAGE_LIMIT)
            listed = _SITEMAP.findall(robots.body.decode("utf-8", "replace"))
            wanted |= dict.fromkeys((urljoin(page.final_url, path), "path") for path in PATHS)
            wanted |= dict.fromkeys((sitemap, "robots.txt") for sitemap in _newsy(listed))
            ways: dict[str, str] = {}
            for link, how in wanted:
                ways.setdefault(link, how)
            tried = [look.at(link, how) for link, how in list(ways.items())[:CANDIDATES]]
            found = [one for one in await asyncio.gather(*tried) if one]
    return Discovery(tuple(_distinct(found)))


class _Look:
    """Looks at one address after the other, by the rules of the fetcher."""

    def __init__(self, fetcher: Fetcher, workers: Pool[Order, Reading]) -> None:
        self._fetcher = fetcher
        self._workers = workers

    async def at(self, url: str, how: str) -> Found | None:
        """The feed at `url`, if there is one that has entries."""
        answer = await self._fetcher.get(url, limit=FEED_LIMIT)
        if answer.outcome is not FetchOutcome.FETCHED:
            return None
        parsed = await self.parsed(answer.body, answer.final_url, answer.content_type)
        plain = parsed is not None and parsed.format in {"sitemap", "sitemap-index"}
        if parsed is None or not parsed.entries or plain:
            return None
        return _found(answer.final_url, how, parsed)

    async def parsed(self, body: bytes, url: str, content_type: str | None) -> ParsedFeed | None:
        """The feed that a document is, None where it is none."""
        order = Order(body, url, content_type, datetime.now(UTC), SECONDS)
        return unless_lost(await asyncio.wrap_future(self._workers.submit(order))).parsed


def _linked(body: bytes, url: str) -> list[str]:
    """Addresses that a page links as its feeds, and those that look like one."""
    try:
        tree = etree.fromstring(body, etree.HTMLParser(no_network=True, recover=True))
    except (etree.XMLSyntaxError, ValueError):
        return []
    if tree is None:
        return []
    links = [
        link.get("href", "")
        for link in tree.iter("link")
        if "alternate" in link.get("rel", "").lower() and _TYPES.search(link.get("type", ""))
    ]
    anchors = [anchor.get("href", "") for anchor in tree.iter("a")]
    links += [
        href for href in anchors if re.search(r"(?:/|\b)(?:rss|feed|atom)s?(?:\.xml|/|\?|$)", href.lower())
    ]
    found = []
    for link in links:
        try:
            whole = urljoin(url, link.strip())
        except ValueError:
            continue
        if urlsplit(whole).scheme in {"http", "https"}:
            found.append(whole)
    return found


def _newsy(sitemaps: Iterable[str]) -> list[str]:
    return sorted(sitemaps, key=lambda url: "news" not in url.lower())[:SITEMAPS]


def _found(url: str, how: str, parsed: ParsedFeed) -> Found:
    dates = [entry.published_at for entry in parsed.entries if entry.published_at]
    newest = max(dates, default=None)
    recent = sum(date > newest - _HABIT for date in dates) if newest else 0
    span = max(1.0, min(7.0, (max(dates) - min(dates)) / timedelta(days=1))) if dates else 1.0
    return Found(
        url=url,
        title=parsed.title or urlsplit(url).hostname or url,
        how=how,
        format=parsed.format,
        entries=len(parsed.entries),
        newest=newest,
        a_day=round(recent / span, 1),
        headlines=tuple(entry.title for entry in parsed.entries[:3]),
    )


def _distinct(found: Iterable[Found]) -> list[Found]:
    """Without those that hold the same under another address; the freshest and fullest first."""
    kept: dict[tuple[object, ...], Found] = {}
    for one in found:
        kept.setdefault((one.headlines, one.entries), one)
    order = {"address": 0, "link": 1, "path": 2, "robots.txt": 3}
    return sorted(kept.values(), key=lambda one: (order[one.how], -one.entries))
