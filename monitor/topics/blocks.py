"""Kinds of columns: each block turns a reading into values, and tells the words behind each value (pure)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.topics.cards import CardTerm
from monitor.topics.grams import KINDS, Array, Reading, cut
from monitor.topics.phrases import Place
from monitor.topics.units import Unit

SUMS = ("sum", "strongest", "net", "net_some", "net_strong", "in_title", "against")
_UNIT_WEIGHT = 4.0  # card sums are divided by it, so that one strong phrase makes about 1
_MEMO_LIMIT = 100_000  # distinct words remembered; about 20 MB
_FADING = 0.6  # each further phrase counts so much less: many of them say the same thing

Said = Mapping[str, float]  # words of the text, each with its part


class Block(Protocol):
    """Columns 0 to `width` - 1 of a reading's row; a column comes once."""

    @property
    def width(self) -> int: ...

    def values(self, reading: Reading) -> Iterable[tuple[int, float]]:
        """The columns that are not zero, with their values."""
        ...

    def said(self, reading: Reading) -> Mapping[int, Said]:
        """For each of these columns, the words of the text it comes from."""
        ...


class GramBlock:
    """TF-IDF of grams of one kind: binary counts, length one, times `scale`."""

    def __init__(self, kind: str, vocabulary: Sequence[str], idf: Array, scale: float) -> None:
        self.kind, self.vocabulary, self.idf, self.scale = kind, tuple(vocabulary), idf, scale
        self._index = {gram: number for number, gram in enumerate(self.vocabulary)}
        self._weights = [float(weight) for weight in idf]
        self._grams = KINDS[kind]
        self._memo: dict[str, tuple[int, ...]] = {}

    @property
    def width(self) -> int:
        return len(self.vocabulary)

    def values(self, reading: Reading) -> Iterable[tuple[int, float]]:
        known = sorted(self._known(reading))
        weights = [self._weights[column] for column in known]
        length = math.sqrt(sum(weight * weight for weight in weights)) or 1.0
        factor = self.scale / length
        return zip(known, [factor * weight for weight in weights], strict=True)

    def _known(self, reading: Reading) -> set[int]:
        if self.kind == "pieces":  # most grams by far; those of a word are always the same
            return set().union(*map(self._pieces, set(reading.unit.words)))
        index = self._index
        return {index[gram] for gram, _ in self._grams(reading) if gram in index}

    def _pieces(self, word: str) -> tuple[int, ...]:
        known = self._memo.get(word)
        if known is None:
            if len(self._memo) >= _MEMO_LIMIT:
                self._memo.clear()
            known = tuple(self._index[piece] for piece in cut(word) if piece in self._index)
            self._memo[word] = known
        return known

    def said(self, reading: Reading) -> dict[int, Said]:
        found: defaultdict[int, dict[str, float]] = defaultdict(dict)
        for gram, places in self._grams(reading):
            if (column := self._index.get(gram)) is not None:
                found[column][said(reading.unit, places)] = 1.0
        return dict(found)


@dataclass(frozen=True)
class TermBlock:
    """`value` for each phrase of the cards that is found; phrases are numbered through all cards."""

    width: int
    value: float

    def values(self, reading: Reading) -> Iterator[tuple[int, float]]:
        return ((found.number, self.value) for found in reading.found)

    def said(self, reading: Reading) -> dict[int, Said]:
        return {found.number: {said(reading.unit, found.spans): 1.0} for found in reading.found}


class SumBlock:
    """For each card what its phrases weigh together: those of `SUMS` that are asked for, times `scale`."""

    def __init__(self, cards: Mapping[str, Sequence[CardTerm]], sums: Sequence[str], scale: float) -> None:
        self.sums, self.scale = tuple(sums), scale
        self._asked = [SUMS.index(name) for name in sums]
        self._card_of = [card for card, name in enumerate(cards) for _ in cards[name]]
        self._weight_of = [term.weight for name in cards for term in cards[name]]
        self.width = len(self.sums) * len(cards)

    def values(self, reading: Reading) -> Iterator[tuple[int, float]]:
        by_card: dict[int, list[tuple[float, bool]]] = {}
        for place in reading.found:
            weighed = (self._weight_of[place.number] / _UNIT_WEIGHT, place.start < reading.unit.title_words)
            by_card.setdefault(self._card_of[place.number], []).append(weighed)
        for card in sorted(by_card):
            row = _sums(by_card[card])
            for number, asked in enumerate(self._asked):
                if row[asked]:
                    yield card * len(self.sums) + number, self.scale * row[asked]

    def said(self, reading: Reading) -> dict[int, Said]:
        return {column: self._speakers(column, reading) for column, _ in self.values(reading)}

    def _speakers(self, column: int, reading: Reading) -> Said:
        card, number = divmod(column, len(self.sums))
        sign = -1.0 if self.sums[number] == "against" else 1.0
        words: dict[str, float] = {}
        for place in reading.found:
            weight = self._weight_of[place.number] * sign
            if self._card_of[place.number] == card and weight > 0:
                spoken = said(reading.unit, place.spans)
                words[spoken] = words.get(spoken, 0.0) + weight
        return words


def _sums(weighed: Sequence[tuple[float, bool]]) -> tuple[float, ...]:
    """The values of `SUMS` of one card; each phrase with its weight and whether the title has it."""
    total = _together(weight for weight, _ in weighed)
    against = _together(-weight for weight, _ in weighed)
    net = max(total - against, 0.0)
    return (
        total,
        max((weight for weight, _ in weighed if weight > 0), default=0.0),
        net,
        float(net >= 0.5),
        float(net >= 1.2),
        _together(weight for weight, titled in weighed if titled),
        against,
    )


@dataclass(frozen=True)
class ListBlock:
    """`value` for each of the word lists `names` of which a member is met."""

    names: tuple[str, ...]
    value: float

    @property
    def width(self) -> int:
        return len(self.names)

    def values(self, reading: Reading) -> Iterator[tuple[int, float]]:
        return ((at, self.value) for at, name in enumerate(self.names) if name in reading.lists)

    def said(self, reading: Reading) -> dict[int, Said]:
        lists = reading.lists
        return {
            at: {said(reading.unit, lists[name][:1]): 1.0}
            for at, name in enumerate(self.names)
            if name in lists
        }


def _together(weights: Iterable[float]) -> float:
    """The weights above zero, added from the largest to the smallest, each faded by its rank."""
    ranked = sorted((weight for weight in weights if weight > 0), reverse=True)
    return sum(weight * _FADING**rank for rank, weight in enumerate(ranked))


def said(unit: Unit, spans: Sequence[Place]) -> str:
    """The words at some places, in the order of the text; an ellipsis where others stand between."""
    spoken = ""
    last = -1
    for start, end in sorted(spans):
        if start < last:
            continue
        joint = "" if not spoken else " " if start == last else " … "
        spoken += joint + " ".join(unit.words[start:end])
        last = end
    return spoken
