"""How far figures would move on other samples of the same news: percentile bootstrap intervals (pure)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from monitor.topics.evaluate import Truth
from monitor.topics.grams import Array

SAMPLES = 1_000
LEVEL = 0.95
FIGURES = ("precision", "recall", "f1", "average_precision")
_ROWS = 100  # samples in one matrix: 100 x 8 bytes an item

Interval = tuple[float, float]


def intervals(
    truth: Truth, scores: Array, threshold: float, samples: int = SAMPLES
) -> Mapping[str, Interval]:
    """The interval of each of `FIGURES` at `LEVEL`; the same input gives the same intervals.

    Items are drawn with replacement; the figures of a draw are those of the items weighed by how
    often each was drawn. Source: Efron and Tibshirani (1993), chapter 13.
    """
    if not len(truth):
        return dict.fromkeys(FIGURES, (0.0, 0.0))
    drawn = _draws(truth, scores, threshold, samples)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return {name: (float(low[at]), float(high[at])) for at, name in enumerate(FIGURES)}


def _draws(truth: Truth, scores: Array, threshold: float, samples: int) -> Array:
    """A row of `FIGURES` for each sample."""
    order = np.argsort(-scores, kind="stable")
    ranked, ordered = truth[order].astype(float), scores[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    hits = int((ordered >= threshold).sum())
    generator = np.random.default_rng(0)
    found = []
    for at in range(0, samples, _ROWS):
        rows = min(_ROWS, samples - at)
        drawn = generator.multinomial(len(truth), np.full(len(truth), 1 / len(truth)), rows).astype(float)
        right, taken = np.cumsum(drawn * ranked, axis=1), np.cumsum(drawn, axis=1)
        found.append(_figures(right, taken, hits, last))
    return np.vstack(found)


def _figures(right: Array, taken: Array, hits: int, last: NDArray[np.intp]) -> Array:
    """Figures from running counts of right and taken items, best score first.

    Args:
        hits: how many items reach the threshold.
        last: where each run of equal scores ends; average precision takes them together.
    """
    positives = right[:, -1]
    some = np.maximum(positives, 1)
    found, shown = (right[:, hits - 1], taken[:, hits - 1]) if hits else (0 * positives, 0 * positives)
    steps = np.diff(right[:, last], axis=1, prepend=0)
    average = (steps * right[:, last] / np.maximum(taken[:, last], 1)).sum(axis=1) / some
    f1 = 2 * found / np.maximum(shown + positives, 1)
    return np.column_stack([found / np.maximum(shown, 1), found / some, f1, average])
