"""`monitor deliver --loop` and `monitor run --loop`: without Airflow, until Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated

import typer

from monitor.cli import show
from monitor.records import Ledger, RunKey, Step
from monitor.settings import load

LoopOption = Annotated[bool, typer.Option("--loop", help="Go on until Ctrl-C.")]


def deliver(new_run: Callable[[str], RunKey]) -> None:
    """Deliver whatever comes into the outbox."""
    from monitor.errors import Misconfigured
    from monitor.pipeline import keep_delivering
    from monitor.pipeline.outgoing import CONNECT, has_work

    settings = load()
    has_work(settings)  # a database that is not set up is told of at once, not every minute
    if not settings.slack_token:
        raise Misconfigured(CONNECT)
    with until_told_to_stop() as stopped:
        show.say(f"delivering to {settings.slack_url}; Ctrl-C stops it")
        keep_delivering(load, new_run("deliver"), until=stopped, told=tell)
    show.say("stopped; what waits goes out when it is started again")


def run(new_run: Callable[[str], RunKey], every: float) -> None:
    """Do a cycle each `every` seconds, and deliver all the while."""
    from monitor.pipeline import keep_running

    with until_told_to_stop() as stopped:
        show.say(f"a cycle every {every:g} s, delivery all the while; Ctrl-C stops it")
        pause = timedelta(seconds=every)
        keep_running(load, new_run, every=pause, until=stopped, told=tell)
    show.say("stopped; what was done is kept, the next start goes on from there")


def tell(ledgers: tuple[Ledger, ...]) -> None:
    """A line for a cycle, and one for what was delivered."""
    from monitor.pipeline.run import summary

    now = f"{datetime.now(UTC):%H:%M:%S}"
    if any(ledger.step is not Step.DELIVER for ledger in ledgers):
        show.say(f"{now} cycle: {summary(list(ledgers))}")
    for ledger in ledgers:
        if ledger.step is Step.DELIVER and ledger.items_in:
            ends = [f"{n} {end.replace('_', ' ')}" for end, n in sorted(ledger.outcomes.items()) if n]
            show.say(f"{now} {ledger.unit}: {', '.join(ends)}")


@contextmanager
def until_told_to_stop() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM let the message or step at hand end; a second one stops at once."""
    told = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        if told:
            raise KeyboardInterrupt
        told = True
        show.say("stopping after the work at hand; Ctrl-C again stops at once")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
