"""What the Alerts page shows of a story's message: where it is, what followed it, and why it was sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from monitor.alerts.html import to_html
from monitor.records import Delivery, DeliveryKind, DeliveryState, Destination, Listener
from monitor.store.alerts import AlertRow
from monitor.store.conversations import Conversation
from monitor.text import shorten

GOOD, BUSY, WAITS, BAD = "good", "busy", "waits", "bad"
_TONE = {
    DeliveryState.SENT: GOOD,
    DeliveryState.FOLDED: GOOD,
    DeliveryState.PENDING: BUSY,
    DeliveryState.SENDING: BUSY,
    DeliveryState.UNKNOWN: BUSY,
    DeliveryState.HELD: WAITS,
    DeliveryState.NO_DESTINATION: WAITS,
    DeliveryState.CANCELLED: WAITS,
    DeliveryState.DEAD: BAD,
}
_KIND = {DeliveryKind.REPLY: "Reply", DeliveryKind.ESCALATION: "Escalation"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above the alerts; `tone` says whether somebody has to act."""

    line: str
    tone: str = WAITS


def notices(broken: Iterable[Destination], listener: Listener | None, now: datetime) -> list[Notice]:
    """What keeps alerts from channels, or presses from us."""
    found = [
        Notice(f"{one.trouble}. What goes there waits, or uses its fall-back channel.", BAD) for one in broken
    ]
    if listener is not None and not listener.is_well(now):
        seen = f"{listener.seen_at:%d %b %H:%M} UTC"
        found.append(Notice(f"The Slack listener was last in touch at {seen}: buttons do nothing meanwhile."))
    return found


@dataclass(frozen=True, slots=True)
class Chip:
    """How far a message got; `tone` is one of the four above."""

    state: str
    tone: str


@dataclass(frozen=True, slots=True)
class Later:
    """A reply or an escalation."""

    kind: str
    at: datetime
    text: str
    channel: str
    chip: Chip


@dataclass(frozen=True, slots=True)
class Card:
    """A story's message in a channel, as Slack shows it.

    Attributes:
        alerts: the reasons, one a topic and route.
        edits: how often Slack took a new text of the message.
    """

    story_id: int
    opened_at: datetime
    channel: str
    message: Markup
    chip: Chip
    alerts: tuple[AlertRow, ...]
    later: tuple[Later, ...]
    edits: int
    acknowledged: bool


def card(one: Conversation) -> Card:
    """The card of a thread."""
    first = one.alerts[0]
    escalations = one.of_kind(DeliveryKind.ESCALATION)
    return Card(
        story_id=first.story_id,
        opened_at=one.thread.opened_at,
        channel=_channel(first.channel),
        message=Markup(to_html(first.message)),  # it escapes what is not ours
        chip=_of_parent(first),
        alerts=one.alerts,
        later=tuple(_later(mine) for mine in one.followers if mine.kind in _KIND),
        edits=sum(mine.state is DeliveryState.SENT for mine in one.of_kind(DeliveryKind.UPDATE)),
        acknowledged=any(mine.state is DeliveryState.CANCELLED for mine in escalations),
    )


def _channel(name: str) -> str:
    return name if name.startswith("#") else f"#{name}"


def _later(mine: Delivery) -> Later:
    state = mine.state
    words = "sent" if state is DeliveryState.SENT else _words(state, mine.last_error or "")
    if mine.kind is DeliveryKind.ESCALATION and state is DeliveryState.PENDING and not mine.attempts:
        words = "unless somebody acknowledges"
    at = mine.first_try_at or mine.created_at
    text = "" if mine.kind is DeliveryKind.ESCALATION else shorten(mine.message.text, 200)
    return Later(_KIND[mine.kind], at, text, _channel(mine.channel), Chip(words, _TONE[state]))


def _of_parent(row: AlertRow) -> Chip:
    at = f" at {row.sent_at:%H:%M} UTC" if row.sent_at else ""
    words = _words(row.state, row.last_error or "")
    if row.state is DeliveryState.SENT:
        words = f"delivered{at}"
    elif row.state is DeliveryState.FOLDED:
        words = f"delivered in a summary{at}" if row.sent_at else "goes out in a summary"
    return Chip(words, _TONE[row.state])


def _words(state: DeliveryState, error: str) -> str:
    match state:
        case DeliveryState.FOLDED:
            return "in another message"
        case DeliveryState.NO_DESTINATION:
            return "waits for Slack"
        case DeliveryState.HELD:
            return "held, comes with others in one message"
        case DeliveryState.UNKNOWN:
            return "being looked up in Slack"
        case DeliveryState.CANCELLED:
            return f"not sent: {error or 'not needed any more'}"
        case DeliveryState.DEAD:
            return f"Slack does not take it: {error or 'no reason was given'}"
        case _:
            return "on its way" + (f", last try: {error}" if error else "")
