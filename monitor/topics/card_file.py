"""One card's file: every key checked, every fault told with file, line and cure (pure but for reading)."""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from monitor.errors import Misconfigured
from monitor.records import Flow, Severity, Status
from monitor.topics.card import (
    DEFAULT_PREVALENCE,
    DEFAULT_TARGET_PRECISION,
    CardInstrument,
    CardPassage,
    CardRung,
    CardTerm,
    TopicCard,
)
from monitor.topics.events.lexicon import BadWords, pattern_of
from monitor.topics.phrases import BadPhrase, compile_phrase

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_KEYS = (
    "name title definition severity in out target_precision prevalence threshold actors documents examples "
    "near_misses term against passage status instrument"
).split()
HEAVIEST = 10.0  # weight of a term


def read(path: Path, lists: Container[str], documents: Path, source: str | None = None) -> TopicCard:
    """The card in the file at `path`.

    Args:
        lists: names that its phrases may call with `@name`.
        documents: the folder in which the briefings lie that it names.
        source: its text, where that is not (yet) what the file holds.

    Raises:
        Misconfigured: it cannot be used; the message has file, line and cure.
    """
    source = read_text(path) if source is None else source
    fields = _Fields(path, source, parse(path, source), lists)
    known_keys(fields.table, _KEYS, Place(path, source))
    name = fields.string("name")
    if not _NAME.match(name) or name != path.stem:
        fields.at("name").wrong(f"name must be {path.stem!r}, the name of the file, in a-z, 0-9 and _")
    target = fields.share("target_precision", DEFAULT_TARGET_PRECISION)
    severity = fields.string("severity", "medium")
    if severity not in set(Severity):
        fields.at("severity").wrong(f"severity must be one of {', '.join(Severity)}")
    terms = (*fields.terms("term", 1.0), *fields.terms("against", -1.0))
    if not any(term.weight > 0 for term in terms):
        fields.at("term").wrong("a card needs at least one [[term]] with text and weight")
    return TopicCard(
        name=name,
        title=fields.string("title"),
        definition=fields.string("definition"),
        inside=fields.strings("in"),
        outside=fields.strings("out"),
        severity=Severity(severity),
        terms=terms,
        target_precision=DEFAULT_TARGET_PRECISION if target is None else target,
        prevalence=fields.share("prevalence", DEFAULT_PREVALENCE) or DEFAULT_PREVALENCE,
        threshold=fields.share("threshold", None),
        actors=fields.phrases("actors"),
        documents=fields.files("documents", documents),
        examples=fields.strings("examples"),
        near_misses=fields.strings("near_misses"),
        passages=fields.passages("passage"),
        ladder=fields.ladder("status"),
        instruments=fields.instruments("instrument"),
        content_hash=content_hash(source),
    )


# Words of events, which no score depends on: a classifier outlives their change.
_OF_EVENTS = re.compile(r"^\[\[(?:status|instrument)\]\][^\n]*\n.*?(?=^\[|\Z)", re.MULTILINE | re.DOTALL)


def content_hash(source: str) -> str:
    """Twelve hex digits over what of a card's text decides its scores: its version."""
    scored = _OF_EVENTS.sub("", source)
    scored = source if scored == source else scored.rstrip("\n") + "\n"
    return hashlib.sha256(scored.encode()).hexdigest()[:12]


