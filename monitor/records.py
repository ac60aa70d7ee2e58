"""The frozen records that pass between rooms, in the order an article meets them.

All times are aware UTC. Every `*Outcome` names the one way in which an item can end in a step;
a `Ledger` counts them and must balance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]
"""A JSON object as Slack and the database columns of that type take it."""


# ---------------------------------------------------------------- ledger


class Step(StrEnum):
    """A step of the pipeline: also a CLI command, an Airflow task id and a log event."""

    FETCH = "fetch"
    READ = "read"
    GROUP = "group"
    SCORE = "score"
    DECIDE = "decide"
    DELIVER = "deliver"
    DIGEST = "digest"
    TRAIN = "train"
    MAINTAIN = "maintain"


@dataclass(frozen=True, slots=True)
class RunKey:
    """Who runs a step: one row in `runs`. `name` is a DAG id or a command, `key` a run of it."""

    origin: str  # "airflow" or "cli"
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """What went into a step and how each item ended.

    `unit` says what is counted ("feeds", "entries", "articles", "hits", "deliveries").
    `items_in` equals the sum of `outcomes`, or `balances` is false and the step is at fault.
    """

    step: Step
    unit: str
    items_in: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    note: str = ""

    @property
    def balances(self) -> bool:
        return self.items_in == sum(self.outcomes.values())

    def as_dict(self) -> dict[str, Any]:
        """The form that Airflow shows as a task's result."""
        shown: dict[str, Any] = {"step": str(self.step), "unit": self.unit, "in": self.items_in}
        shown |= {"outcomes": dict(sorted(self.outcomes.items())), "balances": self.balances}
        return shown | ({"note": self.note} if self.note else {})


def tally(step: Step, unit: str, outcomes: Counter[str], items_in: int, note: str = "") -> Ledger:
    """A ledger from a counter; `items_in` is counted apart so that a lost item shows."""
    return Ledger(step, unit, items_in, {str(k): v for k, v in outcomes.items() if v}, note)


# ---------------------------------------------------------------- feeds


class FeedState(StrEnum):
    ACTIVE = "active"
    FAILING = "failing"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class FetchOutcome(StrEnum):
    """How one poll of a feed, or one GET of a page, ended."""

    FETCHED = "fetched"
    NOT_MODIFIED = "not_modified"
    UNCHANGED = "unchanged"  # 200, but the body hash is that of the last poll
    DEAD_HOST = "dead_host"  # the name does not resolve or nothing listens
    TIMED_OUT = "timed_out"
    DROPPED = "dropped"  # the connection broke or the answer was not HTTP
    TLS_FAILED = "tls_failed"
    REFUSED_ADDRESS = "refused_address"  # private, loopback or otherwise guarded address
    BAD_URL = "bad_url"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    NOT_FOUND = "not_found"  # 404
    GONE = "gone"  # 410
    FORBIDDEN = "forbidden"  # 401, 403, 451
    RATE_LIMITED = "rate_limited"  # 429
    SERVER_ERROR = "server_error"  # 5xx
    HTTP_ERROR = "http_error"  # any other status
    TOO_LARGE = "too_large"  # over the limit after decompression; gzip bombs end here too
    EMPTY_BODY = "empty_body"
    NOT_A_FEED = "not_a_feed"  # an HTML page or anything else that is no feed
    UNREADABLE = "unreadable"  # looks like a feed, but cannot be parsed in the time allowed
    ENTITY_BOMB = "entity_bomb"


FETCH_SUCCEEDED = frozenset({FetchOutcome.FETCHED, FetchOutcome.NOT_MODIFIED, FetchOutcome.UNCHANGED})


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as OPML and `monitor feeds add` name it."""

    url: str
    title: str
    group: str = ""
    site_url: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A polled URL and what is known of it."""

    id: int
    url: str
    title: str
    group: str = ""
    site_url: str | None = None
    language: str | None = None
    state: FeedState = FeedState.ACTIVE
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    interval: timedelta = timedelta(minutes=15)
    failures: int = 0
    next_check_at: datetime | None = None
    last_checked_at: datetime | None = None
    last_success_at: datetime | None = None
    last_new_at: datetime | None = None
    last_outcome: str | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """The end of one GET. `body` is decompressed and empty unless `outcome` is FETCHED."""

    url: str
    outcome: FetchOutcome
    final_url: str
    body: bytes = b""
    status: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    retry_after: timedelta | None = None
    max_age: timedelta | None = None
    detail: str = ""  # one plain line for the feed's health
    elapsed: timedelta = timedelta(0)


class DateStatus(StrEnum):
    OK = "ok"
    MISSING = "missing"
    FUTURE = "future"  # more than ten minutes ahead of the fetch
    IMPOSSIBLE = "impossible"  # unreadable, or before 1990


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in a feed. `summary` and `content` are plain text; `url` is absolute or None."""

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str = ""
    author: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    date_status: DateStatus = DateStatus.OK


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """All entries of one document, in its order."""

    format: str
    title: str
    entries: tuple[Entry, ...]
    site_url: str | None = None
    language: str | None = None
    ttl: timedelta | None = None
    warning: str = ""  # what the parser complained of although it read the entries


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed with the end of its poll; `parsed` is there when the outcome is FETCHED."""

    feed: Feed
    fetched: Fetched
    parsed: ParsedFeed | None = None


