"""Events: who did what to whom on a topic, and how far it has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Status(StrEnum):
    """How far an event has come; each topic's card has its own steps, in order."""

    # mutual defence
    PROPOSED = "proposed"
    NEGOTIATED = "negotiated"
    SIGNED = "signed"
    RATIFIED = "ratified"
    INVOKED = "invoked"
    QUESTIONED = "questioned"
    ENDED = "ended"
    # sanctions; IN_FORCE of treaties too
    CALLED_FOR = "called_for"
    THREATENED = "threatened"
    ANNOUNCED = "announced"
    IN_FORCE = "in_force"
    EVADED = "evaded"
    EASED = "eased"
    LIFTED = "lifted"
    VETOED = "vetoed"
    # arms transfers
    OFFERED = "offered"
    REQUESTED = "requested"
    APPROVED = "approved"
    CONTRACTED = "contracted"
    DELIVERED = "delivered"
    BLOCKED = "blocked"
    INTERCEPTED = "intercepted"
    ALLEGED = "alleged"


class Flow(StrEnum):
    """What the subject of a verb is to the event."""

    GIVES = "gives"  # its source: sells, sanctions
    TAKES = "takes"  # its target: buys, faces
    FINDS = "finds"  # neither: it seizes what goes from one to another
    TELLS = "tells"  # neither: it says it of the one after the verb
    ARRIVES = "arrives"  # the thing itself: "tanks reach"
    STANDS = "stands"  # the thing itself, and only where no other verb tells more: "sanctions bite"
    JOINT = "joint"  # one of those who make a pact
    BARS = "bars"  # one who is for or against what others ask for


class Mark(StrEnum):
    """Why a sentence does not report its event as a fact of today."""

    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"
    REPORTED = "reported"  # said by someone: `claimed_by`, where that is an actor
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Event:
    """What one sentence says of a topic; a slot without evidence is empty.

    `sources`, `targets` and `beneficiaries` are keys of parties, as in `Actor.party`. Of a pact that sides
    make together all are in both. `start` and `end` are the sentence's offsets in its text, `spans` those of
    each slot in the sentence. `claimed_by` is the party that says so, where that is told.
    """

    topic: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    status: Status | None
    action: str  # the words that carry the status
    instrument: str | None
    marks: frozenset[Mark]
    sentence: str
    start: int
    end: int
    claimed_by: str | None = None
    beneficiaries: tuple[str, ...] = ()
    quantity: int | None = None
    amount: float | None = None
    currency: str | None = None  # ISO 4217
    place: str | None = None
    on: date | None = None
    spans: tuple[tuple[str, int, int], ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether the sentence tells it as a fact of today."""
        return self.marks <= {Mark.REPORTED}


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as it is stored: of one article, on one topic of which it is a hit."""

    article_id: int
    event: Event
    plover: str
    extractor: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one article says of the event of a story."""

    article_id: int
    publisher: str
    url: str
    at: datetime
    event: Event
    plover: str


@dataclass(frozen=True, slots=True)
class StoryEvent:
    """The event of a story on a topic: its reports in one.

    `said` are publishers by what they say of the status ("delivered", "not delivered"); more than one key
    means that they contradict each other.
    """

    story_id: int
    topic: str
    event: Event
    plover: str
    reports: tuple[Report, ...]
    publishers: tuple[str, ...]
    said: Mapping[str, tuple[str, ...]]

    @property
    def contradicted(self) -> bool:
        """Whether one report denies what another tells."""
        return any(key.startswith("not ") and key[4:] in self.said for key in self.said)
