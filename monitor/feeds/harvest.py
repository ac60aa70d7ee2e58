"""Many feeds at once: each comes out as soon as it is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from monitor.feeds.fetch import FEED_LIMIT, Fetcher, Patience
from monitor.feeds.names import Lookup, system_lookup
from monitor.feeds.parser import PARSING, Order, Reading, unless_lost
from monitor.feeds.polling import asks_whole
from monitor.feeds.sitemaps import followed
from monitor.feeds.stream import Put, stream
from monitor.feeds.turns import Flow
from monitor.pool import Pool, Trade
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
    trade: Trade[Order, Reading] = PARSING,
    idle: float | None = None,
) -> Iterator[Polled | None]:
    """Poll `feeds` and parse what is new, in the order in which they get done.

    Every feed comes out exactly once. Closing the iterator stops what is under way.

    Args:
        patience: time limits of HTTP.
        lookup: where host names are looked up.
        parse_seconds: deadline for parsing one document.
        pauses: hosts that have asked for a pause, with the seconds that are left of it.
        trade: what is done with a document: parsed, or its entries judged as well.
        idle: seconds without a feed after which there is a None, so that what came need not wait for more.

    Raises:
        Misconfigured: no worker can be started.
    """
    if not feeds:
        return

    async def job(put: Put[Polled]) -> None:
        flow = Flow()
        with Pool(settings.parse_workers, trade) as workers:
            async with (
                Fetcher(settings, patience=patience, lookup=lookup, flow=flow, pauses=pauses) as fetcher,
                asyncio.TaskGroup() as group,
            ):
                reader = _Reader(workers, parse_seconds)
                for feed in feeds:
                    group.create_task(_poll(feed, fetcher, flow, reader, put))

    yield from stream(job, idle)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Has documents read by the workers, each in at most `seconds`."""

    workers: Pool[Order, Reading]
    seconds: float

    async def judged(self, feed: Feed, fetched: Fetched) -> Polled:
        """The feed with what its document says, its entries judged if the trade is to judge them."""
        return await self._read(feed, fetched, feed)

    async def listed(self, feed: Feed, fetched: Fetched) -> Polled:
        """The feed with the entries of a document, whoever they belong to."""
        return await self._read(feed, fetched, None)

    async def _read(self, feed: Feed, fetched: Fetched, whose: Feed | None) -> Polled:
        if fetched.outcome is not FetchOutcome.FETCHED:
            return Polled(feed, fetched)
        now = datetime.now(UTC)
        order = Order(fetched.body, fetched.final_url, fetched.content_type, now, self.seconds, whose)
        reading = unless_lost(await asyncio.wrap_future(self.workers.submit(order)))
        if reading.parsed is None:
            return Polled(feed, replace(fetched, outcome=reading.outcome, body=b"", detail=reading.detail))
        return Polled(feed, fetched, reading.parsed, reading.admitted)


async def _poll(feed: Feed, fetcher: Fetcher, flow: Flow, reader: _Reader, put: Put[Polled]) -> None:
    whole = asks_whole(feed, datetime.now(UTC))
    fetched = await fetcher.get(
        feed.url,
        limit=FEED_LIMIT,
        etag=None if whole else feed.etag,
        last_modified=None if whole else feed.last_modified,
        known_hash=feed.body_hash,
    )
    with held(flow, fetched):
        await put(await followed(await reader.judged(feed, fetched), fetcher, reader.listed))


@contextmanager
def held(flow: Flow, fetched: Fetched) -> Iterator[None]:
    """Keep the body of `fetched` in the sum of what waits to be handed on."""
    flow.hold(len(fetched.body))
    try:
        yield
    finally:
        flow.release(len(fetched.body))
