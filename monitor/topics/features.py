"""From a text to numbers: weighted n-grams of its words beside what the topic cards find in it (pure).

A text is read in units of some sixty words: its head (title with summary or lead) and, where there
is more of it, windows of its sentences. Each unit becomes one sparse row:

    words   TF-IDF of single words and pairs, binary counts, length one, times `WORDS_SCALE`
    cards   for each card what its phrases weigh together (`CARD_FEATURES`)
    lists   1 for each word list that is met
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from monitor.records import TopicText
from monitor.text import sentences
from monitor.topics.cards import CardTerm
from monitor.topics.phrases import STOP, Found, Phrasebook, compile_phrase, tokens

HEAD_WORDS = 80  # a feed's summary has about 30; what a reader sees before a click
WINDOW_WORDS = 60
MAX_WINDOWS = 120  # some 7,000 words: longer texts are books, and repeat themselves
WORDS_SCALE = 4.0
LIST_SCALE = 0.5
_UNIT_WEIGHT = 4.0  # card sums are divided by it, so that one strong phrase makes about 1
_FADING = 0.6  # each further phrase counts so much less: many of them say the same thing
CARD_FEATURES = ("sum", "strongest", "net", "net_some", "net_strong", "in_title", "against")

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of a text; the first `title_words` of `words` are its title's."""

    source: str
    words: tuple[str, ...]
    title_words: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """Column `column` of a row with its value, and the words of the text that it stands for."""

    column: int
    value: float
    words: tuple[tuple[str, float], ...]  # each with its part of the value; the parts add up to 1


def head(text: TopicText) -> Unit:
    """The unit that every text has: its title with its summary or the first words of its text."""
    lead = text.summary or _lead(text.text)
    title = tokens(text.title)
    body = tokens(_lead(lead)) if lead else []
    words = (*title, STOP, *body) if body else tuple(title)
    return Unit(f"{text.title}\n{lead}" if lead else text.title, words, len(title))


def windows(text: TopicText) -> list[Unit]:
    """Runs of sentences of the text, each overlapping the next by one; none where the head has it all."""
    if len(text.text) <= max(len(text.summary), 300):
        return []
    cut = [(sentence, tokens(sentence)) for sentence in sentences(text.text)]
    found: list[Unit] = []
    start = 0
    while start < len(cut) and len(found) < MAX_WINDOWS:
        end, length = start, 0
        while end < len(cut) and (length < WINDOW_WORDS or end == start):
            length += len(cut[end][1])
            end += 1
        words = itertools.chain(*((*words, STOP) for _, words in cut[start:end]))
        found.append(Unit("\n".join(sentence for sentence, _ in cut[start:end]), tuple(words)))
        if end == len(cut):
            break
        start = max(end - 1, start + 1)
    return found


def _lead(text: str) -> str:
    return text if len(text) < HEAD_WORDS * 4 else " ".join(text.split(maxsplit=HEAD_WORDS)[:HEAD_WORDS])


def grams(words: Sequence[str]) -> Iterable[str]:
    """Single words and pairs of neighbours in one sentence."""
    for first, second in itertools.pairwise(words):
        if first != STOP:
            yield first
            if second != STOP:
                yield f"{first} {second}"
    if words and words[-1] != STOP:
        yield words[-1]


