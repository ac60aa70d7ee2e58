"""Many feeds at once: each comes out as soon as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from monitor.feeds.fetch import FEED_LIMIT, Fetcher, Patience
from monitor.feeds.names import Lookup, system_lookup
from monitor.feeds.parser import Order
from monitor.feeds.polling import asks_whole
from monitor.feeds.sitemaps import followed
from monitor.feeds.stream import Put, stream
from monitor.feeds.turns import Flow
from monitor.feeds.workers import Workers
from monitor.records import Feed, Fetched, FetchOutcome, Polled
from monitor.settings import Settings

PARSE_SECONDS = 10.0  # the largest real feeds take half a second


def harvest(
    feeds: Sequence[Feed],
    settings: Settings,
    *,
    patience: Patience | None = None,
    lookup: Lookup = system_lookup,
    parse_seconds: float = PARSE_SECONDS,
    pauses: Mapping[str, float] | None = None,
) -> Iterator[Polled]:
    """Poll `feeds` and parse what is new, in the order in which they get done.

    Every feed comes out exactly once. Closing the iterator stops what is under way.

    Args:
        patience: time limits of HTTP.
        lookup: where host names are looked up.
        parse_seconds: deadline for parsing one document.
        pauses: hosts that have asked for a pause, with the seconds that are left of it.

    Raises:
        Misconfigured: the parser processes cannot be started.
    """
    if not feeds:
        return

    async def job(put: Put[Polled]) -> None:
        flow = Flow()
        async with (
            Workers(settings.parse_workers) as workers,
            Fetcher(settings, patience=patience, lookup=lookup, flow=flow, pauses=pauses) as fetcher,
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
    whole = asks_whole(feed, datetime.now(UTC))
    fetched = await fetcher.get(
        feed.url,
        limit=FEED_LIMIT,
        etag=None if whole else feed.etag,
        last_modified=None if whole else feed.last_modified,
        known_hash=feed.body_hash,
    )
    with held(flow, fetched):
        await put(await followed(await parsed(feed, fetched), fetcher, parsed))


async def _parsed(workers: Workers, seconds: float, feed: Feed, fetched: Fetched) -> Polled:
    if fetched.outcome is not FetchOutcome.FETCHED:
        return Polled(feed, fetched)
    order = Order(fetched.body, fetched.final_url, fetched.content_type, datetime.now(UTC), seconds)
    reading = await workers.read(order)
    if reading.parsed is None:
        return Polled(feed, replace(fetched, outcome=reading.outcome, body=b"", detail=reading.detail))
    return Polled(feed, fetched, reading.parsed)


@contextmanager
def held(flow: Flow, fetched: Fetched) -> Iterator[None]:
    """Keep the body of `fetched` in the sum of what waits to be handed on."""
    flow.hold(len(fetched.body))
    try:
        yield
    finally:
        flow.release(len(fetched.body))
