"""The actors that a user lists in `seeds/actors.toml`: read and checked (pure)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from monitor.errors import Misconfigured
from monitor.records import Actor, ActorKind

FILE = "actors.toml"
SECTIONS = {
    "alliances": ActorKind.ALLIANCE,
    "bodies": ActorKind.BODY,
    "groups": ActorKind.GROUP,
    "makers": ActorKind.MAKER,
}
_LISTS = ("names", "maybe", "demonyms", "metonyms", "decoys", "unless", "only", "skip", "terms")
_CONTEXT = ("given_names", "regions", "titles", "offices", "things")
_TERM = re.compile(r"(?P<office>\D+?) (?P<first>\d{4}(?:-\d\d){0,2})(?: to (?P<last>\d{4}(?:-\d\d){0,2}))?")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Term:
    """A time in an office, both days included; `last` is None while it goes on."""

    office: str
    first: date
    last: date | None

    def covers(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Listed:
    """An actor with the ways in which texts name it; docs/actors.md explains each list.

    A name of `maybe` counts only in an article that has a sure name of the actor or a word of `only`. A word
    of `unless` in the article rules its mentions out, where nothing else speaks for them.
    """

    actor: Actor
    names: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    metonyms: tuple[str, ...] = ()
    decoys: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Words beside a name that tell what it stands for."""

    given_names: frozenset[str] = frozenset()
    regions: tuple[str, ...] = ()
    titles: frozenset[str] = frozenset()
    offices: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Roster:
    """Everyone who is listed, the words that tell names apart, and the publishers' states."""

    listed: tuple[Listed, ...] = ()
    context: Context = field(default_factory=Context)
    publishers: Mapping[str, str] = field(default_factory=dict)


def load(seeds: Path) -> Roster:
    """The roster of `seeds/actors.toml`.

    Raises:
        Misconfigured: the file cannot be used; the message has file, line and cure.
    """
    path = seeds / FILE
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: cannot be read ({error}): restore it, as UTF-8 text") from error
    try:
        table = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f", line {line[1]}" if line else ""
        raise Misconfigured(f"{path}{where}: not valid TOML ({error}): correct that line") from error
    return _Reader(path, source).roster(table)


