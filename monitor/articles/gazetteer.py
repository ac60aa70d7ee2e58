"""The names of all actors as automata, one a language (pure).

Matching is by Aho and Corasick ("Efficient string matching: an aid to bibliographic search", 1975). An
automaton is built when its language is first met; the English one takes a tenth of a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from monitor.articles.names import ENGLISH, of_cities, of_states, spellings
from monitor.articles.roster import Listed, Roster, load
from monitor.records import Actor, ActorKind, NameKind


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name may stand for. One that is not `sure` needs something else to speak for it."""

    listed: Listed
    how: NameKind
    sure: bool = True


@dataclass(slots=True)
class Word:
    """A text that the automaton finds: a name of actors, a decoy, a word that speaks for or against some.

    A decoy is a longer name that must not be taken for its part: it is a name without senses. `unless` and
    `only` are the keys of actors that have it in their lists. `left` and `right` say whether a word boundary
    is needed there.
    """

    text: str
    is_name: bool = False
    senses: tuple[Sense, ...] = ()
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    left: bool = field(default=True)
    right: bool = field(default=True)


class Gazetteer:
    """All names of a roster, as one automaton a language."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.listed = _with_all_states(roster)
        regions = "|".join(map(re.escape, sorted(roster.context.regions, key=len, reverse=True)))
        self.region_after = re.compile(rf", ?({regions or '$.'})(?!\w)")
        names = {name: one.actor.key for one in self.listed for name in (one.actor.name, *one.names)}
        self.state_regions = {name: names[name] for name in roster.context.regions if name in names}
        self._automata: dict[str, Any] = {}

    def automaton(self, language: str) -> Any:
        """The automaton of a language: iterating a text gives (last offset, Word)."""
        if language not in self._automata:
            self._automata[language] = _automaton(_words(self.listed, language))
        return self._automata[language]


@cache
def of(seeds: Path) -> Gazetteer:
    """The gazetteer of a folder of seeds, read once a process.

    Raises:
        Misconfigured: see `roster.load`.
    """
    return Gazetteer(load(seeds))


def _with_all_states(roster: Roster) -> tuple[Listed, ...]:
    """The roster, with every state of ISO 3166 and under its English name."""
    mine = {one.actor.key: one for one in roster.listed}
    found = []
    for key, names in of_states(ENGLISH).items():
        one = mine.pop(key, Listed(Actor(key, ActorKind.STATE, names[0], key)))
        name = one.names[0] if one.names else names[0]
        found.append(replace(one, actor=replace(one.actor, name=name)))
    return (*found, *mine.values())


def _words(listed: Iterable[Listed], language: str) -> dict[str, Word]:
    found: dict[str, Word] = {}
    states, cities = of_states(language), of_cities(language)
    for one in listed:
        for name, sense in _names(one, states.get(one.actor.key, ()), cities, english=language == ENGLISH):
            for text in spellings(name):
                word = found.setdefault(text, Word(text))
                word.is_name = True
                if all(known.listed is not one for known in word.senses):
                    word.senses += (sense,)
    for one in listed:
        for text in (text for name in one.decoys for text in spellings(name)):
            found.setdefault(text, Word(text)).senses = ()
            found[text].is_name = True
        for text in (text for cue in one.unless for text in spellings(cue)):
            found.setdefault(text, Word(text)).unless += (one.actor.key,)
        for text in (text for cue in one.only for text in spellings(cue)):
            found.setdefault(text, Word(text)).only += (one.actor.key,)
    return found


def _names(
    one: Listed, local: Iterable[str], cities: Mapping[str, tuple[str, ...]], *, english: bool
) -> Iterator[tuple[str, Sense]]:
    name, metonym = Sense(one, NameKind.NAME), Sense(one, NameKind.METONYM)
    yield from ((text, name) for text in (*one.names, *local) if text not in one.skip)
    yield from ((text, metonym) for text in one.metonyms)
    yield from ((text, metonym) for city in one.metonyms for text in cities.get(city, ()))
    yield from ((text, replace(name, sure=False)) for text in one.maybe)
    if english:
        yield from ((text, Sense(one, NameKind.DEMONYM)) for text in one.demonyms)


# Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, kana and Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def _automaton(words: Mapping[str, Word]) -> Any:
    import ahocorasick

    found = ahocorasick.Automaton()
    for text, word in words.items():
        if any(map(str.isalnum, text)):
            spaced = not _UNSPACED.search(text)
            word.left, word.right = spaced and text[0].isalnum(), spaced and text[-1].isalnum()
            found.add_word(text, word)
    found.make_automaton()
    return found
