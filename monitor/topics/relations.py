"""Whose arms, whose army: columns that tell an own purchase from one across a border (pure).

A state that orders from its own maker and a state that orders abroad are told in the same words. What
differs is how many countries are named, and whether a maker stands beside its own or another. The
lists `home_COUNTRY` of `seeds/lists.toml` say what belongs to a country: its names, capital, leaders,
forces and makers. A state that has no such list counts as a country by its first letters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from monitor.topics.grams import Reading
from monitor.topics.phrases import STOP, Place

HOME = "home_"  # what the names of lists start with that say what belongs to a country
COLUMNS = (
    "arms of none", "arms of one", "arms of two", "arms of more",
    "title of none", "title of one", "title of more",
    "maker alone", "maker at home", "maker abroad", "makers of two",
    "title maker at home", "title maker abroad",
    "supply of one", "supply of two", "purchase of one", "purchase of two", "leave of two",
    "promise of one", "promise of two", "penalty of none", "penalty of one", "penalty of two",
)  # fmt: skip
_LETTERS = 4  # of a state without a list that make it one: "Peru" and "Peruvian"

Named = dict[str, list[Place]]  # countries, each with where it is named


@dataclass(frozen=True)
class _Part:
    """What stands between two places of a unit."""

    states: Named
    makers: Named
    arms: tuple[Place, ...]
    lists: Mapping[str, tuple[Place, ...]]


@dataclass(frozen=True)
class RelationBlock:
    """`value` for each of `COLUMNS` that holds."""

    value: float

    @property
    def width(self) -> int:
        return len(COLUMNS)

    def values(self, reading: Reading) -> Iterator[tuple[int, float]]:
        return ((column, self.value) for column in sorted(_found(reading)))

    def said(self, reading: Reading) -> dict[int, dict[str, float]]:
        words = reading.unit.words
        return {
            column: {" … ".join(" ".join(words[start:end]) for start, end in sorted(set(places))): 1.0}
            for column, places in _found(reading).items()
        }


def _found(reading: Reading) -> dict[int, list[Place]]:
    if not any(name in reading.lists for name in ("weapon", "weapon_hard", "firm", "alliance", "penalty")):
        return {}
    found: dict[int, list[Place]] = {}
    for name, places in _told(reading):
        found.setdefault(COLUMNS.index(name), places)
    return found


def _told(reading: Reading) -> Iterator[tuple[str, list[Place]]]:
    words = reading.unit.words
    whole = _part(reading, 0, len(words))
    if whole.arms:
        yield "arms of " + _many(whole.states, ("none", "one", "two", "more")), _shown(whole)
        yield from _makers(whole, "")
        title = _part(reading, 0, reading.unit.title_words)
        if title.arms:
            yield "title of " + _many(title.states, ("none", "one", "more")), _shown(title)
            yield from _makers(title, "title ")
    start = 0
    for end in [*(at for at, word in enumerate(words) if word == STOP), len(words)]:
        if end > start:
            yield from _sentence(_part(reading, start, end))
        start = end + 1


def _makers(part: _Part, prefix: str) -> Iterator[tuple[str, list[Place]]]:
    if not part.makers:
        return
    abroad = {name: places for name, places in part.states.items() if name not in part.makers}
    shown = [places[0] for places in part.makers.values()]
    if abroad:
        yield f"{prefix}maker abroad", shown + [places[0] for places in abroad.values()]
    elif part.states:
        yield f"{prefix}maker at home", shown + [places[0] for places in part.states.values()]
    elif not prefix:
        yield "maker alone", shown
    if not prefix and len(part.makers) > 1:
        yield "makers of two", shown


def _sentence(part: _Part) -> Iterator[tuple[str, list[Place]]]:
    countries = part.states | part.makers
    if part.arms:
        for name, key in (("supply", "supply"), ("purchase", "acquire")):
            if key in part.lists and countries:
                many = _many(countries, ("none", "one", "two"))
                yield f"{name} of {many}", [*_shown(part), part.lists[key][0]]
        if "allow" in part.lists and len(countries) > 1:
            yield "leave of two", [*_shown(part), part.lists["allow"][0]]
    if ("alliance" in part.lists or "commitment" in part.lists) and part.states:
        many = _many(part.states, ("none", "one", "two"))
        yield f"promise of {many}", [places[0] for places in part.states.values()]
    if "penalty" in part.lists:
        many = _many(part.states, ("none", "one", "two"))
        yield f"penalty of {many}", [part.lists["penalty"][0], *(p[0] for p in part.states.values())]


def _many(countries: Named, words: tuple[str, ...]) -> str:
    return words[min(len(countries), len(words) - 1)]


def _shown(part: _Part) -> list[Place]:
    return [*part.arms[:1], *(places[0] for places in part.states.values())]


def _part(reading: Reading, start: int, end: int) -> _Part:
    def within(places: Iterable[Place]) -> tuple[Place, ...]:
        return tuple(place for place in places if start <= place[0] < end)

    lists = {name: kept for name, places in reading.lists.items() if (kept := within(places))}
    firms = {place[0] for place in lists.get("firm", ())}
    states: Named = {}
    makers: Named = {}
    claimed = set()
    for country, places in reading.homes.items():
        for place in within(places):
            claimed.add(place[0])
            (makers if place[0] in firms else states).setdefault(country, []).append(place)
    for place in lists.get("state", ()):
        if place[0] not in claimed:
            states.setdefault(reading.unit.words[place[0]][:_LETTERS], []).append(place)
    arms = (*lists.get("weapon", ()), *lists.get("weapon_hard", ()), *lists.get("firm", ()))
    return _Part(states, makers, arms, lists)
