"""What people say of articles and topics: labels, what is offered to be labelled, proposals of cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.records.runs import Json


class Verdict(StrEnum):
    """Whether an article reports on a topic."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"  # counts neither way


class OfferedAs(StrEnum):
    """Why an article was put before a person."""

    CHOSEN = "chosen"  # by the person
    NEAR_THRESHOLD = "near_threshold"
    DISAGREEMENT = "disagreement"  # of two people, of reports in one story, or of the candidate
    HIT_SAMPLE = "hit_sample"  # drawn from the hits of the week: measures precision
    BELOW_SAMPLE = "below_sample"  # drawn from below the threshold: measures recall


SAMPLED = frozenset({OfferedAs.HIT_SAMPLE, OfferedAs.BELOW_SAMPLE})


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person saw."""

    title: str
    summary: str = ""
    text: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to be stored. The score is the one that stood when it was given, where there was one."""

    article_id: int
    topic: str
    verdict: Verdict
    labelled_by: str
    via: str  # "cli", "slack", "web"
    shown: Shown
    offered_as: OfferedAs = OfferedAs.CHOSEN
    score: float | None = None
    threshold: float | None = None
    classifier_version: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """A label as stored; `article_id` is None where the article is gone."""

    id: int
    article_id: int | None
    topic: str
    verdict: Verdict
    labelled_by: str
    labelled_at: datetime
    via: str
    offered_as: OfferedAs
    shown: Shown
    score: float | None = None
    threshold: float | None = None
    classifier_version: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article's stored score on one topic, with what the queue has to know of it."""

    article_id: int
    topic: str
    score: float
    threshold: float
    classifier_version: str
    effective_at: datetime
    story_id: int | None = None

    @property
    def is_hit(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class Offer:
    """An article that should be labelled on a topic, and why."""

    article_id: int
    topic: str
    offered_as: OfferedAs
    why: str
    score: float
    threshold: float
    classifier_version: str


class ProposalKind(StrEnum):
    NEW_TOPIC = "new_topic"
    ADDITION = "addition"  # to a topic that has a card


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class NewProposal:
    """A card, or an addition to one, that a document gave.

    `card` is TOML: a whole card, or the entries that are added. `evidence` says what it rests on: phrases,
    passages, actors, exclusions and what it would have matched.
    """

    kind: ProposalKind
    topic: str
    title: str
    document: str
    document_hash: str
    card: str
    evidence: Json


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as stored. `before` is the card's text before it was accepted, None where there was none."""

    id: int
    kind: ProposalKind
    topic: str
    title: str
    document: str
    card: str
    evidence: Json
    state: ProposalState
    made_at: datetime
    decided_at: datetime | None = None
    decided_by: str | None = None
    note: str = ""
    before: str | None = None
    after: str | None = None
