"""The channels that a sender holds, and what each end of a call means for the messages behind.

A channel is one sender's, by a lease. One that Slack refuses holds its queue until a probe says that it
is well again; a refused token stops everything. All times are Slack's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.errors import Misconfigured, Transient
from monitor.pipeline.desk import Desk, log
from monitor.records import WORKSPACE, Delivery, DeliveryKind, Draft, Message, Posted, PostOutcome
from monitor.store import destinations, leases, outbox, sending

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack


@dataclass
class Lane:
    """A channel that this sender holds; `doubts` are the ends in a row that nobody knows."""

    channel: str
    broken: bool = False
    doubts: int = 0


@dataclass(frozen=True)
class Lanes:
    """The channels as one sender, `owner`, knows them."""

    desk: Desk
    slack: Slack
    owner: str

    def seconds(self, name: str) -> timedelta:
        """The setting `slack_NAME`, which is so many seconds."""
        return timedelta(seconds=getattr(self.desk.settings, f"slack_{name}"))

    def keep(self, db: Connection, channel: str, now: datetime) -> bool:
        """Take a channel, or hold it for longer; false where it is another sender's."""
        return leases.take(db, f"deliver {channel}", self.owner, now, self.seconds("lease"))

    def hold(self) -> list[Lane]:
        """Take the channels that have work and no other sender."""
        now = self.slack.now()
        with self.desk.begin() as db:
            wanted = sending.channels(db, now, self.seconds("settle"))
            taken = [name for name in wanted if self.keep(db, name, now)]
            ill = destinations.known(db, taken)
        return [Lane(name, broken=self._is_broken(ill[name].probe_at, name)) for name in taken]

    def let_go(self, lanes: Iterable[Lane]) -> None:
        """Leave the channels to whoever wants them."""
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

    def heed(self, lane: Lane, mine: Delivery, posted: Posted) -> None:
        """Store what an end means for the channel, and tell people where one of them has to act.

        Raises:
            Misconfigured: Slack refuses the token.
        """
        now, place = self.slack.now(), mine.place or mine.channel
        lane.doubts = lane.doubts + 1 if posted.outcome is PostOutcome.UNKNOWN else 0
        with self.desk.begin() as db:
            match posted.outcome:
                case PostOutcome.SENT:
                    destinations.sent(db, place, now)
                case PostOutcome.RATE_LIMITED:
                    destinations.rest(db, place, now + (posted.retry_after or self.seconds("rest")))
                case PostOutcome.DESTINATION_BROKEN:
                    lane.broken = lane.broken or place == lane.channel
                    if destinations.refuse(db, place, posted.error, now, now + self.seconds("probe")):
                        self._tell(db, f"Slack takes nothing in {place}: {posted.error}", place, now)
                case PostOutcome.CONTENT_BROKEN:
                    why = f"Slack does not take message {mine.id} ({posted.error}): see `monitor alerts`"
                    self._tell(db, why, mine.dedup_key, now)
                case PostOutcome.CREDENTIAL_BROKEN:
                    destinations.refuse(db, WORKSPACE, posted.error, now, now + self.seconds("probe"))
        if posted.outcome is PostOutcome.CREDENTIAL_BROKEN:
            cure = f"correct {self.slack.token_in}, `monitor doctor` checks it; the alerts wait in the outbox"
            raise Misconfigured(f"Slack refuses the token ({posted.error}): {cure}")

    def _tell(self, db: Connection, line: str, about: str, now: datetime) -> None:
        """An alarm: in the log, and in the channel of operations where that is another one."""
        log.error("deliver: %s", line)
        ops = self.desk.settings.slack_ops_channel or self.desk.settings.slack_channel
        if about == ops:
            return
        block = {"type": "section", "text": {"type": "plain_text", "text": line[:2_000], "emoji": False}}
        key = f"refused:{about}:{now:%Y-%m-%dT%H}"
        outbox.enqueue(db, [Draft(key, DeliveryKind.NOTICE, ops, Message(line[:2_000], (block,)))], now)
