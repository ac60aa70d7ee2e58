"""The pipeline without Airflow: deliver, or do everything, again and again until told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from monitor.errors import Misconfigured, MonitorError, Transient
from monitor.pipeline.desk import log
from monitor.pipeline.outgoing import TICK, Connect, by_token, deliver, has_work
from monitor.pipeline.posting import never
from monitor.pipeline.run import cycle
from monitor.records import Ledger, RunKey
from monitor.settings import Settings

JOIN = 20.0  # seconds that the sender has to end its message: a call, and a little more
IDLE = 5.0  # seconds until the next look where all that is due is another sender's

Told = Callable[[tuple[Ledger, ...]], None]
"""Called with the ledgers of each delivery and cycle."""


def unheard(_ledgers: tuple[Ledger, ...]) -> None:
    """Nobody listens to what is done."""


def keep_delivering(
    load: Callable[[], Settings],
    run: RunKey,
    *,
    connect: Connect = by_token,
    until: Callable[[], bool] = never,
    told: Told = unheard,
) -> None:
    """Deliver whatever comes into the outbox within a second, until `until` says so.

    Trouble with Slack or the database is logged and waited out; a refused token is tried again as soon
    as the settings hold another, or after a while.

    Args:
        load: reads the settings; called before each delivery, so that a secrets file may change.
        until: asked twice a second, and between two messages.
    """
    settings, rest, token, number = Settings(), 0.0, "", 0
    while not until():
        if rest > 0:
            time.sleep(min(rest, TICK))
            rest -= TICK
        try:
            settings = load()
            if rest > 0 and settings.slack_token == token:
                continue
            rest, token = TICK, settings.slack_token
            if token and has_work(settings):
                number += 1
                done = deliver(settings, run, connect=connect, shard=str(number), until=until)
                told(done)
                rest = TICK if any(ledger.items_in for ledger in done) else IDLE
        except Transient as error:
            log.warning("deliver: %s", error)
            rest = settings.slack_rest
        except Misconfigured as error:
            log.error("deliver: %s", error)
            rest = settings.slack_probe


def keep_running(
    load: Callable[[], Settings],
    new_run: Callable[[str], RunKey],
    *,
    every: timedelta = timedelta(minutes=1),
    connect: Connect = by_token,
    until: Callable[[], bool] = never,
    told: Told = unheard,
) -> None:
    """Do a cycle each `every`, and deliver all the while, until `until` says so.

    Stories wait for more sources as their routes say. A step that cannot be done now is logged and tried
    again in the next cycle.

    Args:
        load: reads the settings, anew for each cycle.
        new_run: makes the key of a run from its name.

    Raises:
        Misconfigured: the first cycle cannot be done before somebody puts a setting right.
    """
    over = threading.Event()

    def stops() -> bool:
        return over.is_set() or until()

    sender = threading.Thread(
        target=keep_delivering,
        args=(load, new_run("deliver")),
        kwargs={"connect": connect, "until": stops, "told": told},
        daemon=True,  # a second Ctrl-C must not wait for Slack
    )
    first = True
    try:
        while not until():
            end = time.monotonic() + every.total_seconds()
            try:
                told(cycle(load(), new_run("run"), patient=True, until=until))
            except MonitorError as error:
                if first and isinstance(error, Misconfigured):
                    raise
                log.error("run: %s", error)
            if first:
                sender.start()
            first = False
            while time.monotonic() < end and not until():
                time.sleep(TICK)
    finally:
        over.set()
        if sender.is_alive():
            sender.join(JOIN)
