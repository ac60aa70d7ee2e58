"""A sender at work: one message of each channel in turn; intent, call, end.

The protocol is in docs/slack.md. Intent is committed before each call, and what nobody knows the end of
is never simply sent again: `lookups.py` looks for it in the channel's history first.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.pipeline import pictures
from monitor.pipeline.lanes import Lane, Lanes
from monitor.records import Delivery, DeliveryState, Message, Posted, PostOutcome
from monitor.store import destinations, sending

PATIENCE = 5.0  # seconds that a run waits for a channel; after a longer rest a later run goes on
TRIES = 3  # ends in a row that nobody knows, then the channel is left to a later run

END = {
    PostOutcome.SENT: DeliveryState.SENT,
    PostOutcome.UNKNOWN: DeliveryState.UNKNOWN,
    PostOutcome.CONTENT_BROKEN: DeliveryState.DEAD,
    PostOutcome.NOT_SENT: DeliveryState.PENDING,
    PostOutcome.RATE_LIMITED: DeliveryState.PENDING,
    PostOutcome.DESTINATION_BROKEN: DeliveryState.PENDING,
    PostOutcome.PARENT_BROKEN: DeliveryState.PENDING,
}


def never() -> bool:
    """Nobody asks to stop."""
    return False


@dataclass
class Sender:
    """One process that sends.

    Attributes:
        until: says between two messages whether to stop.
        stopped: whether Slack cannot be reached at all.
        ends: messages by the state in which they ended.
    """

    lanes: Lanes
    until: Callable[[], bool] = never
    stopped: bool = False
    ends: Counter[str] = field(default_factory=Counter)

    def drain(self, held: Sequence[Lane], limit: int) -> int:
        """Send what is due, a message of each channel in turn; returns how many were tried."""
        queue, tried = deque(held), 0
        while queue and tried < limit and not self.stopped and not self.until():
            lane = queue.popleft()
            end = self._step(lane)
            if end is not None:
                tried += 1
                self.ends[end] += 1
                queue.append(lane)
        return tried

    def _step(self, lane: Lane) -> str | None:
        """One message of a channel; None where the channel is done for this run."""
        if lane.doubts >= TRIES:
            return None
        now = self.lanes.slack.now()
        pace = self.lanes.seconds("edit_pace")
        with self.lanes.desk.begin() as db:
            due = sending.due(db, now, 1, channel=lane.channel, edit_pace=pace, diverted=lane.broken)
            places = {lane.channel, *(mine.fallback or lane.channel for mine in due)}
            known = destinations.known(db, places)
        if not due:
            return None
        place = (due[0].fallback or "") if lane.broken else ""
        there = known[place or lane.channel]
        if place and there.broken_since is not None:
            return None
        rest = (there.free_at - now).total_seconds() if there.free_at else 0.0
        if rest > PATIENCE:
            return None
        if rest > 0:
            time.sleep(rest)
        return self._send(lane, due[0], place)

    def _send(self, lane: Lane, delivery: Delivery, place: str) -> str | None:
        """Intent, call, end. Pictures are in Slack before the message is marked: an upload may die alone."""
        shown = pictures.shown(self.lanes.desk, self.lanes.slack, delivery)
        if shown is None:
            return None
        lanes, now = self.lanes, self.lanes.slack.now()
        with lanes.desk.begin() as db:
            if not lanes.keep(db, lane.channel, now):
                return None
            lease = lanes.seconds("lease")
            mine = sending.mark_sending(db, delivery.id, lanes.owner, now, lease, place=place)
            if mine is not None:
                destinations.rest(db, mine.place or mine.channel, now + lanes.seconds("pace"))
        if mine is None:
            return None
        marked = time.monotonic()
        posted = self._call(mine, shown.message, marked)
        if posted.outcome is PostOutcome.CONTENT_BROKEN:
            posted = pictures.NOT_READY if shown.fresh else self._degraded(mine, posted, marked)
        with lanes.desk.begin() as db:
            sending.settle(db, mine.id, posted, lanes.slack.now())
        lanes.heed(lane, mine, posted)
        self.stopped = self.stopped or posted.outcome is PostOutcome.NOT_SENT
        return END[posted.outcome]

    def _call(self, mine: Delivery, message: Message, marked: float) -> Posted:
        # A process that stood still since it marked the message may have lost it to another sender.
        if time.monotonic() - marked > self.lanes.desk.settings.slack_lease / 3:
            return Posted(PostOutcome.NOT_SENT, error="the sender stood still before the call")
        slack, place = self.lanes.slack, mine.slack_channel_id or mine.place or mine.channel
        if sending.is_edit(mine) and mine.slack_ts:
            return slack.edit(place, mine.slack_ts, message)
        thread = mine.thread or None
        return slack.post(place, message, mine.delivery_id, thread=thread, broadcast=mine.broadcast)

    def _degraded(self, mine: Delivery, refused: Posted, marked: float) -> Posted:
        """The message once more: without its pictures where it has any, and then as text alone."""
        from monitor.alerts.sender import degrade, without_pictures

        plainer = [degrade(mine.message)]
        if pictures.keys_of(mine.message):
            plainer.insert(0, without_pictures(mine.message))
        posted = refused
        for message in plainer:
            time.sleep(self.lanes.desk.settings.slack_pace)
            posted = self._call(mine, message, marked)
            if posted.outcome is not PostOutcome.CONTENT_BROKEN:
                break
        if posted.outcome is PostOutcome.CONTENT_BROKEN:
            return Posted(posted.outcome, error=f"{refused.error}, and as text alone {posted.error}")
        return posted
