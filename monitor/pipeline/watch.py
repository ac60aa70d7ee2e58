"""health: feeds that are silent or off are told to the operations channel, once an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import Alarm, AlarmKind, DeliveryKind, Draft, Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import alarms, feed_health, outbox, polls


def health(
    settings: Settings, run: RunKey, *, progress: Progress = silent, now: datetime | None = None
) -> tuple[Ledger, ...]:
    """Look for feeds and groups that should have spoken and have not, and tell of what is new.

    Args:
        now: the moment that is judged, aware; the clock's where not given.

    Returns:
        one ledger: alarms that were `raised`, are `lasting`, or have `ended`.
    """
    desk = sit_down(settings, run)
    moment = now or clock()
    with desk.begin() as db:
        before = alarms.lasting(db)
        found, over = _judged(db, before, moment)
        alarms.end(db, over, moment)
        fresh = alarms.raised(db, found)
        if fresh:
            outbox.enqueue(db, [_notice(fresh, settings, moment)], clock())
    progress(Step.HEALTH, 1, 1)
    lasting = len(before) - len(over)
    ends = Counter({"raised": len(fresh), "lasting": lasting, "ended": len(over)})
    return desk.close(tally(Step.HEALTH, "alarms", ends, len(before) + len(fresh)))


def _judged(db: Connection, before: Sequence[Alarm], now: datetime) -> tuple[list[Alarm], list[Alarm]]:
    """The alarms of now, and those of `before` that are over.

    While we are cut off ourselves nothing can be said of any feed, so nothing of it changes.
    """
    from monitor.feeds import habits, outage

    if outage.cut_off(polls.last_polls(db)):
        return [Alarm(AlarmKind.OUTAGE, "", outage.DETAIL, now)], []
    volumes = feed_health.volumes(db, now)
    since = alarms.last_outage_end(db)
    if any(alarm.kind is AlarmKind.OUTAGE for alarm in before):
        since = now  # it ends with this look: the feeds are judged when they have been polled again
    found = habits.alarms(volumes, now, since)
    return found, habits.over(before, found, volumes, since)


def _notice(fresh: Sequence[Alarm], settings: Settings, now: datetime) -> Draft:
    from monitor.alerts.render import notice_message

    title = "Feeds need a look" if len(fresh) > 1 else "A feed needs a look"
    message = notice_message(title, [alarm.line for alarm in fresh])
    channel = settings.slack_ops_channel or settings.slack_channel
    return Draft(f"alarms:{now:%Y-%m-%dT%H:%M:%S.%f}", DeliveryKind.NOTICE, channel, message)