@dataclass(frozen=True, slots=True)
class PollPlan:
    """What the poll of a feed changes: written to its row together with its entries."""

    state: FeedState
    interval: timedelta
    next_check_at: datetime
    failures: int
    outcome: FetchOutcome
    error: str | None
    health: str  # one line: what happened at the last poll


# ---------------------------------------------------------------- articles


class EntryOutcome(StrEnum):
    """How one entry of a feed ended."""

    NEW = "new"
    NEW_UNDATED = "new_undated"  # no date, or an impossible one: first sight counts
    NEW_FUTURE_DATED = "new_future_dated"  # a date ahead of us: first sight counts
    STALE = "stale"  # new to us but older than four days: stored, never alerts
    CHANGED = "changed"
    DUPLICATE = "duplicate"
    REPEATED_GUID = "repeated_guid"  # the same guid or link twice in one document
    NO_LINK = "no_link"
    NO_TITLE = "no_title"  # neither title nor text


class TextSource(StrEnum):
    FEED = "feed"
    PAGE = "page"
    SUMMARY = "summary"  # the page gave nothing: title and summary are all there is


class ReadOutcome(StrEnum):
    """How the reading of an article's full text ended."""

    FEED_TEXT = "feed_text"  # the feed carried enough
    PAGE_TEXT = "page_text"
    STALE = "stale"  # too old to fetch a page for
    NO_TEXT = "no_text"  # the page was fetched and holds no article
    UNREACHABLE = "unreachable"  # the page could not be fetched: the summary is used
    WAITING = "waiting"  # not this time: tried again in the next cycle
    SWITCHED_OFF = "switched_off"  # page fetching is off


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An entry that passed the gate, ready to be stored under its canonical URL."""

    canonical_url: str
    url: str
    feed_id: int
    guid: str | None
    publisher: str
    title: str
    summary: str
    text: str
    text_source: TextSource
    author: str | None
    language: str | None
    published_at: datetime | None
    date_status: DateStatus
    first_seen_at: datetime
    content_hash: str
    stale: bool
    wants_page: bool

    @property
    def effective_at(self) -> datetime:
        """The time the news counts as: published, or first seen where no sane date was given."""
        return self.published_at if self.published_at else self.first_seen_at


@dataclass(frozen=True, slots=True)
class Article:
    """One canonical URL, as stored."""

    id: int
    canonical_url: str
    url: str
    feed_id: int | None
    publisher: str
    title: str
    summary: str
    text: str
    text_source: TextSource
    author: str | None
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime
    effective_at: datetime
    stale: bool
    story_id: int | None = None
    read_attempts: int = 0


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The end of reading one article; texts are None where the stored ones stay."""

    article_id: int
    outcome: ReadOutcome
    text: str | None = None
    author: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a page's HTML gave. `text` is empty where no article was found."""

    title: str
    text: str
    author: str | None
    language: str | None
    published_at: datetime | None


class PlacementKind(StrEnum):
    NEW_STORY = "new_story"
    COPY = "copy"  # the text is another article's
    SAME_STORY = "same_story"  # an independent report of the same event


@dataclass(frozen=True, slots=True)
class StoryText:
    """What grouping needs of an article; `story_id` is None until it is placed."""

    article_id: int
    title: str
    lead: str
    effective_at: datetime
    publisher: str
    story_id: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article goes: the story of `against`, or a new one where that is None."""

    article_id: int
    kind: PlacementKind
    against: int | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story, with why it is there."""

    article: Article
    kind: PlacementKind
    score: float
    against: int | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one event, oldest first; `publishers` in the order in which they came."""

    id: int
    headline: str
    first_seen_at: datetime
    last_seen_at: datetime
    articles: int
    copies: int
    publishers: tuple[str, ...]
    members: tuple[StoryMember, ...] = ()


# ---------------------------------------------------------------- topics


class ScoreOutcome(StrEnum):
    HIT = "hit"
    BELOW_THRESHOLD = "below_threshold"
    NO_WORDS = "no_words"  # nothing to score


@dataclass(frozen=True, slots=True)
class TopicText:
    """What the classifier reads of an article."""

    title: str
    summary: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TopicScore:
    topic: str
    score: float  # calibrated probability, 0 to 1
    threshold: float

    @property
    def is_hit(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    term: str
    weight: float  # share of the decision, in log-odds


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text is a hit: the sentence that says it and the terms that caused it."""

    sentence: str
    terms: tuple[WeightedTerm, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """Article x topic at or above the threshold."""

    article_id: int
    topic: str
    score: float
    threshold: float
    classifier_version: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Scored:
    """The end of scoring one article: all its scores, and a hit for each at the threshold."""

    article_id: int
    scores: tuple[TopicScore, ...]
    hits: tuple[Hit, ...]


# ---------------------------------------------------------------- alerts


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
