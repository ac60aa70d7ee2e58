"""Parser processes: killed, replaced, and gone when they should be."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from fakes.hostile import BOMB, FEED, HTML, big_feed

from monitor.errors import Misconfigured
from monitor.feeds.parser import Order, Reading
from monitor.feeds.workers import PROGRAM, Workers
from monitor.records import FetchOutcome

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# It says that it is ready, as parsers do, and ends with the first order.
_CRASHES = (
    "import sys; from monitor.feeds.parser import packed; "
    "sys.stdout.buffer.write(packed('ready')); sys.stdout.flush(); sys.stdin.buffer.read(4)"
)


def order(body: bytes, seconds: float = 10.0) -> Order:
    return Order(body, "https://gazette.example/feed", None, NOW, seconds)


def read(*orders: Order, size: int = 1, program: str = PROGRAM) -> list[Reading]:
    async def work() -> list[Reading]:
        async with Workers(size, program) as workers:
            return [await workers.read(order) for order in orders]

    return asyncio.run(work())


@pytest.mark.parametrize("size", [0, 1])
def test_documents_end_by_their_names(size: int) -> None:
    ends = read(order(FEED), order(HTML), order(BOMB), order(b"<rss version='2.0'><channel><tit"), size=size)
    assert [end.outcome for end in ends] == [
        FetchOutcome.FETCHED,
        FetchOutcome.NOT_A_FEED,
        FetchOutcome.ENTITY_BOMB,
        FetchOutcome.UNREADABLE,
    ]
    assert ends[0].parsed is not None
    assert ends[0].parsed.entries[0].title == "Two states sign a pact"
    assert all(end.detail and "\n" not in end.detail for end in ends[1:])


def test_one_that_takes_too_long_is_stopped_and_the_next_is_read() -> None:
    slow, next_one = read(order(big_feed(20_000), seconds=0.2), order(FEED))
    assert (slow.outcome, slow.detail) == (FetchOutcome.UNREADABLE, "took longer than 0.2 s to parse")
    assert next_one.outcome is FetchOutcome.FETCHED


def test_a_process_that_ends_in_the_middle_is_replaced() -> None:
    ends = read(order(FEED), order(FEED), program=_CRASHES)
    assert [(end.outcome, end.detail) for end in ends] == [
        (FetchOutcome.UNREADABLE, "the parser broke down on it")
    ] * 2


def test_a_process_that_does_not_start_is_a_broken_set_up() -> None:
    with pytest.raises(Misconfigured, match="the parser process does not start: run "):
        read(order(FEED), program="raise SystemExit(1)")


def test_many_at_once_share_few_processes() -> None:
    async def work() -> list[Reading]:
        async with Workers(2) as workers:
            return list(await asyncio.gather(*(workers.read(order(FEED)) for _ in range(30))))

    assert [end.outcome for end in asyncio.run(work())] == [FetchOutcome.FETCHED] * 30


def test_a_reading_that_is_cancelled_gives_its_seat_back() -> None:
    async def work() -> Reading:
        async with Workers(1) as workers:
            await workers.read(order(FEED))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(workers.read(order(big_feed(20_000))), 0.2)
            return await workers.read(order(FEED))

    assert asyncio.run(work()).outcome is FetchOutcome.FETCHED