class Encoder:
    """Turns units into rows; holds the vocabulary with its weights and the compiled cards."""

    def __init__(
        self,
        vocabulary: Sequence[str],
        idf: Array,
        cards: Mapping[str, Sequence[CardTerm]],
        lists: Mapping[str, Sequence[str]],
    ) -> None:
        self.vocabulary = tuple(vocabulary)
        self.idf = idf
        self.cards = {name: tuple(terms) for name, terms in cards.items()}
        self.lists = {name: tuple(members) for name, members in lists.items()}
        self._index = {gram: number for number, gram in enumerate(self.vocabulary)}
        self._weights = [float(weight) for weight in idf]
        terms = [(card, term) for card, name in enumerate(self.cards) for term in self.cards[name]]
        self._card_of = [card for card, _ in terms]
        self._term_weight = [term.weight for _, term in terms]
        self._book = Phrasebook([compile_phrase(term.text, self.lists) for _, term in terms], self.lists)
        self._first_card = len(self.vocabulary)
        self._first_list = self._first_card + len(CARD_FEATURES) * len(self.cards)
        self._list_columns = {
            symbol: self._first_list + number
            for number, symbol in enumerate(self._book.list_symbols.values())
        }
        self.width = self._first_list + len(self._list_columns)

    def rows(self, units: Sequence[Unit]) -> csr_matrix:
        """One sparse row of `width` columns for each unit; a row depends on its unit alone."""
        columns: list[int] = []
        values: list[float] = []
        ends = [0]
        for unit in units:
            self._append(unit, columns, values)
            ends.append(len(columns))
        shape = (len(units), self.width)
        return csr_matrix((np.asarray(values, float), np.asarray(columns, np.int32), ends), shape=shape)

    def _append(self, unit: Unit, columns: list[int], values: list[float]) -> None:
        index, weights = self._index, self._weights
        known = sorted({index[gram] for gram in grams(unit.words) if gram in index})
        found = [weights[column] for column in known]
        length = math.sqrt(sum(weight * weight for weight in found)) or 1.0
        columns += known
        values += [WORDS_SCALE * weight / length for weight in found]
        spans = self._book.spans(unit.words)
        for column, value in self._card_values(self._book.find(unit.words, spans), unit.title_words):
            columns.append(column)
            values.append(value)
        for symbol, column in self._list_columns.items():
            if symbol in spans:
                columns.append(column)
                values.append(LIST_SCALE)

    def _card_values(self, found: Iterable[Found], title_words: int) -> Iterable[tuple[int, float]]:
        by_card: dict[int, list[tuple[float, bool]]] = {}
        for place in found:
            weighed = (self._term_weight[place.number] / _UNIT_WEIGHT, place.start < title_words)
            by_card.setdefault(self._card_of[place.number], []).append(weighed)
        for card in sorted(by_card):
            total = _together(weight for weight, _ in by_card[card])
            speaking = [weight for weight, _ in by_card[card] if weight > 0]
            against = _together(-weight for weight, _ in by_card[card])
            titled = _together(weight for weight, early in by_card[card] if early)
            net = max(total - against, 0.0)
            row = (
                total,
                max(speaking, default=0.0),
                net,
                float(net >= 0.5),
                float(net >= 1.2),
                titled,
                against,
            )
            first = self._first_card + card * len(CARD_FEATURES)
            yield from ((first + number, value) for number, value in enumerate(row) if value)

    def shares(self, unit: Unit) -> list[Share]:
        """The row of a unit again, each value with the words of the text that it comes from."""
        row = self.rows([unit])
        spans = self._book.spans(unit.words)
        found = self._book.find(unit.words, spans)
        places = {self._list_columns[s]: spans[s] for s in spans if s in self._list_columns}
        shares = []
        for column, value in zip(row.indices.tolist(), row.data.tolist(), strict=True):
            if column < self._first_card:
                words = {self.vocabulary[column]: 1.0}
            elif column < self._first_list:
                words = self._speakers(column, unit, found)
            else:
                words = {_said(unit, places[column][:1]): 1.0}
            whole = sum(words.values())
            shares.append(Share(column, value, tuple((w, part / whole) for w, part in words.items())))
        return shares

    def _speakers(self, column: int, unit: Unit, found: Iterable[Found]) -> dict[str, float]:
        card, feature = divmod(column - self._first_card, len(CARD_FEATURES))
        sign = -1.0 if CARD_FEATURES[feature] == "against" else 1.0
        words: dict[str, float] = {}
        for place in found:
            weight = self._term_weight[place.number] * sign
            if self._card_of[place.number] == card and weight > 0:
                said = _said(unit, place.spans)
                words[said] = words.get(said, 0.0) + weight
        return words


def _together(weights: Iterable[float]) -> float:
    """The weights above zero, added from the largest to the smallest, each faded by its rank."""
    ranked = sorted((weight for weight in weights if weight > 0), reverse=True)
    return sum(weight * _FADING**rank for rank, weight in enumerate(ranked))


def _said(unit: Unit, spans: Sequence[tuple[int, int]]) -> str:
    """The words at some places, in the order of the text; an ellipsis where others stand between."""
    said = ""
    last = -1
    for start, end in sorted(spans):
        if start < last:
            continue
        joint = "" if not said else " " if start == last else " … "
        said += joint + " ".join(unit.words[start:end])
        last = end
    return said


def vocabulary(units: Sequence[Unit], min_units: int, empty: Container[str]) -> tuple[list[str], Array]:
    """The grams that at least `min_units` units hold, in order, with their smooth inverse frequency.

    Grams of nothing but `empty` words are left out: they would weigh without meaning anything.
    """
    counts = Counter(itertools.chain.from_iterable(set(grams(unit.words)) for unit in units))
    kept = sorted(
        gram
        for gram, count in counts.items()
        if count >= min_units and not all(word in empty for word in gram.split())
    )
    idf = [math.log((1 + len(units)) / (1 + counts[gram])) + 1 for gram in kept]
    return kept, np.asarray(idf, dtype=np.float64)
