"""The threshold that a stated target asks for, and what it is to be expected to give (pure)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from monitor.records import ScoredArticle
from monitor.topics.evaluate import Truth
from monitor.topics.grams import Array

PLACES = 3  # of a threshold as a card holds it
LOWEST, HIGHEST = 0.001, 0.999


@dataclass(frozen=True)
class Judged:
    """Scores of one topic with what is true of them: 1 and 0 by people, between them by expectation."""

    scores: Array
    truth: Array
    judged: int  # by people

    @classmethod
    def of(cls, truth: Truth, scores: Array) -> Judged:
        """Items that were labelled, all of them."""
        return cls(scores, truth.astype(float), len(truth))

    @classmethod
    def stored(cls, articles: Iterable[ScoredArticle], said: Mapping[int, bool]) -> Judged:
        """Stored articles: what people said of one (by its number), or its score as a probability."""
        found = list(articles)
        scores = np.asarray([one.score for one in found], float)
        truth = np.asarray([float(said.get(one.article_id, one.score)) for one in found], float)
        return cls(scores, truth, sum(one.article_id in said for one in found))


@dataclass(frozen=True)
class Volume:
    """The highest score of each story, and how many days they span: a story alerts once."""

    scores: Array
    days: float

    @classmethod
    def of(cls, articles: Iterable[ScoredArticle], days: float) -> Volume:
        best: dict[int, float] = {}
        for one in articles:
            story = one.story_id if one.story_id is not None else -one.article_id
            best[story] = max(best.get(story, 0.0), one.score)
        return cls(np.asarray(list(best.values()), float), days)

    def a_day(self, threshold: float) -> float:
        """Stories a day at or above the threshold."""
        return float((self.scores >= threshold).sum()) / self.days


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold and what it gives; None where nothing at hand tells it."""

    threshold: float
    precision: float | None
    recall: float | None
    a_day: float | None


def for_precision(judged: Judged, target: float) -> float | None:
    """The lowest threshold at which the share of right hits is at least `target`; None where none is."""
    order = np.argsort(-judged.scores, kind="stable")
    ranked = judged.scores[order]
    shares = np.cumsum(judged.truth[order]) / np.arange(1, len(ranked) + 1)
    last = np.append(ranked[1:] != ranked[:-1], True) if len(ranked) else np.zeros(0, bool)
    for place in np.flatnonzero(last & (shares >= target))[::-1]:
        threshold = _between(ranked, int(place))
        hits = judged.scores >= threshold
        if hits.any() and judged.truth[hits].mean() >= target:
            return threshold
    return None


def for_volume(volume: Volume, a_day: float) -> float | None:
    """The lowest threshold with at most `a_day` alerts a day; None where the highest scores are too many."""
    ranked = np.sort(volume.scores)[::-1]
    allowed = math.floor(a_day * volume.days)
    for place in range(min(allowed, len(ranked)) - 1, -1, -1):
        threshold = _between(ranked, place)
        if volume.a_day(threshold) <= a_day:
            return threshold
    return HIGHEST if volume.a_day(HIGHEST) <= a_day else None


def expect(threshold: float, judged: Judged | None, volume: Volume | None) -> Choice:
    """What a threshold gives on what is at hand."""
    precision = recall = None
    if judged is not None and len(judged.scores):
        hits = judged.scores >= threshold
        right, whole = float(judged.truth[hits].sum()), float(judged.truth.sum())
        precision = right / int(hits.sum()) if hits.any() else None
        recall = right / whole if whole else None
    return Choice(threshold, precision, recall, volume.a_day(threshold) if volume is not None else None)


def _between(ranked: Array, place: int) -> float:
    """A short number that keeps the entries up to `place` and, where it can, none below them.

    It lies halfway to the next score: it will be asked of articles that are not at hand.
    """
    below = float(ranked[place + 1]) if place + 1 < len(ranked) else 0.0
    middle = round((float(ranked[place]) + below) / 2, PLACES)
    if not below < middle <= float(ranked[place]):
        middle = math.floor(float(ranked[place]) * 1000) / 1000
    return min(max(middle, LOWEST), HIGHEST)
