"""How many hits a stream of news gives, and how many of them are right (pure but for reading files)."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.topics.classify import Classifier

_Z = 1.96  # standard deviations of an interval of 95 percent


@dataclass(frozen=True, slots=True)
class Said:
    """What a reader said of an item: its topics, and those on which nobody said anything."""

    topics: frozenset[str]
    disputed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Stream:
    """Items of news in order, each with the name that labels call it by."""

    names: tuple[str, ...]
    texts: tuple[TopicText, ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """The hits of one topic by the numbers of their items, with what people said of those that they read."""

    items: int
    numbers: tuple[int, ...]
    right: int
    read: int

    @property
    def per_10_000(self) -> float:
        """Hits in ten thousand items."""
        return 10_000 * len(self.numbers) / max(self.items, 1)

    @property
    def precision(self) -> float | None:
        """The share of the hits that were read that is right; None where none was."""
        return self.right / self.read if self.read else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval of 95 percent around `precision`; 0 to 1 where nothing was read."""
        if not self.read:
            return 0.0, 1.0
        share, n = self.right / self.read, self.read
        middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
        reach = _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
        return middle - reach, middle + reach


def count(classifier: Classifier, stream: Stream, said: Mapping[str, Said]) -> dict[str, Hits]:
    """The hits of every topic on `stream`; `said` has labels by the name of an item."""
    scores = classifier.score(stream.texts)
    found = {}
    for column, topic in enumerate(classifier.topics):
        numbers = tuple(n for n, row in enumerate(scores) if row[column].score >= row[column].threshold)
        labels = [said[stream.names[n]] for n in numbers if stream.names[n] in said]
        read = [one for one in labels if topic not in one.disputed]
        found[topic] = Hits(len(scores), numbers, sum(topic in one.topics for one in read), len(read))
    return found


def sample(hits: Hits, most: int, seed: int) -> tuple[int, ...]:
    """At most so many hits, drawn at random; the same seed draws the same."""
    return tuple(sorted(random.Random(seed).sample(hits.numbers, min(most, len(hits.numbers)))))


def read_stream(path: Path) -> Stream:
    """The items of a file of JSON lines with `id`, `title` and `summary`, plain or gzip.

    Raises:
        Misconfigured: it cannot be read, or a line is no such item; the message has its number.
    """
    found = [
        (str(one["id"]), TopicText(one["title"], one.get("summary") or "")) for one in _lines(path, "title")
    ]
    return Stream(tuple(name for name, _ in found), tuple(text for _, text in found))


def read_labels(path: Path) -> dict[str, Said]:
    """The labels of a file of JSON lines with `id`, `topics` and `disputed`, by id.

    Raises:
        Misconfigured: as `read_stream`.
    """
    return {
        str(one["id"]): Said(frozenset(one["topics"]), frozenset(one.get("disputed") or ()))
        for one in _lines(path, "topics")
    }


def _lines(path: Path, key: str) -> list[dict[str, Any]]:
    found = []
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                one = json.loads(line)
                if not isinstance(one, dict) or "id" not in one or key not in one:
                    raise Misconfigured(f"{path}, line {number}: write one object with id and {key}")
                found.append(one)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} cannot be read: name a file of JSON lines ({error})") from error
    return found
