"""Routes, decisions and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.records.articles import Article
from monitor.records.routes import Route, Severity
from monitor.records.runs import Json
from monitor.records.topics import Hit


class DecideOutcome(StrEnum):
    """How one hit ended in the decision."""

    ALERT = "alert"
    REPEAT = "repeat"  # its story has alerted on this topic and route already
    STALE = "stale"
    NO_ROUTE = "no_route"
    BELOW_ROUTE = "below_route"  # under the minimum score of every route that matches
    FEW_PUBLISHERS = "few_publishers"  # waits: looked at again when the story grows
    SILENCED = "silenced"
    REPROCESSED = "reprocessed"  # found when stored articles were scored anew: no alert comes of old news


@dataclass(frozen=True, slots=True)
class HitInStory:
    """A hit with what the decision and the message need of its story.

    Attributes:
        independent: publishers that wrote a report of their own.
        group: the feed group that its article came by.
        actors, countries: keys of the actors that the article is about, and of their states.
        carried_in: states of the story's publishers, where they are known.
    """

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
    independent: int = 1
    group: str = ""
    actors: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    carried_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertKey:
    """One alert per story, topic and route."""

    story_id: int
    topic: str
    route: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The end of one hit.

    Attributes:
        routes: those that it alerts, none unless the outcome is ALERT.
        because: what decided it, in words.
        waits: whether a route waits for more publishers of its story.
        silences: the numbers of those that hide it, and `hidden_from` the channel that misses it.
    """

    hit: HitInStory
    outcome: DecideOutcome
    routes: tuple[Route, ...] = ()
    because: str = ""
    waits: bool = False
    silences: tuple[int, ...] = ()
    hidden_from: str = ""


class HoldReason(StrEnum):
    """Why a first message does not go out alone and now: it comes with others in one message, later."""

    LATE = "late"  # its news is old: an interval that was missed
    QUIET = "quiet"
    OVERFLOW = "overflow"  # over the route's cap


@dataclass(frozen=True, slots=True)
class Opening:
    """A story's first message in a channel: its best hit on each topic, the best first.

    `hold` sends it with others when `not_before` comes; without it that is the end of the group wait.
    """

    story_id: int
    channel: str
    route: Route
    hits: tuple[HitInStory, ...]
    severity: Severity
    hold: HoldReason | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """A story's message in a channel as it stands; see the table `threads`."""

    id: int
    token: str
    parent_key: str
    story_id: int
    article_id: int
    channel: str
    route: str
    severity: Severity
    topics: tuple[str, ...]
    articles: int
    revision: int
    held: bool
    opened_at: datetime
    told_at: datetime
    replied_at: datetime | None = None
    joined_to: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A Slack message: fall-back text and Block Kit blocks."""

    text: str
    blocks: tuple[Json, ...]
