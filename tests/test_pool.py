"""Workers that are killed at their deadline, or die: the next order has a new one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.errors import Misconfigured
from monitor.feeds.parser import Order
from monitor.pool import Lost, Pool, Trade

# It does what the body of an order says.
TRADE: Trade[Order, tuple[int, bytes]] = Trade(
    """
import os, time
from monitor.pool import work
def answer(order):
    if order.body == b"hang": time.sleep(60)
    if order.body == b"die": os._exit(3)
    return os.getpid(), order.body
work(answer)
""",
    lambda order: (0, order.body),
)


def order(body: bytes, seconds: float = 20.0) -> Order:
    return Order(body, "", None, datetime(2026, 3, 4, tzinfo=UTC), seconds)


def test_answers_come_in_order_and_what_is_lost_stops_nothing() -> None:
    numbers = [str(n).encode() for n in range(20)]
    with Pool(2, TRADE) as pool:
        orders = [order(b"a"), order(b"hang", 1.0), order(b"b"), order(b"die"), *map(order, numbers)]
        ends = list(pool.map(orders))
    said = [end.detail if isinstance(end, Lost) else end[1] for end in ends]
    assert said[:4] == [b"a", "it took longer than 1 s", b"b", "the parser broke down on it"]
    assert said[4:] == numbers
    for end in ends:
        if not isinstance(end, Lost):
            with pytest.raises(ProcessLookupError):
                os.kill(end[0], 0)


def test_orders_are_taken_as_they_are_worked_on() -> None:
    taken: list[int] = []

    def orders() -> Iterator[Order]:
        for n in range(100):
            taken.append(n)
            yield order(b"a")

    with Pool(1, TRADE) as pool:
        next(pool.map(orders()))
        assert len(taken) < 10


def test_a_program_that_does_not_start_says_how_to_see_why() -> None:
    with (
        Pool(1, replace(TRADE, program="raise SystemExit(1)")) as pool,
        pytest.raises(Misconfigured, match="to see why"),
    ):
        pool.ask(order(b"a"))


def test_without_workers_orders_are_answered_here() -> None:
    with Pool(0, TRADE) as pool:
        assert list(pool.map([order(b"a"), order(b"b")])) == [(0, b"a"), (0, b"b")]
