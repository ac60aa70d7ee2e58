"""What readers say about alerts in Slack: the buttons, who pressed them, and what a press does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.records.labels import Verdict
from monitor.records.routes import SilenceMatcher


class Press(StrEnum):
    """The buttons of an alert, by the action id that Slack sends."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"
    WRONG_TOPIC = "wrong_topic"
    DUPLICATE = "duplicate"  # its event has been told of already
    MUTE = "mute"  # opens a form; what is muted is a silence
    ACKNOWLEDGE = "acknowledge"  # seen: nobody else needs to be told


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack. `id` is Slack's, `team` that of the workspace."""

    id: str
    name: str = ""
    team: str = ""

    @property
    def signature(self) -> str:
        """How the person is stored as the giver of labels and the owner of silences."""
        return f"{self.name or 'somebody'} ({self.id})"


@dataclass(frozen=True, slots=True)
class PressedStory:
    """The story under whose message a button was pressed, as the database knows it.

    `topics` are those of its hits, the first one best; `actors` pairs of key and name, the most
    salient first.
    """

    token: str
    story_id: int
    article_id: int
    headline: str
    publisher: str
    topics: tuple[str, ...]
    actors: tuple[tuple[str, str], ...]
    parent_key: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What a press does.

    Attributes:
        labels: verdicts on topics of the article.
        silence: what is muted, for how long (None: for good), and why.
        acknowledges: whether the escalation that waits is not needed any more.
        answer: what the person is told.
    """

    answer: str
    labels: tuple[tuple[str, Verdict], ...] = ()
    silence: tuple[SilenceMatcher, timedelta | None, str] | None = None
    acknowledges: bool = False


LISTENING = timedelta(minutes=2)  # a listener says twice a minute that it is in touch


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that hears buttons and `/monitor`; `way` is "socket" or "http".

    `seen_at` is when it was last in touch with Slack, or over HTTP ready for Slack.
    """

    name: str
    way: str
    started_at: datetime
    seen_at: datetime

    def is_well(self, now: datetime) -> bool:
        """Whether it is in touch, as far as can be known."""
        return now - self.seen_at <= LISTENING
