"""Topic cards: read, check, and the word lists and documents that they name; the door to `seeds/`.

A card is `seeds/topics/NAME.toml`; `seeds/lists.toml` holds the word lists that cards share, and
`seeds/documents/` the briefings that topics come from. `monitor.topics.phrases` is the language of
their phrases.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from monitor.errors import Misconfigured
from monitor.records import Severity
from monitor.topics.phrases import BadPhrase, compile_phrase

DEFAULT_TARGET_PRECISION = 0.9
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_KEYS = frozenset(
    "name title definition severity in out target_precision threshold documents examples near_misses "
    "term against".split()
)


@dataclass(frozen=True, slots=True)
class CardTerm:
    """A phrase that speaks for the topic, or against it where the weight is below zero."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class TopicCard:
    """What a topic means and how it is recognised, as its file says it."""

    name: str
    title: str
    definition: str
    inside: tuple[str, ...]
    outside: tuple[str, ...]
    severity: Severity
    terms: tuple[CardTerm, ...]
    target_precision: float = DEFAULT_TARGET_PRECISION
    threshold: float | None = None  # None: chosen from the target precision in training
    documents: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a briefing and the topics that it reports on."""

    document: str
    text: str
    topics: tuple[str, ...]


def load(seeds: Path) -> tuple[TopicCard, ...]:
    """All cards under `seeds/topics`, by name.

    Raises:
        Misconfigured: a card or the word lists cannot be used; the message has file, line and cure.
    """
    lists = word_lists(seeds)
    paths = sorted((seeds / "topics").glob("*.toml"))
    if not paths:
        raise Misconfigured(f"no topic card in {seeds / 'topics'}: restore the seeds folder")
    return tuple(_card(path, lists, seeds / "documents") for path in paths)


def word_lists(seeds: Path) -> dict[str, tuple[str, ...]]:
    """The lists of `seeds/lists.toml`: phrases by the name that cards call with `@name`.

    Raises:
        Misconfigured: the file is malformed or a list is not one of phrases.
    """
    path = seeds / "lists.toml"
    if not path.exists():
        return {}
    source, table = _read(path)
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in table.items():
        where = _At(path, source, name)
        if not isinstance(value, str):
            where.wrong(f"{name} must be one text of phrases, separated by commas")
        members = [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
        if not members:
            where.wrong(f"{name} is empty: write at least one phrase")
        for member in members:
            _check_phrase(member, (), where)
        lists[name] = tuple(members)
    return lists


def passages(seeds: Path, known: frozenset[str]) -> tuple[Passage, ...]:
    """The paragraphs of the briefings in `seeds/documents`, with the topics of each.

    A briefing starts with a TOML head between two lines of `+++`: `title`, `topics`, and
    `paragraphs`, a list with the topics of each paragraph in order.

    Raises:
        Misconfigured: a head is missing or does not fit its paragraphs or the `known` topics.
    """
    return tuple(
        passage for path in sorted((seeds / "documents").glob("*.md")) for passage in _briefing(path, known)
    )


def _briefing(path: Path, known: frozenset[str]) -> list[Passage]:
    source = _text(path)
    parts = source.split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        _At(path, source).wrong("start it with a head between two lines of +++")
    head = _parse(path, parts[1])
    found = [part.strip() for part in parts[2].split("\n\n") if part.strip() and not part.startswith("#")]
    topics = head.get("paragraphs")
    where = _At(path, source, "paragraphs")
    if not isinstance(topics, list) or len(topics) != len(found):
        where.wrong(f"`paragraphs` must list the topics of each of its {len(found)} paragraphs")
    for names in topics:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            where.wrong('each of `paragraphs` must be a list of topics, such as ["sanctions"] or []')
        if unknown := set(names) - known:
            where.wrong(f"no card for the topic {sorted(unknown)[0]!r}: write seeds/topics/NAME.toml first")
    return [
        Passage(path.name, " ".join(text.split()), tuple(sorted(names)))
        for text, names in zip(found, topics, strict=True)
    ]


def _card(path: Path, lists: Container[str], documents: Path) -> TopicCard:
    source, table = _read(path)
    if unknown := sorted(set(table) - _KEYS):
        _At(path, source, unknown[0]).wrong(
            f"unknown key {unknown[0]!r}: known are {', '.join(sorted(_KEYS))}"
        )
    read = _Fields(path, source, table)
    name = read.string("name")
    if not _NAME.match(name) or name != path.stem:
        read.at("name").wrong(f"name must be {path.stem!r}, the name of the file, in a-z, 0-9 and _")
    threshold = read.share("threshold", None)
    target = read.share("target_precision", DEFAULT_TARGET_PRECISION)
    named = read.strings("documents")
    for document in named:
        if not (documents / document).is_file():
            _At(path, source, document).wrong(
                f"{document!r} is not in {documents}: correct the name or add it"
            )
    severity = read.string("severity", "medium")
    if severity not in set(Severity):
        read.at("severity").wrong(f"severity must be one of {', '.join(Severity)}")
    terms = (*read.terms("term", 1.0, lists), *read.terms("against", -1.0, lists))
    if not any(term.weight > 0 for term in terms):
        read.at("term").wrong("a card needs at least one [[term]] with text and weight")
    return TopicCard(
        name=name,
        title=read.string("title"),
        definition=read.string("definition"),
        inside=read.strings("in"),
        outside=read.strings("out"),
        severity=Severity(severity),
        terms=terms,
        target_precision=DEFAULT_TARGET_PRECISION if target is None else target,
        threshold=threshold,
        documents=named,
        examples=read.strings("examples"),
        near_misses=read.strings("near_misses"),
        content_hash=hashlib.sha256(source.encode()).hexdigest()[:12],
    )


@dataclass(frozen=True, slots=True)
class _At:
    """A place in a file: the first line that holds `needle`."""

    path: Path
    source: str = ""
    needle: str = ""

    def wrong(self, cure: str) -> NoReturn:
        line = self.source.count("\n", 0, max(self.source.find(self.needle), 0)) + 1
        raise Misconfigured(f"{self.path}, line {line}: {cure}")


@dataclass(frozen=True, slots=True)
class _Fields:
    """The typed values of a card's table."""

    path: Path
    source: str
    table: Mapping[str, Any]

    def at(self, key: str) -> _At:
        found = re.search(rf"^(?:\[\[)?{re.escape(key)}\b.*$", self.source, re.MULTILINE)
        return _At(self.path, self.source, found.group() if found else "")

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

    def share(self, key: str, default: float | None) -> float | None:
        value = self.table.get(key, default)
        if value is not None and not (_is_number(value) and 0 < value < 1):
            self.at(key).wrong(f"{key} must be a number between 0 and 1, such as 0.9")
        return None if value is None else float(value)

    def terms(self, key: str, sign: float, lists: Container[str]) -> list[CardTerm]:
        entries = self.table.get(key, [])
        found: list[CardTerm] = []
        if not isinstance(entries, list):
            self.at(key).wrong(f"write [[{key}]] with two brackets, then text and weight")
        for entry in entries:
            texts, weight = (
                (entry.get("text"), entry.get("weight", 1.0)) if isinstance(entry, dict) else (0, 0)
            )
            texts = [texts] if isinstance(texts, str) else texts
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                self.at(key).wrong(f'each [[{key}]] needs text = "..." or text = ["...", "..."]')
            where = _At(self.path, self.source, texts[0] if texts else "")
            if not _is_number(weight) or not 0 < weight <= 10:
                where.wrong(f"the weight of {texts} must be a number above 0, up to 10")
            for text in texts:
                _check_phrase(text, lists, _At(self.path, self.source, text))
                found.append(CardTerm(" ".join(text.split()), sign * float(weight)))
        return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_phrase(text: str, lists: Container[str], where: _At) -> None:
    try:
        compile_phrase(text, lists)
    except BadPhrase as error:
        where.wrong(f"{error}")


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    source = _text(path)
    return source, _parse(path, source)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: cannot be read ({error}): save it as UTF-8 text") from error


def _parse(path: Path, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f", line {line[1]}" if line else ""
        raise Misconfigured(f"{path}{where}: not valid TOML ({error}): correct that line") from error
