"""Routes, decisions and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.records.articles import Article
from monitor.records.routes import Route
from monitor.records.runs import Json
from monitor.records.topics import Hit


class DecideOutcome(StrEnum):
    """How one hit ended in the decision."""

    ALERT = "alert"
    REPEAT = "repeat"  # its story has alerted on this topic and route already
    STALE = "stale"
    NO_ROUTE = "no_route"
    BELOW_ROUTE = "below_route"  # under the minimum score of every route that matches


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
