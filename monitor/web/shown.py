"""What the pages show of the stored rows, in a reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from monitor.alerts.html import to_html
from monitor.feeds.habits import Habit, habit
from monitor.records import (
    Alarm,
    AlarmKind,
    DeliveryState,
    FeedState,
    Hit,
    Story,
)
from monitor.store.alerts import AlertRow
from monitor.store.feed_health import FeedHealth

FEED_ORDER = {FeedState.SUSPENDED: 0, FeedState.FAILING: 1, FeedState.ACTIVE: 2, FeedState.RETIRED: 3}
"""What needs a person comes first."""

GOOD, BUSY, WAITS, BAD = "good", "busy", "waits", "bad"
_TONE = {
    DeliveryState.SENT: GOOD,
    DeliveryState.FOLDED: GOOD,
    DeliveryState.PENDING: BUSY,
    DeliveryState.SENDING: BUSY,
    DeliveryState.UNKNOWN: BUSY,
    DeliveryState.NO_DESTINATION: WAITS,
    DeliveryState.DEAD: BAD,
}


@dataclass(frozen=True, slots=True)
class AlertCard:
    """An alert as Slack shows it, and where it is; `tone` is one of the four above."""

    id: int
    story_id: int
    decided_at: datetime
    channel: str
    message: Markup
    state: str
    tone: str


def alert(row: AlertRow) -> AlertCard:
    """The card of an alert."""
    return AlertCard(
        id=row.alert_id,
        story_id=row.story_id,
        decided_at=row.decided_at,
        channel=row.channel if row.channel.startswith("#") else f"#{row.channel}",
        message=Markup(to_html(row.message)),  # it escapes what is not ours
        state=_state(row),
        tone=_TONE[row.state],
    )


def _state(row: AlertRow) -> str:
    at = f" at {row.sent_at:%H:%M} UTC" if row.sent_at else ""
    match row.state:
        case DeliveryState.SENT:
            return f"delivered{at}"
        case DeliveryState.FOLDED:
            return f"delivered in a summary{at}" if row.sent_at else "goes out in a summary"
        case DeliveryState.NO_DESTINATION:
            return "waits for Slack"
        case DeliveryState.UNKNOWN:
            return "being looked up in Slack"
        case DeliveryState.DEAD:
            return f"Slack does not take it: {row.last_error or 'no reason was given'}"
        case _:
            return "on its way" + (f", last try: {row.last_error}" if row.last_error else "")


def topics(found: Iterable[Hit]) -> list[Hit]:
    """The best hit of each topic, best first."""
    best: dict[str, Hit] = {}
    for hit in found:
        if hit.topic not in best or hit.score > best[hit.topic].score:
            best[hit.topic] = hit
    return sorted(best.values(), key=lambda hit: -hit.score)


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed's health with its habit, new articles a day, where it has one."""

    health: FeedHealth
    usual: Habit | None
    quiet: bool

    @property
    def state(self) -> FeedState:
        return self.health.feed.state


def feeds(known: Iterable[FeedHealth], lasting: Iterable[Alarm]) -> list[FeedLine]:
    """The lines of the feeds page; those with an alarm that lasts are `quiet`."""
    quiet = {alarm.subject for alarm in lasting if alarm.kind is AlarmKind.FEED_QUIET}
    return [FeedLine(row, habit(row.days), str(row.feed.id) in quiet) for row in known]


def feed_states(known: Iterable[FeedHealth]) -> list[tuple[str, int]]:
    """How many feeds are in each state, the most first; feeds that were never polled are apart."""
    counts = Counter(str(row.feed.state) if row.feed.last_checked_at else "not polled yet" for row in known)
    return counts.most_common()


def by_article(found: Iterable[Hit]) -> dict[int, list[Hit]]:
    """The hits of each article by topic."""
    hits: dict[int, list[Hit]] = {}
    for hit in sorted(found, key=lambda hit: hit.topic):
        hits.setdefault(hit.article_id, []).append(hit)
    return hits


def countries(story: Story, known: Mapping[str, str]) -> list[tuple[str, int]]:
    """The states of a story's publishers with how many of them sit there, the most first."""
    return Counter(known[name] for name in story.publishers if name in known).most_common()
