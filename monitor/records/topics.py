"""Scores, hits and the reasons for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ScoreOutcome(StrEnum):
    HIT = "hit"
    BELOW_THRESHOLD = "below_threshold"
    NO_WORDS = "no_words"  # nothing to score
    UNSUPPORTED_LANGUAGE = "unsupported_language"  # not scored: the classifier was not trained in it


@dataclass(frozen=True, slots=True)
class TopicText:
    """What the classifier reads of an article."""

    title: str
    summary: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TopicScore:
    topic: str
    score: float  # calibrated probability, 0 to 1
    threshold: float

    @property
    def is_hit(self) -> bool:
        return self.score >= self.threshold


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    term: str
    weight: float  # share of the decision, in log-odds


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text is a hit: the sentence that says it, the terms that weigh, and what it is held against."""

    sentence: str
    terms: tuple[WeightedTerm, ...]
    clause: str = ""  # of the card's `in`, the nearest to the sentence
    passage: str = ""  # of the briefings and cards, the nearest to the sentence
    document: str = ""  # that the passage comes from
    card_version: str = ""  # content hash of the card


@dataclass(frozen=True, slots=True)
class Hit:
    """Article x topic at or above the threshold."""

    article_id: int
    topic: str
    score: float
    threshold: float
    classifier_version: str
    reason: Reason
    text: TopicText | None = None  # as it was scored; lists of hits leave it out


@dataclass(frozen=True, slots=True)
class Scored:
    """The end of scoring one article: all its scores, and a hit for each at the threshold."""

    article_id: int
    scores: tuple[TopicScore, ...]
    hits: tuple[Hit, ...]
