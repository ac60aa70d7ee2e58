"""Messages on their way to Slack: drafts, deliveries, how a call ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from monitor.records.alerts import AlertKey, Message

WORKSPACE = "*"  # the name of a destination under which a refused token is kept


class DeliveryKind(StrEnum):
    ALERT = "alert"
    SUMMARY = "summary"  # several waiting alerts folded into one message
    DIGEST = "digest"
    NOTICE = "notice"  # a failure notice for the operations channel
    REPLY = "reply"  # into the thread of its parent
    UPDATE = "update"  # the new text of its parent: an edit, not a message
    ESCALATION = "escalation"  # its parent again, in a second channel, unless somebody acknowledges


class DeliveryState(StrEnum):
    PENDING = "pending"
    HELD = "held"  # goes out with the others of its batch, in one message
    SENDING = "sending"
    UNKNOWN = "unknown"  # Slack may or may not have it: read its history before any repost
    SENT = "sent"
    NO_DESTINATION = "no_destination"  # no Slack token: waits, and goes out in one summary later
    FOLDED = "folded"  # its content went out in a summary, or in a newer edit
    CANCELLED = "cancelled"  # not needed any more
    DEAD = "dead"  # Slack will never take it; the reason is stored


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that a decision puts into the outbox. `dedup_key` is unique there for ever.

    A reply, an update and an escalation name their parent by its `dedup_key`; it is in the outbox
    already or in the same batch. They wait until it is sent:

    * Replies of a parent go out one after the other, in the order in which they were stored. Where the
      parent went out in a summary they go into the summary's thread; where it is dead or cancelled the
      first reply takes its place, as a message of its own.
    * Of the updates of a parent that wait only the newest goes out, once `Settings.slack_edit_pace` has
      passed since the last. One for a parent that was never tried changes the parent's own text instead.
    * An escalation goes out at `not_before`; `store.outbox.cancel` stops it before that.

    Attributes:
        channel: `#name` or the id of a channel; a reply or update goes where its parent is, whatever
            stands here.
        alert: of the alert's own message only; its replies and updates have none.
        parent: the `dedup_key` of the message that is answered, edited or escalated.
        broadcast: whether the channel sees the reply too.
        fallback: channel that it goes to while Slack takes nothing in `channel`.
        not_before: the moment until which it rests, such as the end of a group wait or of quiet hours.
        batch: what it is held with: all of a name go out as one message when `not_before` comes.
    """

    dedup_key: str
    kind: DeliveryKind
    channel: str
    message: Message
    alert: AlertKey | None = None
    hit_id: int | None = None
    parent: str = ""
    broadcast: bool = False
    fallback: str = ""
    not_before: datetime | None = None
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of the outbox. `delivery_id` is the opaque id in Slack's message metadata.

    `place` is the channel of its latest try: `channel`, or its fall-back. `thread` is the message that
    the latest try answered. `slack_ts` and `sent_at` are set once it is sent; `folded_into` is the message
    that its content went out in.
    """

    id: int
    delivery_id: str
    dedup_key: str
    kind: DeliveryKind
    channel: str
    message: Message
    state: DeliveryState
    attempts: int
    created_at: datetime
    first_try_at: datetime | None = None
    last_error: str | None = None
    alert_id: int | None = None
    parent_id: int | None = None
    broadcast: bool = False
    fallback: str | None = None
    place: str | None = None
    thread: str | None = None
    slack_channel_id: str | None = None
    slack_ts: str | None = None
    sent_at: datetime | None = None
    not_before: datetime | None = None
    batch: str = ""
    folded_into: int | None = None


class PostOutcome(StrEnum):
    """What one call to Slack ended in; see docs/slack.md for the codes of each class."""

    SENT = "sent"
    NOT_SENT = "not_sent"  # proven: refused connection, DNS, certificate
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"
    DESTINATION_BROKEN = "destination_broken"
    CREDENTIAL_BROKEN = "credential_broken"
    CONTENT_BROKEN = "content_broken"
    PARENT_BROKEN = "parent_broken"  # the message to answer or to edit is gone or closed


@dataclass(frozen=True, slots=True)
class Posted:
    outcome: PostOutcome
    channel_id: str | None = None
    ts: str | None = None
    error: str = ""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class FoundCopy:
    """A message of ours in Slack. `replies` is how many answer it."""

    channel_id: str
    ts: str
    replies: int = 0


@dataclass(frozen=True, slots=True)
class Destination:
    """What is known of a channel, or as `WORKSPACE` of the token.

    While `broken_since` is set, nothing goes there before a probe.
    """

    name: str
    free_at: datetime | None = None
    broken_since: datetime | None = None
    broken_why: str = ""
    probe_at: datetime | None = None
    last_sent_at: datetime | None = None

    @property
    def trouble(self) -> str:
        """What Slack refuses, since when and why, in a line; "" where it is well."""
        if self.broken_since is None:
            return ""
        what = "Slack refuses the token" if self.name == WORKSPACE else f"Slack takes nothing in {self.name}"
        return f"{what} since {self.broken_since.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({self.broken_why})"
