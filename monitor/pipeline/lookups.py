"""Second looks into Slack's histories: what may have arrived, and what may be there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby

from monitor.errors import Permanent, Transient
from monitor.pipeline.desk import log
from monitor.pipeline.lanes import Lane, Lanes
from monitor.records import Delivery, DeliveryState, FoundCopy, Posted, PostOutcome
from monitor.store import sending

EARLIER = timedelta(minutes=2)  # before the first try: two clocks never agree
SWEEPS = 50  # messages swept in one run
RECONCILED = "reconciled"  # found in the channel's history: it had arrived after all
DOUBLE = "double_deleted"


def look_up(lanes: Lanes, lane: Lane, ends: Counter[str]) -> int:
    """Look for what nobody knows the end of.

    Args:
        ends: counts what became of each.

    Returns:
        how many messages that were.
    """
    settle = lanes.seconds("settle")
    with lanes.desk.begin() as db:
        lost = sending.unknown(db, lanes.slack.now(), settle, channel=lane.channel)
    for mine, there in _copies(lanes, lost):
        with lanes.desk.begin() as db:
            if there is None:
                ends[DeliveryState.UNKNOWN] += 1
            elif not there:
                sending.absent(db, mine.id, lanes.slack.now())
                ends[DeliveryState.PENDING] += 1
            else:
                posted = Posted(PostOutcome.SENT, there[0].channel_id, there[0].ts)
                sending.found(db, mine.id, posted, lanes.slack.now())
                ends[RECONCILED] += 1
    return len(lost)


def sweep(lanes: Lanes, lane: Lane, ends: Counter[str]) -> int:
    """Delete second copies of what was tried more than once.

    Args:
        ends: counts what was found of each.

    Returns:
        how many messages were looked at.
    """
    settle = lanes.seconds("settle")
    with lanes.desk.begin() as db:
        doubtful = sending.doubtful(db, lanes.slack.now(), settle, lane.channel, SWEEPS)
    for mine, there in _copies(lanes, doubtful):
        if there is None:
            ends["not_looked_at"] += 1
            continue
        kept = next((copy for copy in there if copy.replies), there[0] if there else None)
        for copy in there:
            if copy is not kept:
                lanes.slack.remove(copy)
                log.warning("deliver: message %d was in %s twice", mine.id, mine.place)
        with lanes.desk.begin() as db:
            sending.swept(db, mine.id, kept.ts if kept else mine.slack_ts or "", lanes.slack.now())
        ends[DOUBLE if len(there) > 1 else "once"] += 1
    return len(doubtful)


def _copies(lanes: Lanes, wanted: Sequence[Delivery]) -> Iterable[tuple[Delivery, list[FoundCopy] | None]]:
    """The copies of each message in Slack; None where Slack cannot say now."""

    def where(mine: Delivery) -> tuple[str, str]:
        return (mine.slack_channel_id or mine.place or mine.channel, mine.thread or "")

    for (place, thread), group in groupby(sorted(wanted, key=where), key=where):
        mine = list(group)
        since = min(one.first_try_at or one.created_at for one in mine) - EARLIER
        found: dict[str, list[FoundCopy]] | None = None
        try:
            found = lanes.slack.copies(place, {one.delivery_id for one in mine}, since, thread or None)
        except (Transient, Permanent) as error:
            # Looked up again in the next run; it does not keep other messages from going out.
            log.warning("deliver: %d messages stay as they are: %s", len(mine), error)
        for one in mine:
            yield one, None if found is None else found.get(one.delivery_id, [])
