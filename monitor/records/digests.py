"""What a digest tells of a route's day or week."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum


class DigestSpan(StrEnum):
    """How much a digest looks back on."""

    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def length(self) -> timedelta:
        """The time that its stories come from."""
        return timedelta(days=1 if self is DigestSpan.DAILY else 7)

    @property
    def chart_days(self) -> int:
        """The days of its chart, and those whose labels count: a day alone shows no trend."""
        return 7 if self is DigestSpan.DAILY else 28


@dataclass(frozen=True, slots=True)
class DigestItem:
    """An alert as a digest lists it: one story on one topic."""

    topic: str
    score: float
    story_id: int
    headline: str
    url: str
    publishers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DigestNews:
    """A story that went on, and what was new in it, in words."""

    story_id: int
    headline: str
    url: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What people said of a topic's hits: how many were right, of how many that they judged."""

    topic: str
    right: int
    judged: int


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What a digest says of the machinery behind the alerts."""

    articles_kept: int
    feeds: int  # that are polled
    feeds_not_well: int  # of these, failing or suspended


@dataclass(frozen=True, slots=True)
class HitDays:
    """Hits of each topic on each of some days in a row: `counts[topic][n]` is of the day `first` + n."""

    first: date
    counts: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def days(self) -> list[date]:
        """The days, oldest first; none where nothing was a hit."""
        length = max(map(len, self.counts.values()), default=0)
        return [self.first + timedelta(days=number) for number in range(length)]


@dataclass(frozen=True, slots=True)
class Digest:
    """One route's day or week.

    Attributes:
        day: on whose morning it ends.
        route: named where there are several.
        items: one a story and topic.
        quiet: lines about feeds that should have spoken and have not.
        judgements: of the topics that people judged.
    """

    span: DigestSpan
    day: date
    items: tuple[DigestItem, ...]
    counts: DayCounts
    route: str = ""
    news: tuple[DigestNews, ...] = ()
    hits: HitDays | None = None
    quiet: tuple[str, ...] = ()
    judgements: tuple[Judgement, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG that a message shows. `file_id` is Slack's, of an upload that has begun."""

    key: str
    content: bytes
    file_id: str = ""
    uploaded_at: datetime | None = None
