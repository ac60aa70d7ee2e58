"""What the phrases of a card find in a text by themselves, before any training (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.records import TopicText
from monitor.topics.card import CardTerm
from monitor.topics.phrases import Phrasebook, compile_phrase, tokens

ENOUGH = 4.0  # weight that makes a match: one strong term, or several that are weaker
FADING = 0.6  # each further term counts so much less: many of them say the same thing
LEAD = 600  # characters of a text's body that are read


@dataclass(frozen=True, slots=True)
class Match:
    """What a card finds in a text: the weights that speak for it less those against, and the terms."""

    weight: float
    terms: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.weight >= ENOUGH


class Rule:
    """The compiled terms of a card."""

    def __init__(self, terms: Sequence[CardTerm], lists: Mapping[str, Sequence[str]]) -> None:
        self._terms = tuple(terms)
        self._book = Phrasebook([compile_phrase(term.text, lists) for term in terms], lists)

    def match(self, text: TopicText) -> Match:
        """What the title with the summary, or with the start of the body, holds."""
        words = tokens(f"{text.title}\n{text.summary or text.text[:LEAD]}\n")
        found = {place.number for place in self._book.find(words, self._book.spans(words))}
        ranked = sorted((self._terms[number] for number in found), key=lambda term: (-term.weight, term.text))
        speaking = [term for term in ranked if term.weight > 0]
        against = [term for term in reversed(ranked) if term.weight < 0]
        total = _faded(term.weight for term in speaking) - _faded(-term.weight for term in against)
        return Match(total, tuple(term.text for term in speaking))


def _faded(weights: Iterable[float]) -> float:
    return sum(weight * FADING**rank for rank, weight in enumerate(weights))
