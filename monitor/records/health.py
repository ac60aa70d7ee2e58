"""How feeds are doing over days, the alarms about them, and how pages of a host could be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.records.feeds import Feed, FetchOutcome


class AlarmKind(StrEnum):
    FEED_QUIET = "feed_quiet"  # it brought less in a day than is its habit
    GROUP_SILENT = "group_silent"  # no healthy feed of a group brought anything for a day
    FEED_OFF = "feed_off"  # suspended or retired
    OUTAGE = "outage"  # nothing can be reached: our own network


@dataclass(frozen=True, slots=True)
class Volume:
    """A feed and the new articles that it brings.

    `days` are those of up to 28 UTC days before today on which it was polled, as (weekday, articles),
    Monday 0; the day on which it was added is left out, since its backlog is no habit.
    """

    feed: Feed
    added_at: datetime
    last_24h: int
    days: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One event for the operations channel. `subject` is the id of a feed, or the name of a group."""

    kind: AlarmKind
    subject: str
    line: str
    raised_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a poll got an answer from its host, of whatever kind."""

    host: str
    reached: bool


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What robots.txt said at `origin`, or how asking for it ended."""

    origin: str
    outcome: FetchOutcome
    text: str
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class HostReads:
    """How the pages of a host could be read over some days: pages by outcome."""

    host: str
    pages: int
    failed: int
    worst: str  # the most frequent failure; empty where there is none
