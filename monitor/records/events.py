"""Events: who did what to whom on a topic, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How far an event has come; each topic has its own steps."""

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


class Mark(StrEnum):
    """Why a sentence does not report its event as a fact of today."""

    NEGATED = "negated"
    HYPOTHETICAL = "hypothetical"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Event:
    """What one sentence says of a topic.

    `sources` and `targets` are keys of parties, as in `Actor.party`; a slot without evidence is empty. Of a
    pact that two sides make both are in both. `start` and `end` are the sentence's offsets in its text,
    `claimed_by` the party that says so where the status is ALLEGED.
    """

    topic: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    status: Status
    action: str  # the words that carry the status
    instrument: str | None
    marks: frozenset[Mark]
    sentence: str
    start: int
    end: int
    claimed_by: str | None = None
