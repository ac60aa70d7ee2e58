"""What a hit is held against: the clauses of its card and the passages that the topic comes from (pure).

Both are found by likeness. A clause of a card is short and a report rarely uses its words, so each
clause is widened first by the examples nearest to it (the seeded k-means of Basu, Banerjee and Mooney,
2002, with cosine likeness): "deliveries of munitions" then knows "shells" too.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.topics.phrases import STOP, tokens

STEM = 5  # letters of a word that count: "supply" and "supplied" are one
ROUNDS = 3
KEPT = 150  # stems of an anchor, the heaviest
OWN = 2.0  # weight of a clause's own words beside the mean of its examples

Vector = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A clause or a passage with its direction: weights of stems, of length one."""

    text: str
    document: str
    direction: Vector


@dataclass(frozen=True, slots=True)
class Anchors:
    """The clauses and passages of each topic, the rarity of stems, and the version of each card."""

    clauses: Mapping[str, tuple[Anchor, ...]] = field(default_factory=dict)
    passages: Mapping[str, tuple[Anchor, ...]] = field(default_factory=dict)
    rarity: Vector = field(default_factory=dict)
    cards: Mapping[str, str] = field(default_factory=dict)

    def clause(self, topic: str, text: str) -> str:
        """The clause of the topic's card that `text` is nearest to; the first where it is near none."""
        known = self.clauses.get(topic, ())
        near = self._nearest(known, text)
        return near.text if near else known[0].text if known else ""

    def passage(self, topic: str, text: str) -> tuple[str, str]:
        """The seed passage nearest to `text` and its document; both empty where none is near."""
        near = self._nearest(self.passages.get(topic, ()), text)
        return (near.text, near.document) if near else ("", "")

    def _nearest(self, known: Sequence[Anchor], text: str) -> Anchor | None:
        own = _direction(text, self.rarity)
        likeness = [(_cosine(own, anchor.direction), -place) for place, anchor in enumerate(known)]
        best = max(likeness, default=(0.0, 0))
        return known[-best[1]] if best[0] > 0 else None


def build(
    clauses: Mapping[str, Sequence[str]],
    passages: Mapping[str, Sequence[tuple[str, str]]],
    examples: Sequence[tuple[str, frozenset[str]]],
    cards: Mapping[str, str],
) -> Anchors:
    """The anchors of all topics.

    Args:
        clauses: what is in, by topic.
        passages: document and text, by topic.
        examples: a text and the topics it reports on.
        cards: the content hash of each topic's card.
    """
    rarity = _rarity([text for text, _ in examples])
    positives = {
        topic: [_direction(text, rarity) for text, topics in examples if topic in topics] for topic in clauses
    }
    widened = {topic: _widened(texts, positives[topic], rarity) for topic, texts in clauses.items()}
    found = {
        topic: tuple(Anchor(text, name, _trimmed(_direction(text, rarity))) for name, text in known)
        for topic, known in passages.items()
    }
    held = {stem for group in (*widened.values(), *found.values()) for one in group for stem in one.direction}
    kept = {stem: round(rarity.get(stem, _unseen(examples)), 4) for stem in sorted(held)}
    return Anchors(widened, found, kept, dict(cards))


def _widened(texts: Sequence[str], examples: Sequence[Vector], rarity: Vector) -> tuple[Anchor, ...]:
    own: list[Vector] = [_direction(text, rarity) for text in texts]
    centres = own
    for _ in range(ROUNDS if texts else 0):
        near: list[list[Vector]] = [[] for _ in texts]
        for example in examples:
            likeness = [_cosine(example, centre) for centre in centres]
            best = max(likeness)
            if best > 0:
                near[likeness.index(best)].append(example)
        centres = [_centre(one, group) for one, group in zip(own, near, strict=True)]
    return tuple(Anchor(text, "", _trimmed(centre)) for text, centre in zip(texts, centres, strict=True))


def _centre(own: Vector, group: Sequence[Vector]) -> Vector:
    total: dict[str, float] = defaultdict(float)
    for one in group:
        for stem, weight in one.items():
            total[stem] += weight / len(group)
    for stem, weight in own.items():
        total[stem] += OWN * weight
    return _unit(total)


def _stems(text: str) -> list[str]:
    return [word[:STEM] for word in tokens(text) if word != STOP and len(word) > 2]


def _rarity(texts: Sequence[str]) -> dict[str, float]:
    counts = Counter(stem for text in texts for stem in set(_stems(text)))
    return {stem: math.log((1 + len(texts)) / (1 + count)) for stem, count in counts.items()}


def _unseen(examples: Sequence[object]) -> float:
    return math.log(1 + len(examples))


def _direction(text: str, rarity: Vector) -> dict[str, float]:
    """Stems by their rarity; one that is not known weighs as the rarest."""
    rarest = max(rarity.values(), default=1.0)
    return _unit({stem: rarity.get(stem, rarest) for stem in _stems(text)})


def _unit(weights: Mapping[str, float]) -> dict[str, float]:
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {stem: weight / length for stem, weight in weights.items()}


def _trimmed(direction: Vector) -> dict[str, float]:
    heaviest = sorted(direction.items(), key=lambda pair: (-pair[1], pair[0]))[:KEPT]
    return {stem: round(weight, 4) for stem, weight in _unit(dict(heaviest)).items() if weight > 0}


def _cosine(one: Vector, other: Vector) -> float:
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    return sum(weight * large[stem] for stem, weight in sorted(small.items()) if stem in large)


def to_json(anchors: Anchors) -> str:
    """The anchors as text for the artefact."""
    return json.dumps(
        {
            "clauses": _listed(anchors.clauses),
            "passages": _listed(anchors.passages),
            "rarity": anchors.rarity,
            "cards": anchors.cards,
        },
        sort_keys=True,
    )


def from_json(text: str) -> Anchors:
    """The anchors that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: the text is something else.
    """
    held = json.loads(text)
    return Anchors(_anchored(held["clauses"]), _anchored(held["passages"]), held["rarity"], held["cards"])


def _listed(groups: Mapping[str, Iterable[Anchor]]) -> dict[str, list[list[object]]]:
    return {topic: [[a.text, a.document, a.direction] for a in known] for topic, known in groups.items()}


def _anchored(groups: Mapping[str, Sequence[Sequence[object]]]) -> dict[str, tuple[Anchor, ...]]:
    return {topic: tuple(_anchor(*one) for one in known) for topic, known in groups.items()}


def _anchor(text: object, document: object, direction: object) -> Anchor:
    if not isinstance(direction, dict):
        raise TypeError("an anchor has no direction")
    return Anchor(str(text), str(document), direction)
