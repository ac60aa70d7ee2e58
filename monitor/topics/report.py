"""The whole report on a classifier and a labelled set: figures with intervals, parts, mistakes (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from monitor.records import TopicText
from monitor.topics.bootstrap import Interval, intervals
from monitor.topics.calibration import Reliability, reliability
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation, LabelledItem, counted, measure, score_table
from monitor.topics.grams import Array


@dataclass(frozen=True, slots=True)
class Mistake:
    """An item on the wrong side of the threshold: a false alarm, or a report that was missed."""

    topic: str
    false_alarm: bool
    score: float
    source: str
    text: TopicText


@dataclass(frozen=True)
class Report:
    """What `monitor evaluate topics` shows; `scores` has a row an item and a column a topic."""

    version: str
    items: Sequence[LabelledItem]
    scores: Array
    whole: Evaluation
    intervals: Mapping[str, Mapping[str, Interval]]
    reliability: Mapping[str, Reliability]
    by_source: Mapping[str, Evaluation]
    by_stratum: Mapping[str, Evaluation]
    mistakes: tuple[Mistake, ...]

    def as_dict(self) -> dict[str, Any]:
        """One object: `topics` and `macro` as agreed, then intervals, calibration and parts."""
        return self.whole.as_dict() | {
            "classifier": self.version,
            "intervals": {
                topic: {name: [round(low, 4), round(high, 4)] for name, (low, high) in found.items()}
                for topic, found in self.intervals.items()
            },
            "expected_calibration_error": {
                topic: round(found.expected_error, 4) for topic, found in self.reliability.items()
            },
            "sources": {name: found.as_dict() for name, found in self.by_source.items()},
            "strata": {name: found.as_dict() for name, found in self.by_stratum.items()},
        }


def report(classifier: Classifier, items: Sequence[LabelledItem]) -> Report:
    """Measure `classifier` on `items`, at its own thresholds."""
    scores = score_table(classifier, items)
    topics, thresholds = classifier.topics, classifier.thresholds
    bounds, curves = {}, {}
    for column, topic in enumerate(topics):
        truth, found = counted(topic, items, scores[:, column])
        bounds[topic] = intervals(truth, found, thresholds[column])
        curves[topic] = reliability(truth.astype(float), found)

    def parts(key: Callable[[LabelledItem], str]) -> dict[str, Evaluation]:
        names = sorted({key(item) for item in items} - {""})
        where = {name: [n for n, item in enumerate(items) if key(item) == name] for name in names}
        return {
            name: measure(topics, thresholds, [items[n] for n in rows], scores[rows])
            for name, rows in where.items()
        }

    return Report(
        version=classifier.version,
        items=items,
        scores=scores,
        whole=measure(topics, thresholds, items, scores),
        intervals=bounds,
        reliability=curves,
        by_source=parts(lambda item: item.source),
        by_stratum=parts(lambda item: item.stratum),
        mistakes=_mistakes(classifier, items, scores),
    )


def _mistakes(classifier: Classifier, items: Sequence[LabelledItem], scores: Array) -> tuple[Mistake, ...]:
    """By topic, false alarms first, the surest first."""
    found = []
    for column, (topic, threshold) in enumerate(zip(classifier.topics, classifier.thresholds, strict=True)):
        for number in np.argsort(-scores[:, column], kind="stable"):
            item, score = items[number], float(scores[number, column])
            wrong = (score >= threshold) != (topic in item.topics)
            if wrong and topic not in item.disputed:
                found.append(Mistake(topic, score >= threshold, score, item.source, item.text))
    return tuple(sorted(found, key=lambda one: (one.topic, not one.false_alarm)))
