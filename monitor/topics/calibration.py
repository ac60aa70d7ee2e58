"""Whether scores can be taken at their word, and which threshold a target asks for (pure)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.topics.grams import Array

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Items whose scores lie in one tenth: how many, their mean score, the share that is right."""

    count: int
    score: float
    share: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The filled bins of a reliability curve, from low scores to high, and what they differ by."""

    bins: tuple[Bin, ...]

    @property
    def expected_error(self) -> float:
        """The expected calibration error: |mean score - share right|, weighted by the bins' counts.

        Source: Naeini, Cooper and Hauskrecht (2015), with equal-width bins.
        """
        whole = sum(found.count for found in self.bins)
        return sum(found.count * abs(found.score - found.share) for found in self.bins) / max(whole, 1)


def reliability(truth: Array, scores: Array, bins: int = BINS) -> Reliability:
    """The reliability curve of `scores` (0 to 1) against `truth` (0 or 1), in bins of equal width."""
    place = np.minimum((scores * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        inside = place == number
        if count := int(inside.sum()):
            found.append(Bin(count, float(scores[inside].mean()), float(truth[inside].mean())))
    return Reliability(tuple(found))