def with_threshold(source: str, threshold: float) -> str:
    """A card's text with that threshold, remarks and order kept; a new line goes below the name."""
    line = f"threshold = {threshold!r}"
    head = re.compile(r"^threshold[ \t]*=[ \t]*[^#\n]*?(?=[ \t]*(?:#.*)?$)", re.MULTILINE)
    at = head.search(source)
    tables = re.search(r"^[ \t]*\[", source, re.MULTILINE)
    if at and (tables is None or at.start() < tables.start()):
        return source[: at.start()] + line + source[at.end() :]
    named = re.search(r"^name[ \t]*=.*\n", source, re.MULTILINE)
    cut = named.end() if named else 0
    return source[:cut] + line + "\n" + source[cut:]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file, by the offset of a character."""

    path: Path
    source: str = ""
    offset: int = 0

    def wrong(self, cure: str) -> NoReturn:
        line = self.source.count("\n", 0, max(self.offset, 0)) + 1
        raise Misconfigured(f"{self.path}, line {line}: {cure}")

    def key(self, name: str) -> Place:
        """Where `name = ...` or `[[name]]` starts, from here on; the last line where it is nowhere."""
        key = re.escape(name)
        found = re.compile(rf"^[ \t]*(?:\[\[?[ \t]*)?\"?{key}\"?[ \t]*(?:=|\])", re.MULTILINE)
        at = found.search(self.source, self.offset)
        return self._at(at.start() + len(at.group()) - len(at.group().lstrip()) if at else None)

    def entry(self, name: str, number: int) -> Place:
        """The header of the entry with that number (from 0) among the `[[name]]` of the file."""
        heads = re.finditer(rf"^[ \t]*\[\[[ \t]*{re.escape(name)}[ \t]*\]\]", self.source, re.MULTILINE)
        offset = next((at.start() for place, at in enumerate(heads) if place == number), None)
        return self.key(name) if offset is None else self._at(offset)

    def text(self, value: str) -> Place:
        """The first place from here on that holds `value`; here where none does."""
        spelled = (f'"{value}"', f"'{value}'", value) if value else ()
        found = (self.source.find(one, self.offset) for one in spelled)
        at = next((offset for offset in found if offset >= 0), None)
        return self if at is None else self._at(at)

    def _at(self, offset: int | None) -> Place:
        return Place(self.path, self.source, len(self.source.rstrip()) if offset is None else offset)


def known_keys(table: Mapping[str, Any], known: Collection[str], where: Place) -> None:
    """Refuse a key that is not `known`.

    Raises:
        Misconfigured: there is one; the message has its line and what may be meant.
    """
    for name in table:
        if name not in known:
            meant = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {meant[0]!r}?" if meant else f"known are {', '.join(sorted(known))}"
            where.key(name).wrong(f"unknown key {name!r}: {hint}")


@dataclass(frozen=True, slots=True)
class _Fields:
    """The typed values of a card's table."""

    path: Path
    source: str
    table: Mapping[str, Any]
    lists: Container[str]

    def at(self, key: str) -> Place:
        return Place(self.path, self.source).key(key)

    def string(self, key: str, default: str = "") -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str) or not value.strip():
            self.at(key).wrong(f'{key} is missing or empty: write {key} = "..."')
        return " ".join(value.split())

    def strings(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.at(key).wrong(f'{key} must be a list of texts: write {key} = ["...", "..."]')
        return tuple(" ".join(v.split()) for v in value)

    def files(self, key: str, folder: Path) -> tuple[str, ...]:
        named = self.strings(key)
        for name in named:
            if not (folder / name).is_file():
                self.at(key).text(name).wrong(f"{name!r} is not in {folder}: correct the name or add it")
        return named

    def phrases(self, key: str) -> tuple[str, ...]:
        named = self.strings(key)
        for text in named:
            check_phrase(text, self.lists, self.at(key).text(text))
        return named

    def share(self, key: str, default: float | None) -> float | None:
        value = self.table.get(key, default)
        if value is not None and not (_is_number(value) and 0 < value < 1):
            self.at(key).wrong(f"{key} must be a number between 0 and 1, such as 0.9")
        return None if value is None else float(value)

    def entries(self, key: str, keys: Collection[str]) -> list[tuple[Place, dict[str, Any]]]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.at(key).wrong(f"write [[{key}]] with two brackets, then {' and '.join(keys)} below it")
        found = []
        for number, entry in enumerate(value):
            where = Place(self.path, self.source).entry(key, number)
            known_keys(entry, keys, where)
            found.append((where, entry))
        return found

    def terms(self, key: str, sign: float) -> list[CardTerm]:
        found: list[CardTerm] = []
        for where, entry in self.entries(key, ("text", "weight")):
            given, weight = entry.get("text"), entry.get("weight", 1.0)
            texts = [given] if isinstance(given, str) else given
            if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
                where.wrong(f'each [[{key}]] needs text = "..." or text = ["...", "..."]')
            if not _is_number(weight) or not 0 < weight <= HEAVIEST:
                where.key("weight").wrong(f"weight must be a number above 0, up to {HEAVIEST:.0f}")
            for text in texts:
                check_phrase(text, self.lists, where.text(text))
                found.append(CardTerm(" ".join(text.split()), sign * float(weight)))
        return found

    def ladder(self, key: str) -> tuple[CardRung, ...]:
        found = []
        for where, entry in self.entries(key, ("name", "flow", "words", "nouns")):
            status = _one_of(where, entry, "name", ["", *(str(one) for one in Status)])
            flow = _one_of(where, entry, "flow", [str(one) for one in Flow])
            words = _event_words(where, entry, "words") if "words" in entry or "nouns" not in entry else ()
            nouns = _event_words(where, entry, "nouns") if "nouns" in entry else ()
            found.append(CardRung(Status(status) if status else None, Flow(flow), words, nouns))
        return tuple(found)

    def instruments(self, key: str) -> tuple[CardInstrument, ...]:
        found = []
        for where, entry in self.entries(key, ("name", "words")):
            name = entry.get("name")
            if not isinstance(name, str):
                where.wrong('each [[instrument]] needs name = "...", or name = "" for the topic itself')
            found.append(CardInstrument(" ".join(name.split()), _event_words(where, entry, "words")))
        return tuple(found)

    def passages(self, key: str) -> tuple[CardPassage, ...]:
        found = []
        for where, entry in self.entries(key, ("document", "place", "text")):
            values = [entry.get("document", ""), entry.get("place", ""), entry.get("text", "")]
            if not all(isinstance(value, str) for value in values) or not (values[0] and values[2].strip()):
                where.wrong(f'each [[{key}]] needs document = "..." and text = "...", maybe place = "page 3"')
            found.append(CardPassage(*(" ".join(value.split()) for value in values)))
        return tuple(found)


def _one_of(where: Place, entry: Mapping[str, Any], key: str, known: Sequence[str]) -> str:
    value = entry.get(key)
    if value not in known:
        meant = difflib.get_close_matches(str(value), known, 1)
        hint = f"did you mean {meant[0]!r}?" if meant else f"known are {', '.join(filter(None, known))}"
        (where.key(key) if key in entry else where).wrong(f"{key} = {value!r} is not known: {hint}")
    return str(value)


def _event_words(where: Place, entry: Mapping[str, Any], key: str) -> tuple[str, ...]:
    words = entry.get(key)
    if not isinstance(words, list) or not words or not all(isinstance(one, str) for one in words):
        where.wrong(f'{key} must be a list of phrases: write {key} = ["deliver*", "hand* over"]')
    for one in words:
        try:
            pattern_of(one)
        except BadWords as error:
            where.text(one).wrong(f"{error}")
    return tuple(" ".join(one.split()) for one in words)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_phrase(text: str, lists: Container[str], where: Place) -> None:
    """Refuse a phrase that the language of phrases does not allow.

    Raises:
        Misconfigured: it does not; the message has its line and says why.
    """
    try:
        compile_phrase(text, lists)
    except BadPhrase as error:
        where.wrong(f"{error}")


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        Misconfigured: it cannot be read, or is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise Misconfigured(f"{path}, line {line}: not UTF-8 text: save the file as UTF-8") from error
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): restore the file") from error


def parse(path: Path, source: str) -> dict[str, Any]:
    """The table that a TOML text holds.

    Raises:
        Misconfigured: it is malformed; the message has the line.
    """
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else source.rstrip().count("\n") + 1
        cure = "correct that line, or the one before it"
        raise Misconfigured(f"{path}, line {number}: not valid TOML ({error}): {cure}") from error
