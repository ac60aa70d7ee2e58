"""Articles, how their text was got, and the stories that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.records.feeds import DateStatus


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
    PRUNED = "pruned"  # there was one, and its time is over: see `monitor prune`


class ReadOutcome(StrEnum):
    """How the reading of an article's full text ended."""

    FEED_TEXT = "feed_text"  # the feed carried enough
    PAGE_TEXT = "page_text"
    STALE = "stale"  # too old to fetch a page for
    NO_TEXT = "no_text"  # the page was fetched and holds no article
    PAYWALLED = "paywalled"  # the page keeps its text for subscribers: the summary is used
    CONSENT = "consent"  # the page asks for consent first: the summary is used
    BOILERPLATE = "boilerplate"  # an error page, or a text about something else: the summary is used
    TOO_SLOW = "too_slow"  # reading the page took longer than it may, or broke down: the summary is used
    UNREACHABLE = "unreachable"  # the page could not be fetched: the summary is used
    WAITING = "waiting"  # not this time: tried again in the next cycle
    MERGED = "merged"  # its page is that of an article which we had under another address
    SWITCHED_OFF = "switched_off"  # page fetching is off


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An entry that passed the gate, ready to be stored under its canonical URL.

    `baseline` marks the backlog of a feed that is read for the first time; `date_text` is a date that
    could not be used, as it was written.
    """

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
    baseline: bool = False
    date_text: str = ""

    @property
    def effective_at(self) -> datetime:
        """The time the news counts as: published, or first seen where no sane date was given."""
        return self.published_at if self.published_at else self.first_seen_at


@dataclass(frozen=True, slots=True)
class Article:
    """One canonical URL, as stored; what is `stale` never alerts: old at first sight, or a feed's backlog."""

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
    published_at: datetime | None = None  # taken where the feed gave no date
    page_url: str | None = None  # the address that the page names as its own
    page_key: str | None = None  # the canonical form of that, or of where the page was, if it can be trusted
    stale: bool = False  # the page's date, where the feed had none, is that of old news


@dataclass(frozen=True, slots=True)
class Page:
    """What a page's HTML gave; `outcome` is PAGE_TEXT where `text` is the article's."""

    title: str
    text: str
    author: str | None
    language: str | None
    published_at: datetime | None
    canonical_url: str | None = None  # what the page names as its own address
    outcome: ReadOutcome = ReadOutcome.NO_TEXT


class PlacementKind(StrEnum):
    NEW_STORY = "new_story"
    COPY = "copy"  # the text is another article's
    SAME_STORY = "same_story"  # an independent report of the same event


@dataclass(frozen=True, slots=True)
class StoryText:
    """What grouping needs of an article; `story_id` is None until it is placed.

    `parties`: keys of the actors that it is about, see `main_parties`; `named`: of all that it names.
    `part` tells apart the stories that a person made one: each goes on by itself, into the same story.
    """

    article_id: int
    title: str
    lead: str
    effective_at: datetime
    publisher: str
    story_id: int | None = None
    parties: tuple[str, ...] = ()
    named: frozenset[str] = frozenset()
    part: int = 0


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an article goes: the story of `against`, or a new one where that is None.

    `terms`: what both say, rarest first.
    """

    article_id: int
    kind: PlacementKind
    against: int | None = None
    score: float = 0.0
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoryMember:
    """An article of a story, with why it is there."""

    article: Article
    kind: PlacementKind
    score: float
    against: int | None = None
    terms: str = ""
    placed_by: str | None = None  # a person, where one placed it


@dataclass(frozen=True, slots=True)
class Story:
    """Articles about one event, oldest first; `publishers` in the order in which they came.

    `independent_publishers` counts those that wrote a report of their own: a text and its copies once.
    """

    id: int
    headline: str
    first_seen_at: datetime
    last_seen_at: datetime
    articles: int
    copies: int
    publishers: tuple[str, ...]
    members: tuple[StoryMember, ...] = ()
    independent_publishers: int = 0
