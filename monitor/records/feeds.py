"""Feeds, their polls, and the entries that they bring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.records.articles import EntryOutcome, NewArticle


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
    POSTPONED = "postponed"  # not asked: its host wants a pause, or our own network is down
    SERVER_ERROR = "server_error"  # 5xx
    HTTP_ERROR = "http_error"  # any other status
    TOO_LARGE = "too_large"  # over the limit after decompression; gzip bombs end here too
    EMPTY_BODY = "empty_body"
    NOT_A_FEED = "not_a_feed"  # an HTML page or anything else that is no feed
    UNREADABLE = "unreadable"  # looks like a feed, but cannot be parsed in the time allowed
    ENTITY_BOMB = "entity_bomb"


FETCH_SUCCEEDED = frozenset({FetchOutcome.FETCHED, FetchOutcome.NOT_MODIFIED, FetchOutcome.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a document asks to be read: hours are those of UTC, day 0 is Monday."""

    ttl: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """A feed as OPML and `monitor feeds add` name it."""

    url: str
    title: str
    group: str = ""
    site_url: str | None = None
    language: str | None = None
    alert_backlog: bool = False  # whether what the feed holds when it is first read may alert


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
    last_error_at: datetime | None = None
    failing_since: datetime | None = None  # the first of the failures in a row
    whole_at: datetime | None = None  # when its document last came whole, and not a 304
    validators_lie: bool = False  # it has said 304 to a document that had changed
    moved_to: str | None = None  # where it redirects for good
    moved_times: int = 0  # polls in a row that led there
    pace: Pace = Pace()
    alert_backlog: bool = False


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
    moved_to: str | None = None  # where its permanent redirects lead, up to the first that is not
    detail: str = ""  # one plain line for the feed's health
    elapsed: timedelta = timedelta(0)


class DateStatus(StrEnum):
    OK = "ok"
    MISSING = "missing"
    FUTURE = "future"  # more than ten minutes ahead of the fetch
    IMPOSSIBLE = "impossible"  # unreadable, or before 1990


class Repair(StrEnum):
    """A kind of fault that was put right before a document could be read whole."""

    COMPRESSED = "compressed"  # a gzip file under the name of a feed
    ENCODING = "wrong_encoding"  # the bytes are not what they are declared as
    SECTIONS = "unclosed_sections"  # comments and CDATA sections
    HEAD = "bytes_before_document"
    DECLARATIONS = "misplaced_declaration"
    TAIL = "bytes_after_document"
    CONTROLS = "control_characters"
    REFERENCES = "bad_references"  # bare ampersands, undeclared names of letters, numbers of no character
    ANGLES = "bare_angles"  # `<` or `]]>` in text
    UNCLOSED = "unclosed_elements"
    NAMESPACES = "undeclared_namespaces"
    ENTITIES = "outside_entities"  # declarations that point outside of the document are left out
    LOOSE = "not_well_formed"  # not repaired: the tolerant parser read it
    REBUILT = "rebuilt"  # read from the tree that libxml2 recovers
    GATHERED = "gathered"  # items read out of a page, an envelope or a namespace of nobody
    ESCAPED = "escaped_document"  # all of its markup was escaped as text
    JSON = "bad_json"  # control characters in strings, commas too many, items that are no objects


@dataclass(frozen=True, slots=True)
class Entry:
    """An item in a feed; `summary` and `content` are plain text.

    `url` is the link as the document gives it, absolute as far as the document or its address allow;
    `original_url` is the article's own address where the link leads through a feed service.
    `date_text` is the date as written, kept where it could not be used.
    """

    guid: str | None
    url: str | None
    title: str
    summary: str
    content: str = ""
    author: str | None = None
    language: str | None = None
    published_at: datetime | None = None
    date_status: DateStatus = DateStatus.OK
    original_url: str | None = None
    date_text: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """All entries of one document, in its order."""

    format: str
    title: str
    entries: tuple[Entry, ...]
    site_url: str | None = None
    language: str | None = None
    pace: Pace = Pace()
    warning: str = ""  # what the parser complained of although it read the entries
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed with the end of its poll; `parsed` is there when the outcome is FETCHED.

    Where its entries were judged as they were parsed, `admitted` has for each what it is, in the order of
    the document, and `parsed` holds none of them.
    """

    feed: Feed
    fetched: Fetched
    parsed: ParsedFeed | None = None
    admitted: tuple[NewArticle | EntryOutcome, ...] | None = None

    @property
    def count(self) -> int:
        """How many entries the document has."""
        if self.admitted is not None:
            return len(self.admitted)
        return len(self.parsed.entries) if self.parsed else 0


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
    failing_since: datetime | None = None
    validators_lie: bool = False
    moved_to: str | None = None
    moved_times: int = 0
    address: str | None = None  # the feed's new one, where the move is believed from now on
