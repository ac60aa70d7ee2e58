"""Measure a classifier on labelled items; the figures that training, the model card and CI quote."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import Misconfigured, Permanent
from monitor.records import TopicText
from monitor.topics.classify import Classifier
from monitor.topics.grams import Array

Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelledItem:
    """A text with the topics that a person gave it; `disputed` topics are left out of the count.

    `source` and `stratum` say where it comes from and how it was found; both may be empty.
    """

    text: TopicText
    topics: frozenset[str]
    disputed: frozenset[str] = frozenset()
    source: str = ""
    stratum: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """How one topic fares at its threshold; `n` items carry it."""

    precision: float
    recall: float
    f1: float
    average_precision: float
    threshold: float
    n: int

    def as_dict(self) -> dict[str, float | int]:
        """The figures by name, rounded to four places."""
        shown: dict[str, float | int] = {
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "average_precision": round(self.average_precision, 4),
            "threshold": round(self.threshold, 4),
        }
        return shown | {"n": self.n}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of every topic on one set of `items` texts."""

    topics: Mapping[str, TopicFigures]
    items: int

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the topics."""
        return float(np.mean([found.f1 for found in self.topics.values()]))

    @property
    def macro_average_precision(self) -> float:
        """The mean average precision of the topics."""
        return float(np.mean([found.average_precision for found in self.topics.values()]))

    def as_dict(self) -> dict[str, Any]:
        """`topics.NAME.{precision,recall,f1,average_precision,threshold,n}` and `macro.{...}`."""
        macro = {"f1": self.macro_f1, "average_precision": self.macro_average_precision}
        return {
            "topics": {name: found.as_dict() for name, found in self.topics.items()},
            "macro": {name: round(value, 4) for name, value in macro.items()},
            "items": self.items,
        }


def evaluate(classifier: Classifier, items: Sequence[LabelledItem]) -> Evaluation:
    """The figures of `classifier` on `items`, at its own thresholds."""
    return measure(classifier.topics, classifier.thresholds, items, score_table(classifier, items))


def score_table(classifier: Classifier, items: Sequence[LabelledItem]) -> Array:
    """The scores of `classifier`: a row for each item, a column for each of its topics."""
    scores = classifier.score([item.text for item in items])
    table = np.asarray([[one.score for one in row] for row in scores], float)
    return table.reshape(len(items), len(classifier.topics))


def measure(
    topics: Sequence[str], thresholds: Sequence[float], items: Sequence[LabelledItem], scores: Array
) -> Evaluation:
    """The figures of `scores`, a row for each item and a column for each topic."""
    found = {}
    for column, (topic, threshold) in enumerate(zip(topics, thresholds, strict=True)):
        found[topic] = figures(*counted(topic, items, scores[:, column]), threshold)
    return Evaluation(found, len(items))


def counted(topic: str, items: Sequence[LabelledItem], scores: Array) -> tuple[Truth, Array]:
    """The truth and the scores of the items on which `topic` is not disputed."""
    kept = np.asarray([topic not in item.disputed for item in items], bool)
    truth = np.asarray([topic in item.topics for item in items], bool)
    return truth[kept], scores[kept]


def figures(truth: Truth, scores: Array, threshold: float) -> TopicFigures:
    """The figures of one topic: `truth` and `scores` have an entry for each item."""
    hits = scores >= threshold
    right = int((hits & truth).sum())
    precision = right / max(int(hits.sum()), 1)
    recall = right / max(int(truth.sum()), 1)
    f1 = 2 * precision * recall / (precision + recall) if right else 0.0
    return TopicFigures(precision, recall, f1, _average_precision(truth, scores), threshold, int(truth.sum()))


def _average_precision(truth: Truth, scores: Array) -> float:
    """The area under the steps of precision over recall, equal scores taken together."""
    positives = int(truth.sum())
    if not positives:
        return 0.0
    order = np.argsort(-scores, kind="stable")
    ranked, ordered = truth[order], scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    right = np.cumsum(ranked)[last]
    taken = np.flatnonzero(last) + 1
    gained = np.diff(right, prepend=0)
    return float((right / taken * gained).sum() / positives)


def read_items(path: Path) -> list[LabelledItem]:
    """The items of a file of JSON lines with `title`, `summary`, `topics`, maybe `text` and `disputed`.

    Raises:
        Misconfigured: there is no such file.
        Permanent: a line is no such item; the message has its number.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: name a file of JSON lines in UTF-8 ({error})") from error
    return [_item(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _item(path: Path, number: int, line: str) -> LabelledItem:
    where = f"{path}, line {number}"
    try:
        found = json.loads(line)
    except ValueError as error:
        raise Permanent(f"{where}: not JSON ({error}): write one object a line") from error
    if not isinstance(found, dict):
        raise Permanent(f"{where}: not an object: write title, summary and topics between braces")
    texts = [found.get(key) or "" for key in ("title", "summary", "text")]
    if not all(isinstance(text, str) for text in texts) or not any(text.strip() for text in texts):
        raise Permanent(f"{where}: title, summary and text must be strings, and one of them filled")
    return LabelledItem(
        TopicText(*texts),
        _names(where, found.get("topics"), "topics"),
        _names(where, found.get("disputed") or [], "disputed"),
        str(found.get("source") or ""),
        str(found.get("stratum") or ""),
        str(found.get("language") or "en"),
    )


def _names(where: str, value: object, key: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Permanent(f"{where}: {key} must be a list of topic names, [] for none")
    return frozenset(value)
