"""The classifier: texts in, a calibrated score for each topic out (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from monitor.records import TopicScore, TopicText
from monitor.topics.anchors import Anchors
from monitor.topics.features import Encoder
from monitor.topics.grams import Array
from monitor.topics.units import Unit, head, windows

WINDOW_MARGIN = (
    -0.25
)  # log-odds that a window must bring over the head: it has no title that could speak for it
_BATCH = 2_000  # units in one matrix; about 20 MB


@dataclass(frozen=True, slots=True)
class Placed:
    """The unit of a text that decides on a topic, its log-odds and what they were lowered by."""

    unit: Unit
    log_odds: float
    margin: float


@dataclass(frozen=True)
class Classifier:
    """A trained classifier; equal ones score equally, whatever the batch or its order.

    `weights` has a row for each topic and a column for each feature, `intercepts` one number a topic;
    both give calibrated log-odds.
    """

    topics: tuple[str, ...]
    thresholds: tuple[float, ...]
    version: str
    encoder: Encoder
    weights: Array
    intercepts: Array
    anchors: Anchors = field(default_factory=Anchors)
    languages: tuple[str, ...] = ("en",)  # ISO 639-1; texts in others are not to be scored

    def score(self, texts: Sequence[TopicText]) -> list[tuple[TopicScore, ...]]:
        """For each text its scores, in the order of `topics`."""
        units: list[Unit] = []
        ends: list[int] = []
        for text in texts:
            units.append(head(text))
            units += windows(text)
            ends.append(len(units))
        odds = self.log_odds(units)
        scores = []
        start = 0
        for end in ends:
            best = odds[start]
            if end > start + 1:
                best = np.maximum(best, odds[start + 1 : end].max(axis=0) - WINDOW_MARGIN)
            scores.append(self._scores(best))
            start = end
        return scores

    def log_odds(self, units: Sequence[Unit]) -> Array:
        """Calibrated log-odds, a row for each unit and a column for each topic."""
        found = [
            np.asarray(self.encoder.rows(units[at : at + _BATCH]) @ self.weights.T)
            for at in range(0, len(units), _BATCH)
        ]
        return np.vstack([np.zeros((0, len(self.topics))), *found]) + self.intercepts

    def deciding(self, text: TopicText, topic: str) -> Placed:
        """The unit of `text` that makes its score on `topic`.

        Raises:
            ValueError: the classifier does not know the topic.
        """
        if topic not in self.topics:
            raise ValueError(f"no topic {topic!r}: this classifier knows {', '.join(self.topics)}")
        units = [head(text), *windows(text)]
        column = self.topics.index(topic)
        odds = self.log_odds(units)[:, column]
        lowered = odds - np.asarray([0.0] + [WINDOW_MARGIN] * (len(units) - 1))
        best = int(lowered.argmax())
        return Placed(units[best], float(lowered[best]), 0.0 if best == 0 else WINDOW_MARGIN)

    def _scores(self, odds: Array) -> tuple[TopicScore, ...]:
        shares = probability(odds).tolist()
        return tuple(
            TopicScore(topic, share, threshold)
            for topic, share, threshold in zip(self.topics, shares, self.thresholds, strict=True)
        )


def probability(log_odds: Array) -> Array:
    """The logistic function, safe for large numbers."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -40.0, 40.0)))
