"""deliver: the outbox goes to Slack, each message once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import Connection

from monitor.errors import Misconfigured
from monitor.pipeline.desk import Desk, Progress, clock, log, silent, sit_down
from monitor.pipeline.folding import fold_waiting
from monitor.pipeline.lanes import Lanes
from monitor.pipeline.lookups import look_up, sweep
from monitor.pipeline.posting import Sender, never
from monitor.records import WORKSPACE, DeliveryState, Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import destinations, outbox, sending
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

LIMIT = 500  # messages of one run
TICK = 0.5  # seconds between two looks into the outbox
LONGEST = timedelta(minutes=8)  # that a run lingers, so that it ends well before its task is stopped
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
    linger: timedelta = timedelta(0),
    until: Callable[[], bool] = never,
) -> tuple[Ledger, ...]:
    """Send what waits in the outbox; without a connection to Slack it is parked, nothing is lost.

    Args:
        connect: how to reach Slack; Airflow hands in its own connection.
        shard: of the run, for one that delivers many times.
        linger: what is due within this time is waited for, such as stories whose group wait is not over.
        until: says between two messages whether to stop.

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
    sender = Sender(Lanes(desk, slack, f"{desk.owner}:{uuid4().hex[:8]}"), until)
    sweeps = Counter[str]()
    end = time.monotonic() + LONGEST.total_seconds()
    taken, swept = _work(sender, sweeps)
    while time.monotonic() < end and not (sender.stopped or until()) and _is_close(sender, linger):
        time.sleep(TICK)
        if has_work(settings):
            more = _work(sender, sweeps)
            taken, swept = taken + more[0], swept + more[1]
    progress(Step.DELIVER, taken, taken)
    ledgers = [tally(Step.DELIVER, "deliveries", sender.ends, taken)]
    if swept:
        ledgers.append(tally(Step.DELIVER, "second looks", sweeps, swept))
    return desk.close(*ledgers, shard=shard)


def _is_close(sender: Sender, linger: timedelta) -> bool:
    """Whether anything rests that is due within `linger`."""
    if not linger:
        return False
    now = sender.lanes.slack.now()
    with sender.lanes.desk.begin() as db:
        moment = sending.next_due(db, now)
    return moment is not None and moment - now <= linger


def _sign_in(desk: Desk, slack: Slack) -> None:
    """See that Slack takes the token; a refused one is kept where `doctor` and the pages show it."""
    try:
        slack.who()
    except Misconfigured as error:
        probe = timedelta(seconds=desk.settings.slack_probe)
        with desk.begin() as db:
            destinations.refuse(db, WORKSPACE, str(error), clock(), clock() + probe)
        log.error("deliver: nothing is sent: %s", error)
        raise
    with desk.begin() as db:
        destinations.mend(db, WORKSPACE)


def _work(sender: Sender, sweeps: Counter[str]) -> tuple[int, int]:
    """Everything that there is to do now; returns how many deliveries were taken up and looked at again."""
    lanes, desk = sender.lanes, sender.lanes.desk
    with desk.begin() as db:
        sending.expire(db, lanes.slack.now())
        sending.drop_moot(db)
        taken = fold_waiting(db, clock())
    sender.ends[DeliveryState.FOLDED] += taken
    held = lanes.hold()
    try:
        taken += sum(look_up(lanes, lane, sender.ends) for lane in held)
        taken += sender.drain(held, LIMIT)
        swept = sum(sweep(lanes, lane, sweeps) for lane in held)
    finally:
        lanes.let_go(held)
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
