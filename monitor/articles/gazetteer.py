"""The names of all actors as automata, one a language (pure).

States are named in every language of the CLDR (through babel) and of the ISO 3166 translations (through
pycountry); the other names are those of the roster. Matching is by Aho and Corasick ("Efficient string
matching: an aid to bibliographic search", 1975). An automaton is built when its language is first met.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from monitor.articles.roster import Listed, Roster, load
from monitor.records import Actor, ActorKind, NameKind

ENGLISH = "en"
_SHORTEST_UPPER = 4  # letters: shorter names in capitals ("IRAN" yes, "CAR" no) are other words


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name may stand for. `backed` names count only beside a person's full name or title."""

    listed: Listed
    how: NameKind
    backed: bool = False


Senses = tuple[Sense, ...]
"""The senses of one name; none for a decoy, a longer name that must not be taken for its part."""


class Gazetteer:
    """All names of a roster, as one automaton a language."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.listed = _with_all_states(roster)
        self._automata: dict[str, Any] = {}

    def automaton(self, language: str | None) -> Any:
        """The automaton of a language: iterating a text gives (last offset, (length, senses, spaced)).

        `spaced` names count only between word boundaries.
        """
        code = (language or ENGLISH).lower()
        if code not in self._automata:
            self._automata[code] = _automaton(self._names(code))
        return self._automata[code]

    def _names(self, language: str) -> dict[str, Senses]:
        found: dict[str, dict[str, Sense]] = {}
        local = _state_names(language)
        for one in self.listed:
            names = _own_names(one, local.get(one.actor.key, ()), english=language == ENGLISH)
            for name, sense in names:
                for spelling in spellings(name):
                    found.setdefault(spelling, {}).setdefault(one.actor.key, sense)
        decoys = [*self.roster.decoys, *(name for one in self.listed for name in one.decoys)]
        senses: dict[str, Senses] = {name: tuple(by_key.values()) for name, by_key in found.items()}
        return senses | {spelling: () for name in decoys for spelling in spellings(name)}


def _own_names(one: Listed, local: Iterable[str], *, english: bool) -> Iterator[tuple[str, Sense]]:
    name, metonym = Sense(one, NameKind.NAME), Sense(one, NameKind.METONYM)
    yield from ((text, name) for text in (*one.names, *one.alone, *local) if text not in one.skip)
    yield from ((text, metonym) for text in one.metonyms)
    yield from ((text, replace(name, backed=True)) for text in one.short if text not in one.alone)
    if english:
        yield from ((text, Sense(one, NameKind.DEMONYM)) for text in one.demonyms)


@cache
def of(seeds: Path) -> Gazetteer:
    """The gazetteer of a folder of seeds, read once a process.

    Raises:
        Misconfigured: see `roster.load`.
    """
    return Gazetteer(load(seeds))


def _with_all_states(roster: Roster) -> tuple[Listed, ...]:
    """The roster, with every state of ISO 3166 and under its English name."""
    english = {key: names[0] for key, names in _state_names(ENGLISH).items()}
    mine = {one.actor.key: one for one in roster.listed}
    found = []
    for key, name in english.items():
        one = mine.pop(key, Listed(Actor(key, ActorKind.STATE, name, key)))
        found.append(replace(one, actor=replace(one.actor, name=name)))
    return (*found, *mine.values())


@cache
def _codes() -> dict[str, str]:
    """The alpha-3 codes of states by their alpha-2 ones."""
    import pycountry

    return {country.alpha_2: country.alpha_3 for country in pycountry.countries} | {"XK": "XKX"}


def _state_names(language: str) -> dict[str, tuple[str, ...]]:
    """The names of states in one language by alpha-3 code, the usual one first."""
    from babel import localedata

    codes = _codes()
    found: dict[str, list[str]] = {}
    code = language.replace("-", "_")
    if localedata.exists(code):
        for key, name in localedata.load(code)["territories"].items():
            alpha2, _, variant = key.partition("-alt-")
            if alpha2 in codes:
                names = found.setdefault(codes[alpha2], [])
                names.insert(len(names) if variant else 0, name)
    for alpha3, name in _iso_names(language):
        found.setdefault(alpha3, []).append(name)
    return {key: tuple(dict.fromkeys(names)) for key, names in found.items()}


def _iso_names(language: str) -> Iterator[tuple[str, str]]:
    """The names of ISO 3166, translated; those like "Iran, Islamic Republic of" are not news style."""
    import gettext

    import pycountry

    translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language], fallback=True)
    if (
        language != ENGLISH
        and isinstance(translated, gettext.NullTranslations)
        and not hasattr(translated, "_catalog")
    ):
        return
    for country in pycountry.countries:
        for field in ("name", "official_name", "common_name"):
            name = getattr(country, field, None)
            if name and "," not in translated.gettext(name):
                yield country.alpha_3, translated.gettext(name)


def spellings(name: str) -> set[str]:
    """The ways in which texts write a name.

    A name in small letters is found in any case; one with capitals as written, and in capitals only. Either
    way without its accents and with either apostrophe.
    """
    cased = {name}
    if name == name.lower():
        cased |= {name[:1].upper() + name[1:], _title(name)}
    if sum(map(str.isalpha, name)) >= _SHORTEST_UPPER:
        cased.add(name.upper())
    found = set()
    for text in cased:
        for plain in (text, _unaccented(text)):
            found |= {plain, plain.replace("'", "’"), plain.replace("’", "'")}
    return found


def _title(name: str) -> str:
    small = {"of", "the", "and", "for", "de", "du", "on"}
    words = name.split(" ")
    return " ".join(w if i and w in small else w[:1].upper() + w[1:] for i, w in enumerate(words))


_SPECIAL = str.maketrans("ıłøđðŁØĐ", "iloddLOD")


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = plain.translate(_SPECIAL)
    return plain if plain.isascii() else text


# Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, kana and Chinese characters.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def _automaton(names: dict[str, Senses]) -> Any:
    import ahocorasick

    found = ahocorasick.Automaton()
    for name, senses in names.items():
        if re.search(r"\w", name):
            found.add_word(name, (len(name), senses, not _UNSPACED.search(name)))
    found.make_automaton()
    return found
