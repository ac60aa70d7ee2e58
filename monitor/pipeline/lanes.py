"""A sender at work on the channels that it holds: send, look up, sweep.

The protocol is in docs/slack.md. Intent is committed before each call; what nobody knows the end of is
looked up in the channel's history before anything is posted again; what was tried twice is looked at
once more, and a second copy deleted. All times are Slack's own.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from monitor.errors import Misconfigured, Permanent, Transient
from monitor.pipeline.desk import Desk, log
from monitor.records import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Draft,
    FoundCopy,
    Message,
    Posted,
    PostOutcome,
)
from monitor.settings import Settings
from monitor.store import destinations, leases, outbox, sending

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

PATIENCE = 5.0  # seconds that a run waits for a channel; after a longer rest a later run goes on
EARLIER = timedelta(minutes=2)  # before the first try: two clocks never agree
TRIES = 3  # ends in a row that nobody knows, then the channel is left to a later run
SWEEPS = 50  # messages swept in one run
RECONCILED = "reconciled"  # found in the channel's history: it had arrived after all
DOUBLE = "double_deleted"

END = {
    PostOutcome.SENT: DeliveryState.SENT,
    PostOutcome.UNKNOWN: DeliveryState.UNKNOWN,
    PostOutcome.CONTENT_BROKEN: DeliveryState.DEAD,
    PostOutcome.NOT_SENT: DeliveryState.PENDING,
    PostOutcome.RATE_LIMITED: DeliveryState.PENDING,
    PostOutcome.DESTINATION_BROKEN: DeliveryState.PENDING,
    PostOutcome.PARENT_BROKEN: DeliveryState.PENDING,
}


@dataclass
class Lane:
    """A channel that this sender holds; `doubts` are the ends in a row that nobody knows."""

    channel: str
    broken: bool = False
    doubts: int = 0


@dataclass
class Sender:
    """One process that sends. `stopped` is set when Slack cannot be reached at all."""

    desk: Desk
    slack: Slack
    owner: str
    stopped: bool = False
    ends: Counter[str] = field(default_factory=Counter)
    sweeps: Counter[str] = field(default_factory=Counter)

    @property
    def settings(self) -> Settings:
        return self.desk.settings

    def seconds(self, name: str) -> timedelta:
        """A setting of so many seconds."""
        return timedelta(seconds=getattr(self.settings, f"slack_{name}"))

    def hold(self) -> list[Lane]:
        """Take the channels that have work and no other sender."""
        now, settle = self.slack.now(), self.seconds("settle")
        with self.desk.begin() as db:
            wanted = sending.channels(db, now, settle)
            taken = [
                name
                for name in wanted
                if leases.take(db, f"deliver {name}", self.owner, now, self.seconds("lease"))
            ]
            ill = destinations.known(db, taken)
        return [Lane(name, broken=self._is_broken(ill[name].probe_at, name)) for name in taken]

    def let_go(self, lanes: Iterable[Lane]) -> None:
        with self.desk.begin() as db:
            for lane in lanes:
                leases.release(db, f"deliver {lane.channel}", self.owner)

    def _is_broken(self, probe_at: datetime | None, channel: str) -> bool:
        """Whether Slack still refuses a channel; asks Slack where it is time to."""
        now = self.slack.now()
        if probe_at is None or probe_at > now:
            return probe_at is not None
        try:
            why = self.slack.probe(channel)
        except Transient as error:
            why = str(error)
        with self.desk.begin() as db:
            if why:
                destinations.refuse(db, channel, why, now, now + self.seconds("probe"))
            else:
                destinations.mend(db, channel)
                log.warning("deliver: %s takes messages again", channel)
        return bool(why)

    def drain(self, lanes: Sequence[Lane], limit: int) -> int:
        """Send what is due, a message of each channel in turn; returns how many were tried."""
        queue, tried = deque(lanes), 0
        while queue and tried < limit and not self.stopped:
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
        now = self.slack.now()
        pace = self.seconds("edit_pace")
        with self.desk.begin() as db:
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
        """Intent, call, end."""
        now, lease = self.slack.now(), self.seconds("lease")
        with self.desk.begin() as db:
            if not leases.take(db, f"deliver {lane.channel}", self.owner, now, lease):
                return None
            mine = sending.mark_sending(db, delivery.id, self.owner, now, lease, place=place)
            if mine is not None:
                destinations.rest(db, mine.place or mine.channel, now + self.seconds("pace"))
        if mine is None:
            return None
        marked = time.monotonic()
        posted = self._call(mine, mine.message, marked)
        if posted.outcome is PostOutcome.CONTENT_BROKEN:
            posted = self._degraded(mine, posted, marked)
        with self.desk.begin() as db:
            sending.settle(db, mine.id, posted, self.slack.now())
        self._heed(lane, mine, posted)
        return END[posted.outcome]

    def _call(self, mine: Delivery, message: Message, marked: float) -> Posted:
        # A process that stood still since it marked the message may have lost it to another sender.
        if time.monotonic() - marked > self.settings.slack_lease / 3:
            return Posted(PostOutcome.NOT_SENT, error="the sender stood still before the call")
        place = mine.slack_channel_id or mine.place or mine.channel
        if sending.is_edit(mine) and mine.slack_ts:
            return self.slack.edit(place, mine.slack_ts, message)
        thread = mine.thread or None
        return self.slack.post(place, message, mine.delivery_id, thread=thread, broadcast=mine.broadcast)

    def _degraded(self, mine: Delivery, refused: Posted, marked: float) -> Posted:
        """The message once more as text alone."""
        from monitor.alerts.sender import degrade

        time.sleep(self.settings.slack_pace)
        posted = self._call(mine, degrade(mine.message), marked)
        if posted.outcome is PostOutcome.CONTENT_BROKEN:
            return Posted(posted.outcome, error=f"{refused.error}, and as text alone {posted.error}")
        return posted

    def _heed(self, lane: Lane, mine: Delivery, posted: Posted) -> None:
        """What an end means for the messages behind."""
        now, place = self.slack.now(), mine.place or mine.channel
        lane.doubts = lane.doubts + 1 if posted.outcome is PostOutcome.UNKNOWN else 0
        with self.desk.begin() as db:
            match posted.outcome:
                case PostOutcome.SENT:
                    destinations.sent(db, place, now)
                case PostOutcome.NOT_SENT:
                    self.stopped = True
                case PostOutcome.RATE_LIMITED:
                    destinations.rest(db, place, now + (posted.retry_after or self.seconds("rest")))
                case PostOutcome.DESTINATION_BROKEN:
                    lane.broken = lane.broken or place == lane.channel
                    new = destinations.refuse(db, place, posted.error, now, now + self.seconds("probe"))
                    if new:
                        self._tell(db, f"Slack takes nothing in {place}: {posted.error}", place, now)
                case PostOutcome.CONTENT_BROKEN:
                    why = f"Slack does not take message {mine.id} ({posted.error}): see `monitor alerts`"
                    self._tell(db, why, mine.dedup_key, now)
                case PostOutcome.CREDENTIAL_BROKEN:
                    destinations.refuse(
                        db, destinations.WORKSPACE, posted.error, now, now + self.seconds("probe")
                    )
        if posted.outcome is PostOutcome.CREDENTIAL_BROKEN:
            cure = f"correct {self.slack.token_in}, `monitor doctor` checks it; the alerts wait in the outbox"
            raise Misconfigured(f"Slack refuses the token ({posted.error}): {cure}")

    def _tell(self, db, line: str, about: str, now: datetime) -> None:  # type: ignore[no-untyped-def]
        """An alarm: in the log, and in the channel of operations where that is another one."""
        log.error("deliver: %s", line)
        ops = self.settings.slack_ops_channel or self.settings.slack_channel
        if about == ops:
            return
        block = {"type": "section", "text": {"type": "plain_text", "text": line[:2_000], "emoji": False}}
        key = f"refused:{about}:{now:%Y-%m-%dT%H}"
        outbox.enqueue(db, [Draft(key, DeliveryKind.NOTICE, ops, Message(line[:2_000], (block,)))], now)

    def look_up(self, lane: Lane) -> int:
        """Look for what nobody knows the end of; returns how many messages that were."""
        with self.desk.begin() as db:
            lost = sending.unknown(db, self.slack.now(), self.seconds("settle"), channel=lane.channel)
        for mine, there in self._copies(lost):
            with self.desk.begin() as db:
                if there is None:
                    self.ends[DeliveryState.UNKNOWN] += 1
                elif not there:
                    sending.absent(db, mine.id, self.slack.now())
                    self.ends[DeliveryState.PENDING] += 1
                else:
                    posted = Posted(PostOutcome.SENT, there[0].channel_id, there[0].ts)
                    sending.found(db, mine.id, posted, self.slack.now())
                    self.ends[RECONCILED] += 1
        return len(lost)

    def sweep(self, lane: Lane) -> int:
        """Delete second copies of what was tried more than once; returns how many were looked at."""
        with self.desk.begin() as db:
            doubtful = sending.doubtful(db, self.slack.now(), self.seconds("settle"), lane.channel, SWEEPS)
        for mine, there in self._copies(doubtful):
            if there is None:
                self.sweeps["not_looked_at"] += 1
                continue
            kept = next((copy for copy in there if copy.replies), there[0] if there else None)
            for copy in there:
                if copy is not kept:
                    self.slack.remove(copy)
                    log.warning("deliver: message %d was in %s twice", mine.id, mine.place)
            with self.desk.begin() as db:
                sending.swept(db, mine.id, kept.ts if kept else mine.slack_ts or "", self.slack.now())
            self.sweeps[DOUBLE if len(there) > 1 else "once"] += 1
        return len(doubtful)

    def _copies(self, wanted: Sequence[Delivery]) -> Iterable[tuple[Delivery, list[FoundCopy] | None]]:
        """The copies of each message in Slack; None where Slack cannot say now."""

        def where(mine: Delivery) -> tuple[str, str]:
            return (mine.slack_channel_id or mine.place or mine.channel, mine.thread or "")

        for (place, thread), group in groupby(sorted(wanted, key=where), key=where):
            mine = list(group)
            since = min(one.first_try_at or one.created_at for one in mine) - EARLIER
            found: dict[str, list[FoundCopy]] | None = None
            try:
                found = self.slack.copies(place, {one.delivery_id for one in mine}, since, thread or None)
            except (Transient, Permanent) as error:
                # Looked up again in the next run; it does not keep other messages from going out.
                log.warning("deliver: %d messages stay as they are: %s", len(mine), error)
            for one in mine:
                yield one, None if found is None else found.get(one.delivery_id, [])
