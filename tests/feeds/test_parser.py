"""Parser processes: killed, replaced, and gone when they should be."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest
from fakes.hostile import BOMB, FEED, HTML, big_feed

from monitor.articles.intake import admit
from monitor.errors import Misconfigured
from monitor.feeds.parser import PARSING, Order, Reading, read_feed, unless_lost
from monitor.intake import TAKING_IN
from monitor.pool import Pool, Trade
from monitor.records import Feed, FetchOutcome

NOW = datetime(2026, 11, 24, tzinfo=UTC)
_CRASHES = Trade("import os; from monitor.pool import work; work(lambda order: os._exit(3))", read_feed)
_DOES_NOT_START = Trade("raise SystemExit(1)", read_feed)


def order(body: bytes, seconds: float = 10.0) -> Order:
    return Order(body, "https://gazette.example/feed", None, NOW, seconds)


def read(*orders: Order, size: int = 1, trade: Trade[Order, Reading] = PARSING) -> list[Reading]:
    with Pool(size, trade) as pool:
        return [unless_lost(pool.ask(order)) for order in orders]


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
    assert (slow.outcome, slow.detail) == (FetchOutcome.UNREADABLE, "it took longer than 0.2 s")
    assert next_one.outcome is FetchOutcome.FETCHED


def test_a_process_that_ends_in_the_middle_is_replaced() -> None:
    ends = read(order(FEED), order(FEED), trade=_CRASHES)
    assert [(end.outcome, end.detail) for end in ends] == [
        (FetchOutcome.UNREADABLE, "the parser broke down on it")
    ] * 2


def test_a_process_that_does_not_start_is_a_broken_set_up() -> None:
    with pytest.raises(Misconfigured, match="the worker process does not start: run "):
        read(order(FEED), trade=_DOES_NOT_START)


def test_many_at_once_share_few_processes() -> None:
    with Pool(2, PARSING) as pool:
        ends = [unless_lost(end) for end in pool.map(order(FEED) for _ in range(30))]
    assert [end.outcome for end in ends] == [FetchOutcome.FETCHED] * 30


def test_one_that_is_still_read_when_the_pool_closes_is_given_up() -> None:
    begun = time.monotonic()
    with Pool(1, PARSING) as pool:
        pool.ask(order(FEED))
        reading = pool.submit(order(big_feed(50_000), seconds=60.0))
        time.sleep(0.1)
    assert time.monotonic() - begun < 10
    assert unless_lost(reading.result()).outcome is FetchOutcome.UNREADABLE


def test_workers_share_what_their_nursery_has_loaded_and_are_gone_with_it() -> None:
    """A nursery that somebody kills takes its workers along; the next document has new ones."""
    before = {child.pid for child in psutil.Process().children()}
    with Pool(1, PARSING) as pool:
        pool.ask(order(FEED))
        (nursery,) = (child for child in psutil.Process().children() if child.pid not in before)
        (worker,) = nursery.children()
        nursery.kill()
        nursery.wait()
        lost = [unless_lost(pool.ask(order(HTML, 0.5))) for _ in range(2)]
        worker.kill()
        ends = [unless_lost(pool.ask(order(FEED))) for _ in range(2)]
    assert [end.outcome for end in lost] == [FetchOutcome.NOT_A_FEED] * 2  # it knows no better, and works on
    assert ends[1].outcome is FetchOutcome.FETCHED
    assert {child.pid for child in psutil.Process().children()} == before


def test_entries_are_judged_where_they_are_parsed_if_the_order_says_whose_they_are() -> None:
    whose = Feed(7, "https://gazette.example/feed", "Gazette")
    with Pool(1, TAKING_IN) as pool:
        judged, listed = (
            unless_lost(pool.ask(one)) for one in (replace(order(FEED), feed=whose), order(FEED))
        )
    assert judged.parsed is not None and listed.parsed is not None
    assert judged.admitted == tuple(admit(listed.parsed.entries, whose, NOW))
    assert judged.admitted and judged.parsed == replace(listed.parsed, entries=())
    assert listed.admitted is None
