"""Routes, decisions, messages and deliveries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.records.articles import Article
from monitor.records.runs import Json
from monitor.records.topics import Hit


class DecideOutcome(StrEnum):
    """How one hit ended in the decision."""

    ALERT = "alert"
    REPEAT = "repeat"  # its story has alerted on this topic and route already
    STALE = "stale"
    NO_ROUTE = "no_route"
    BELOW_ROUTE = "below_route"  # under the minimum score of every route that matches


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Route:
    """Which topics go to which Slack channel, from `seeds/routes.toml`."""

    name: str
    channel: str
    topics: tuple[str, ...]  # "*" matches every topic
    min_score: float = 0.0


@dataclass(frozen=True, slots=True)
class HitInStory:
    """An undecided hit with what the decision and the message need of its story."""

    hit_id: int
    hit: Hit
    article: Article
    story_id: int
    story_headline: str
    publishers: tuple[str, ...]
    articles: int
    copies: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class AlertKey:
    """One alert per story, topic and route."""

    story_id: int
    topic: str
    route: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The end of one hit, with the routes it alerts (none unless the outcome is ALERT)."""

    hit: HitInStory
    outcome: DecideOutcome
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A Slack message: fall-back text and Block Kit blocks."""

    text: str
    blocks: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class DigestItem:
    """An alert as the day's digest lists it: one story on one topic, whichever routes it took."""

    topic: str
    score: float
    story_id: int
    headline: str
    url: str
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What the digest says of the machinery behind the alerts."""

    articles_kept: int
    feeds: int  # that are polled
    feeds_not_well: int  # of these, failing or suspended


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that a decision puts into the outbox. `dedup_key` is unique there for ever."""

    dedup_key: str
    kind: DeliveryKind
    channel: str
    message: Message
    alert: AlertKey | None = None
    hit_id: int | None = None


class DeliveryKind(StrEnum):
    ALERT = "alert"
    SUMMARY = "summary"  # several waiting alerts folded into one message
    DIGEST = "digest"
    NOTICE = "notice"  # a failure notice for the operations channel


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"  # Slack may or may not have it: read its history before any repost
    SENT = "sent"
    NO_DESTINATION = "no_destination"  # no Slack token: waits, and goes out in one summary later
    FOLDED = "folded"  # its content went out in a summary
    DEAD = "dead"  # Slack will never take it; the reason is stored


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of the outbox. `delivery_id` is the opaque id in Slack's message metadata."""

    id: int
    delivery_id: str
    kind: DeliveryKind
    channel: str
    message: Message
    state: DeliveryState
    attempts: int
    created_at: datetime
    first_try_at: datetime | None = None
    last_error: str | None = None
    alert_id: int | None = None


class PostOutcome(StrEnum):
    """What one call to Slack ended in; see docs/slack.md for the codes of each class."""

    SENT = "sent"
    NOT_SENT = "not_sent"  # proven: refused connection, DNS, certificate
    RATE_LIMITED = "rate_limited"
    UNKNOWN = "unknown"
    DESTINATION_BROKEN = "destination_broken"
    CREDENTIAL_BROKEN = "credential_broken"
    CONTENT_BROKEN = "content_broken"


@dataclass(frozen=True, slots=True)
class Posted:
    outcome: PostOutcome
    channel_id: str | None = None
    ts: str | None = None
    error: str = ""
    retry_after: timedelta | None = None
