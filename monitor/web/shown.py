"""What the pages show of the stored rows, in a reader's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from monitor.feeds.habits import Habit, habit
from monitor.records import (
    Alarm,
    AlarmKind,
    FeedState,
    Hit,
    Story,
)
from monitor.store.feed_health import FeedHealth

FEED_ORDER = {FeedState.SUSPENDED: 0, FeedState.FAILING: 1, FeedState.ACTIVE: 2, FeedState.RETIRED: 3}
"""What needs a person comes first."""


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
