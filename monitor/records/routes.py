"""Routes and silences: who is told of what, and what nobody wants to be told of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from monitor.records.digests import DigestSpan


class Severity(StrEnum):
    """How much a topic matters to its readers, the least first; a widely carried story is one step up."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Severity).index(self)

    def raised(self) -> Severity:
        """One step up; the highest stays."""
        return list(Severity)[min(self.rank + 1, len(Severity) - 1)]


class UpdatePolicy(StrEnum):
    """What a channel hears of a story after its first message. The message itself is always edited."""

    THREAD = "thread"  # developments are replies in the thread
    BROADCAST_ON_ESCALATION = "broadcast_on_escalation"  # and the channel sees those that escalate
    EDIT_ONLY = "edit_only"  # nothing but the edit


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours of the day, by the clock of `zone` (IANA), in which a route waits for the morning.

    From `start` on and before `end`; over midnight where `end` is not after `start`. `days` are those
    on which the hours begin, Monday is 0.
    """

    start: time
    end: time
    zone: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Route:
    """Which hits go to which Slack channel, and how, from `seeds/routes.toml`.

    A hit takes a route when all that the route names fits: one of its topics, countries, actors and
    groups each ("*" is every topic, an empty tuple everything), severity and number of independent
    publishers at least those given, and a score not below that of its topic.

    Attributes:
        thresholds: minimum scores of single topics, before `min_score`.
        group_wait: how long the first message of a story waits for more sources; none when critical.
        hourly: first messages an hour; the stories above that come together in one digest.
        fallback: channel that is used while Slack takes nothing in `channel`.
        escalate_to, escalate_after: channel that hears of a critical story that nobody has
            acknowledged, and after how long.
        digests: which digests its channel gets.
        stop: whether the routes below are not tried for a hit that takes this one.
        line: of its table in the file.
    """

    name: str
    channel: str
    topics: tuple[str, ...] = ("*",)
    min_score: float = 0.0
    thresholds: tuple[tuple[str, float], ...] = ()
    countries: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    min_severity: Severity = Severity.LOW
    min_publishers: int = 1
    group_wait: timedelta = timedelta(0)
    updates: UpdatePolicy = UpdatePolicy.BROADCAST_ON_ESCALATION
    quiet: QuietHours | None = None
    hourly: int = 30
    fallback: str = ""
    escalate_to: str = ""
    escalate_after: timedelta = timedelta(minutes=15)
    digests: tuple[DigestSpan, ...] = (DigestSpan.DAILY, DigestSpan.WEEKLY)
    stop: bool = False
    line: int = 0

    def score_for(self, topic: str) -> float:
        """The least score with which a hit of the topic takes this route."""
        return dict(self.thresholds).get(topic, self.min_score)


@dataclass(frozen=True, slots=True)
class SilenceMatcher:
    """What a silence hides: hits that fit all that is given. At least one is.

    Attributes:
        publisher: its name, in any case.
        actor: id of an actor of `seeds/actors.toml`; `country` three letters of ISO 3166.
        words: a word or phrase of the headline or the matched sentence, in any case.
    """

    topic: str = ""
    story_id: int | None = None
    publisher: str = ""
    actor: str = ""
    country: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Silence:
    """A mute: whose it is, why, and until when. Without `expires_at` it lasts until somebody ends it."""

    id: int
    matcher: SilenceMatcher
    owner: str
    reason: str
    created_at: datetime
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""

    def is_over(self, now: datetime) -> bool:
        return self.ended_at is not None or (self.expires_at is not None and self.expires_at <= now)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A story that a silence kept from alerting on a topic: its best hit, and how many there were."""

    story_id: int
    topic: str
    headline: str
    url: str
    publisher: str
    score: float
    hits: int


@dataclass(frozen=True, slots=True)
class SilenceCount:
    """What a silence hid so far."""

    silence: Silence
    hits: int
    stories: int
    replies: int  # developments of stories whose first message was out before
