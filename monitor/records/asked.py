"""What is known of a story or an article when somebody asks why it alerted, or did not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.records.alerts import HitInStory, Thread
from monitor.records.outbox import Delivery
from monitor.records.topics import TopicScore


@dataclass(frozen=True, slots=True)
class Judged:
    """A hit with its end, where it has been decided, and the silences that hid it then."""

    hit: HitInStory
    decided_at: datetime | None = None
    outcome: str = ""
    because: str = ""
    hidden_by: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A story's message in a channel: its thread, its delivery, and the one that it went out in."""

    thread: Thread
    parent: Delivery
    whole: Delivery | None = None
    edits: int = 0
    replies: int = 0


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: a story, or one article of it.

    Attributes:
        title: how it is called, such as "Story 7: ...".
        missing: why it cannot be a hit, in words; empty where it can.
        scores: of an article on every topic; none of a story.
    """

    title: str
    hits: tuple[Judged, ...]
    told: tuple[Told, ...] = ()
    scores: tuple[TopicScore, ...] = ()
    missing: str = ""
