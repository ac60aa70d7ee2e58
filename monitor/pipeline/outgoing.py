"""deliver: the outbox goes to Slack, each message once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection

from monitor.errors import Misconfigured, Transient
from monitor.pipeline.desk import Desk, Progress, clock, log, silent, sit_down
from monitor.pipeline.folding import fold_overflow, fold_waiting
from monitor.pipeline.lanes import Sender
from monitor.records import DeliveryState, Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import destinations, outbox, sending
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

LIMIT = 500  # messages of one run
TICK = 0.5  # seconds between two looks of the loop into the outbox
CONNECT = (
    "Slack is not connected: set MONITOR_SLACK_TOKEN, or Airflow's connection slack_api_default "
    "(see docs/slack.md); until then alerts wait in the outbox"
)

Connect = Callable[[Settings], "Slack | None"]
"""Gives the connection to Slack, or None where there is none to have."""


def by_token(settings: Settings) -> Slack | None:
    """A connection with the token of the settings."""
    from monitor.alerts.slack import connect

    if not settings.slack_token:
        return None
    return connect(settings.slack_token, settings.slack_url, settings.slack_timeout)


def deliver(
    settings: Settings,
    run: RunKey,
    *,
    progress: Progress = silent,
    connect: Connect = by_token,
    shard: str = "",
) -> tuple[Ledger, ...]:
    """Send what waits in the outbox; without a connection to Slack it is parked, nothing is lost.

    Args:
        connect: how to reach Slack; Airflow hands in its own connection.
        shard: of the run, for one that delivers many times.

    Returns:
        deliveries by the state they ended in; where messages were tried twice, also how many of those
        are in their channel once and how many were deleted there.

    Raises:
        Transient: Slack does not answer; what waited still waits.
        Misconfigured: Slack refuses the token; what waited still waits.
    """
    desk = sit_down(settings, run)
    slack = connect(settings)
    if slack is None:
        with desk.begin() as db:
            parked = outbox.park(db, clock())
        ends = Counter({str(DeliveryState.NO_DESTINATION): parked})
        return desk.close(tally(Step.DELIVER, "deliveries", ends, parked, CONNECT), shard=shard)
    _sign_in(desk, slack)
    sender = Sender(desk, slack, f"{desk.owner}:{uuid4().hex[:8]}")
    taken, swept = _work(desk, sender, progress)
    ledgers = [tally(Step.DELIVER, "deliveries", sender.ends, taken)]
    if swept:
        ledgers.append(tally(Step.DELIVER, "second looks", sender.sweeps, swept))
    return desk.close(*ledgers, shard=shard)


def _sign_in(desk: Desk, slack: Slack) -> None:
    """See that Slack takes the token; a refused one is kept where `doctor` and the pages show it."""
    try:
        slack.who()
    except Misconfigured as error:
        probe = timedelta(seconds=desk.settings.slack_probe)
        with desk.begin() as db:
            destinations.refuse(db, destinations.WORKSPACE, str(error), clock(), clock() + probe)
        log.error("deliver: nothing is sent: %s", error)
        raise
    with desk.begin() as db:
        destinations.mend(db, destinations.WORKSPACE)


def _work(desk: Desk, sender: Sender, progress: Progress) -> tuple[int, int]:
    """Everything that there is to do now; returns how many deliveries were taken up and looked at again."""
    with desk.begin() as db:
        sending.expire(db, sender.slack.now())
        sending.drop_moot(db)
        taken = fold_waiting(db, clock()) + fold_overflow(db, desk.settings, clock())
    sender.ends[DeliveryState.FOLDED] += taken
    lanes = sender.hold()
    try:
        taken += sum(sender.look_up(lane) for lane in lanes)
        taken += sender.drain(lanes, LIMIT)
        swept = sum(sender.sweep(lane) for lane in lanes)
    finally:
        sender.let_go(lanes)
    progress(Step.DELIVER, taken, taken)
    return taken, swept


def is_connected(db: Connection, settings: Settings) -> bool:
    """Whether alerts reach Slack, as far as can be seen: Airflow's connection is not known here."""
    if settings.slack_token:
        return True
    parked = outbox.counts(db).get(DeliveryState.NO_DESTINATION, 0)
    return not parked and destinations.last_sent(db) is not None


def has_work(settings: Settings) -> bool:
    """Whether `deliver` would find anything to do now."""
    settle, pace = (timedelta(seconds=s) for s in (settings.slack_settle, settings.slack_edit_pace))
    with begin(open_database(settings.database_url), reading=True) as db:
        return sending.has_work(db, clock(), settle, pace)


def keep_delivering(
    load: Callable[[], Settings],
    run: RunKey,
    *,
    connect: Connect = by_token,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Deliver whatever comes into the outbox within a second, until `until` says so.

    Trouble with Slack or the database is logged and waited out; a refused token is tried again as soon
    as the settings hold another, or after a while.

    Args:
        load: reads the settings; called before each delivery, so that a secrets file may change.
    """
    rest, refused, number = 0.0, "", 0
    while not until():
        if rest > 0:
            time.sleep(min(rest, TICK))
            rest -= TICK
        settings = load()
        if rest > 0 and settings.slack_token == refused:
            continue
        rest = TICK
        try:
            if settings.slack_token and has_work(settings):
                number += 1
                deliver(settings, run, connect=connect, shard=str(number))
            refused = ""
        except Transient as error:
            log.warning("deliver: %s", error)
            rest, refused = settings.slack_rest, settings.slack_token
        except Misconfigured as error:
            log.error("deliver: %s", error)
            rest, refused = settings.slack_probe, settings.slack_token
