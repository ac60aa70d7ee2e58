"""What a classifier learns from, counted: by source file, topic, kind and language (pure but for reading)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.topics import cards
from monitor.topics.cards import TopicCard
from monitor.topics.evaluate import LabelledItem, read_items

CARDS = "topic cards"
BRIEFINGS = "briefings"
LABELS = "labels of people"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items one source holds; an item may have several topics, or none."""

    items: int
    topics: Mapping[str, int]
    kinds: Mapping[str, int]
    languages: Mapping[str, int]


Material = Mapping[str, Counts]
"""By source: the name of an example file, or `CARDS`, `BRIEFINGS`, `LABELS`."""


def count(seeds: Path, labelled: Sequence[LabelledItem] = ()) -> dict[str, Counts]:
    """The material in `seeds/`, and items that people labelled; a text that comes twice counts twice.

    Raises:
        Misconfigured, Permanent: a card, a briefing or an example file is wrong.
    """
    known = cards.load(seeds)
    found = {}
    for path in sorted((seeds / "examples").glob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")
        kinds = [str(json.loads(line).get("kind") or "") for line in lines if line.strip()]
        found[path.name] = _counts(read_items(path), kinds)
    found[CARDS] = _of_cards(known)
    told = cards.passages(seeds, frozenset(card.name for card in known))
    topics = Counter(topic for passage in told for topic in passage.topics)
    found[BRIEFINGS] = Counts(len(told), _ranked(topics), {"passage": len(told)}, {"en": len(told)})
    if labelled:
        found[LABELS] = _counts(labelled, ())
    return {name: counts for name, counts in found.items() if counts.items}


def _counts(items: Sequence[LabelledItem], kinds: Iterable[str]) -> Counts:
    topics = Counter(topic for item in items for topic in item.topics)
    languages = Counter(item.language for item in items)
    return Counts(len(items), _ranked(topics), _ranked(Counter(filter(None, kinds))), _ranked(languages))


def _of_cards(known: Sequence[TopicCard]) -> Counts:
    topics = Counter({card.name: len(card.examples) + len(card.passages) for card in known})
    kinds = Counter(
        {
            "example": sum(len(card.examples) for card in known),
            "near miss": sum(len(card.near_misses) for card in known),
            "passage": sum(len(card.passages) for card in known),
        }
    )
    return Counts(kinds.total(), _ranked(topics), _ranked(kinds), {})


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return {
        name: number for name, number in sorted(counts.items(), key=lambda one: (-one[1], one[0])) if number
    }


def whole(material: Material) -> Counts:
    """All sources together."""
    parts = material.values()

    def together(each: Iterable[Mapping[str, int]]) -> dict[str, int]:
        total: Counter[str] = Counter()
        for one in each:
            total.update(one)
        return _ranked(total)

    return Counts(
        sum(one.items for one in parts),
        together(one.topics for one in parts),
        together(one.kinds for one in parts),
        together(one.languages for one in parts),
    )


def to_json(material: Material) -> dict[str, Any]:
    """The counts as `scores.json` holds them."""
    return {
        name: {"items": one.items, "topics": one.topics, "kinds": one.kinds, "languages": one.languages}
        for name, one in material.items()
    }


def from_json(held: Mapping[str, Any]) -> dict[str, Counts]:
    """The counts that `to_json` gave.

    Raises:
        KeyError, TypeError: it is something else.
    """
    return {
        name: Counts(int(one["items"]), dict(one["topics"]), dict(one["kinds"]), dict(one["languages"]))
        for name, one in held.items()
    }
