"""Politeness: who starts when."""

from __future__ import annotations

import asyncio

import pytest

from monitor.feeds.turns import Flow, Paused, Turns


def _starts(turns: Turns, wanted: list[tuple[str, float]]) -> dict[str, list[float]]:
    """When requests start, in seconds, for (host, seconds that the request takes)."""
    starts: dict[str, list[float]] = {}

    async def one(host: str, seconds: float) -> None:
        async with turns.turn(host):
            starts.setdefault(host, []).append(asyncio.get_running_loop().time() - begun)
            await asyncio.sleep(seconds)

    async def work() -> None:
        nonlocal begun
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(one(host, seconds) for host, seconds in wanted))

    begun = 0.0
    asyncio.run(work())
    return starts


def test_starts_at_a_host_are_spaced() -> None:
    starts = _starts(Turns(10, 10, 0.05), [("a", 0.0)] * 4 + [("b", 0.0)])
    assert all(later - earlier >= 0.049 for earlier, later in zip(starts["a"], starts["a"][1:], strict=False))
    assert starts["b"][0] < 0.05


def test_no_spacing_is_none() -> None:
    assert _starts(Turns(10, 10, 0.0), [("a", 0.05)] * 10)["a"][-1] < 0.05


def test_a_host_has_so_many_places_and_the_run_so_many_slots() -> None:
    assert _starts(Turns(10, 2, 0.0), [("a", 0.05)] * 4)["a"][2] >= 0.049
    starts = _starts(Turns(2, 10, 0.0), [("a", 0.05), ("b", 0.05), ("c", 0.05)])
    assert starts["c"][0] >= 0.049


def test_a_host_that_waits_its_turn_holds_no_slot() -> None:
    """One slot in all: b does not wait for a's second start."""
    starts = _starts(Turns(1, 2, 0.3), [("a", 0.0), ("a", 0.0), ("b", 0.0)])
    assert starts["b"][0] < 0.2
    assert starts["a"][1] >= 0.299


def test_spacing_counts_from_the_start_and_not_from_the_wait() -> None:
    """a's two wait for the only slot, which c holds for long, and are spaced all the same."""
    starts = _starts(Turns(1, 2, 0.1), [("c", 0.2), ("a", 0.0), ("a", 0.0)])
    assert starts["a"][1] - starts["a"][0] >= 0.099


def test_slow_requests_are_set_aside_and_hold_no_slot() -> None:
    """One slot, and room for two beside it: the third slow one keeps it."""
    turns = Turns(1, 2, 0.0, aside_after=0.05)
    starts = _starts(turns, [("a", 0.6), ("b", 0.6), ("c", 0.6), ("d", 0.0), ("a", 0.0)])
    assert starts["b"][0] < 0.3
    assert starts["c"][0] < 0.4
    assert starts["d"][0] >= 0.55


def test_after_slow_requests_there_is_one_slot_as_before() -> None:
    turns = Turns(1, 2, 0.0, aside_after=0.02)
    _starts(turns, [("a", 0.1), ("b", 0.1), ("c", 0.1)])
    assert turns._slots._value == 1
    assert turns._room_aside == 2


def test_zero_settings_do_not_stop_everything() -> None:
    assert len(_starts(Turns(0, 0, 0.0), [("a", 0.0)] * 2)["a"]) == 2


def test_a_pause_ends_what_waits() -> None:
    async def work() -> None:
        turns = Turns(1, 2, 0.05)
        async with turns.turn("a"):
            waiting = asyncio.create_task(_take(turns, "a"))
            await asyncio.sleep(0)
            turns.pause("a", 30)
        with pytest.raises(Paused) as caught:
            await waiting
        assert 29 < caught.value.seconds <= 30
        await _take(turns, "b")

    asyncio.run(work())


def test_a_cancelled_wait_leaves_nothing_taken() -> None:
    async def work() -> None:
        turns = Turns(1, 1, 0.0)
        async with turns.turn("a"):
            waiting = [asyncio.create_task(_take(turns, host)) for host in "aab"]
            await asyncio.sleep(0.01)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(1):
            await asyncio.gather(*(_take(turns, host) for host in "aabb"))

    asyncio.run(work())


def test_nothing_starts_while_too_much_is_held() -> None:
    async def work() -> None:
        flow = Flow(limit=100)
        turns = Turns(5, 5, 0.0, flow)
        flow.hold(60)
        await _take(turns, "a")
        flow.hold(60)
        waiting = asyncio.create_task(_take(turns, "a"))
        await asyncio.sleep(0.02)
        assert not waiting.done()
        flow.release(60)
        await asyncio.wait_for(waiting, 1)

    asyncio.run(work())


async def _take(turns: Turns, host: str) -> None:
    async with turns.turn(host):
        pass
