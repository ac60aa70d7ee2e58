"""Many feeds, or many pages, at once: each comes out as soon as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from monitor.feeds import robots
from monitor.feeds.fetch import FEED_LIMIT, PAGE_LIMIT, PAGES, Fetcher, Patience
from monitor.feeds.guards import BadUrl, check_url
from monitor.feeds.names import Lookup, system_lookup
from monitor.feeds.parser import Order
from monitor.feeds.stream import Put, stream
from monitor.feeds.turns import Flow
from monitor.feeds.workers import Workers
from monitor.records import Feed, Fetched, FetchOutcome, Polled
from monitor.settings import Settings

PARSE_SECONDS = 10.0  # the largest real feeds take half a second
_PAGE_KINDS = ("text/", "application/xhtml", "application/xml")


def harvest(
    feeds: Sequence[Feed],
    settings: Settings,
    *,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
    parse_seconds: float = PARSE_SECONDS,
) -> Iterator[Polled]:
    """Poll `feeds` and parse what is new, in the order in which they get done.

    Every feed comes out exactly once. Closing the iterator stops what is under way.

    Args:
        patience: time limits of HTTP.
        lookup: where host names are looked up.
        parse_seconds: deadline for parsing one document.

    Raises:
        Misconfigured: the parser processes cannot be started.
    """
    if not feeds:
        return

    async def job(put: Put[Polled]) -> None:
        flow = Flow()
        async with (
            Workers(settings.parse_workers) as workers,
            Fetcher(settings, patience=patience, lookup=lookup, flow=flow) as fetcher,
            asyncio.TaskGroup() as group,
        ):
            for feed in feeds:
                group.create_task(_poll(feed, fetcher, flow, partial(_parsed, workers, parse_seconds), put))

    yield from stream(job)


async def _poll(
    feed: Feed,
    fetcher: Fetcher,
    flow: Flow,
    parsed: Callable[[Feed, Fetched], Awaitable[Polled]],
    put: Put[Polled],
) -> None:
    fetched = await fetcher.get(
        feed.url,
        limit=FEED_LIMIT,
        etag=feed.etag,
        last_modified=feed.last_modified,
        known_hash=feed.body_hash,
    )
    with _held(flow, fetched):
        await put(await parsed(feed, fetched))


async def _parsed(workers: Workers, seconds: float, feed: Feed, fetched: Fetched) -> Polled:
    if fetched.outcome is not FetchOutcome.FETCHED:
        return Polled(feed, fetched)
    order = Order(fetched.body, fetched.final_url, fetched.content_type, datetime.now(UTC), seconds)
    reading = await workers.read(order)
    if reading.parsed is None:
        return Polled(feed, replace(fetched, outcome=reading.outcome, body=b"", detail=reading.detail))
    return Polled(feed, fetched, reading.parsed)


def fetch_pages(
    urls: Sequence[str],
    settings: Settings,
    deadline: timedelta,
    *,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
) -> Iterator[Fetched]:
    """GET web pages, where robots.txt allows it, in the order in which they get done.

    Every URL comes out at most once, under the spelling in which it was given. Those that `deadline`
    cut off, before or in the middle of their request, do not come out: nothing was learnt about them.
    """
    if not urls:
        return

    async def job(put: Put[Fetched]) -> None:
        flow = Flow()
        until = asyncio.get_running_loop().time() + deadline.total_seconds()
        async with (
            Fetcher(settings, patience=patience, lookup=lookup, flow=flow) as fetcher,
            asyncio.TaskGroup() as group,
        ):
            visitor = _Visitor(fetcher, settings.user_agent)
            for url in dict.fromkeys(urls):
                group.create_task(_visit(url, visitor, flow, until, put))

    yield from stream(job)


async def _visit(url: str, visitor: _Visitor, flow: Flow, until: float, put: Put[Fetched]) -> None:
    try:
        async with asyncio.timeout_at(until):
            page = await visitor.page(url)
    except TimeoutError:
        return
    with _held(flow, page):
        await put(page)


@contextmanager
def _held(flow: Flow, fetched: Fetched) -> Iterator[None]:
    flow.hold(len(fetched.body))
    try:
        yield
    finally:
        flow.release(len(fetched.body))


class _Visitor:
    """Fetches pages by the rules of their sites, each of which is asked for them once.

    A page that redirects is judged by the rules of the site that was asked.
    """

    def __init__(self, fetcher: Fetcher, user_agent: str) -> None:
        self._fetcher = fetcher
        self._agent = user_agent.partition("/")[0]
        self._rules: dict[str, robots.Robots] = {}
        self._lines: dict[str, asyncio.Lock] = {}

    async def page(self, url: str) -> Fetched:
        try:
            check_url(url)
            allowed = (await self._robots(_origin(url))).allows(url)
        except BadUrl:
            allowed = True  # the fetcher says what is wrong with it
        if not allowed:
            return Fetched(url, FetchOutcome.FORBIDDEN, url, detail="robots.txt does not allow it")
        return await self._fetcher.get(url, limit=PAGE_LIMIT, accept=PAGES, kinds=_PAGE_KINDS)

    async def _robots(self, origin: str) -> robots.Robots:
        async with self._lines.setdefault(origin, asyncio.Lock()):
            if origin not in self._rules:
                self._rules[origin] = await self._ask(origin)
        return self._rules[origin]

    async def _ask(self, origin: str) -> robots.Robots:
        answer = await self._fetcher.get(f"{origin}/robots.txt", limit=robots.LIMIT, accept="text/plain, */*")
        if answer.outcome is FetchOutcome.FORBIDDEN:
            return robots.NONE
        return robots.parse_robots(answer.body.decode("utf-8", "replace"), self._agent)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"