def slug(name: str) -> str:
    """A name as a key: "Vladimir Putin" is "vladimir-putin"."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain.lower()))


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path
    source: str

    def wrong(self, needle: str, cure: str) -> NoReturn:
        """The error at the first line that holds `needle`, outside comments."""
        lines = self.source.split("\n")
        found = (i for i, line in enumerate(lines, 1) if needle in line.split(" #")[0])
        raise Misconfigured(f"{self.path}, line {next(found, 1)}: {cure}")

    def roster(self, table: Mapping[str, Any]) -> Roster:
        known = {"context", "states", "people", "publishers", *SECTIONS}
        for name in table:
            if name not in known:
                self.wrong(name, f"there is no section [{name}]: use one of {', '.join(sorted(known))}")
        listed = [self._state(key, row) for key, row in self._tables(table, "states", "states")]
        for section, kind in SECTIONS.items():
            listed += [self._actor(key, row, kind) for key, row in self._tables(table, section, section)]
        parties = {one.actor.key for one in listed}
        for party, people in self._tables(table, "people", "people"):
            if party not in parties:
                self._check_state(party, f"[people.{party}]")
            listed += [self._person(party, name, row) for name, row in people.items()]
        self._check_keys(listed)
        return Roster(tuple(listed), self._context(table), self._publishers(table))

    def _context(self, table: Mapping[str, Any]) -> Context:
        found = table.get("context", {})
        for name, value in found.items() if isinstance(found, dict) else [("context", None)]:
            if name not in _CONTEXT or not isinstance(value, str):
                self.wrong(name, f"[context] holds {', '.join(_CONTEXT)}: each one text of words with commas")
        lists = {
            name: [
                word for part in found.get(name, "").replace("\n", ",").split(",") if (word := part.strip())
            ]
            for name in _CONTEXT
        }
        titles, offices = frozenset(lists["titles"]), frozenset(lists["offices"])
        given, things = frozenset(lists["given_names"]), frozenset(lists["things"])
        return Context(given, tuple(lists["regions"]), titles, titles | offices, things)

    def _tables(self, table: Mapping[str, Any], key: str, needle: str) -> list[tuple[str, dict[str, Any]]]:
        found = table.get(key, {})
        if not isinstance(found, dict) or not all(isinstance(row, dict) for row in found.values()):
            self.wrong(needle, f"[{key}] holds tables: write [{key}.KEY], then the lists of names")
        return list(found.items())

    def _state(self, key: str, row: Mapping[str, Any]) -> Listed:
        if not re.fullmatch(r"[A-Z]{3}", key):
            self.wrong(f"states.{key}", f"{key} is no ISO 3166 alpha-3 code: write one like RUS or GEO")
        lists = self._lists(row, f"states.{key}")
        names = lists.get("names", ())
        return Listed(Actor(key, ActorKind.STATE, names[0] if names else key, key), **lists)

    def _actor(self, key: str, row: Mapping[str, Any], kind: ActorKind) -> Listed:
        where = f".{key}]"
        if not _KEY.fullmatch(key):
            self.wrong(key, f"{key!r} is no key: use letters, digits and hyphens")
        country = row.get("country")
        if country is not None and f"[alliances.{country}]" not in self.source:
            self._check_state(country, where)
        lists = self._lists({name: value for name, value in row.items() if name != "country"}, where)
        if not lists.get("names"):
            self.wrong(where, f'{key} has no name: write names = ["..."], the usual one first')
        return Listed(Actor(key, kind, lists["names"][0], country), **lists)

    def _person(self, state: str, name: str, row: object) -> Listed:
        if not isinstance(row, dict):
            self.wrong(name, f'write "{name}" = {{ terms = ["president 2012-05-07"] }}')
        lists = self._lists(row, name)
        terms = tuple(self._term(text) for text in lists.pop("terms", ()))
        lists["names"] = (name, *lists.get("names", ()))
        if "maybe" not in lists and " " in name and (last := name.rsplit(" ", 1)[1]) not in lists["names"]:
            lists["maybe"] = (last,)
        return Listed(Actor(f"{state}-{slug(name)}", ActorKind.PERSON, name, state), **lists, terms=terms)

    def _term(self, text: str) -> Term:
        found = _TERM.fullmatch(text)
        cure = (
            f'{text!r} is no term: write "president 2012-05-07 to 2018-05-07", the end only if it has ended'
        )
        if not found:
            self.wrong(text, cure)
        try:
            first = _day(found["first"], "-01-01")
            last = _day(found["last"], "-12-31") if found["last"] else None
        except ValueError:
            self.wrong(text, cure)
        if last is not None and last < first:
            self.wrong(text, f"{text!r} ends before it starts: correct its dates")
        return Term(found["office"], first, last)

    def _lists(self, row: Mapping[str, Any], needle: str) -> dict[str, Any]:
        for name in row:
            if name not in _LISTS:
                self.wrong(name, f"{name} is not known here: use one of {', '.join(_LISTS)}")
        return {name: self._strings(row, name, needle) for name in row}

    def _strings(self, row: Mapping[str, Any], name: str, needle: str) -> tuple[str, ...]:
        value = row.get(name, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.wrong(needle, f'{name} must be a list of texts: write {name} = ["...", "..."]')
        return tuple(" ".join(v.split()) for v in value)

    def _publishers(self, table: Mapping[str, Any]) -> dict[str, str]:
        found = table.get("publishers", {})
        if not isinstance(found, dict):
            self.wrong("publishers", 'write [publishers], then lines like "news.example" = "GBR"')
        for name, country in found.items():
            self._check_state(country, f'"{name}"')
        return found

    def _check_state(self, key: object, needle: str) -> None:
        if not isinstance(key, str) or not re.fullmatch(r"[A-Z]{3}", key):
            self.wrong(needle, f"{key!r} is no ISO 3166 alpha-3 code: write one like RUS or GEO")

    def _check_keys(self, listed: list[Listed]) -> None:
        seen: set[str] = set()
        for one in listed:
            if one.actor.key in seen:
                name = one.actor.name
                self.wrong(name, f"{name} is listed twice as {one.actor.key}: keep one of the two")
            seen.add(one.actor.key)


def _day(text: str, rest: str) -> date:
    """A day from "2012-05-07", "2012-05" or "2012"; what is missing is taken from `rest`."""
    if len(text) == 7 and rest == "-12-31":
        year, month = int(text[:4]), int(text[5:])
        return date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    return date.fromisoformat(text + rest[len(text) - 4 :])
