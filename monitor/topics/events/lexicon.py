"""The words by which sentences tell events: the ladder and the instruments of topic cards, compiled (pure).

A phrase of a card is words with `*` for any ending, `...` for up to four words between, and `|` in round
brackets for choices; a space stands for a hyphen too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from monitor.records import Flow, Status

Pattern = re.Pattern[str]

_CHARACTERS = re.compile(r"[\w'’.&|()*/ -]+\Z")
# What a phrase starts with, to pass over texts without it at the speed of one search.
_GAP = r"(?:[\s,-]+[\w'’.$€£-]+){0,4}?[\s,-]+"


class BadWords(ValueError):
    """A phrase of an event that means nothing; the message says why."""


class Rung(Protocol):
    """A step of a card's ladder, as cards hold it."""

    @property
    def status(self) -> Status | None: ...
    @property
    def flow(self) -> Flow: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def nouns(self) -> tuple[str, ...]: ...


class Instrument(Protocol):
    """An instrument of a card; an empty name is the topic's own."""

    @property
    def name(self) -> str: ...
    @property
    def words(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Verb:
    """What tells a step. `weak`: a noun, or what only stands; it counts where no verb tells more."""

    status: Status | None
    flow: Flow
    pattern: Pattern
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of one topic. `any_instrument` finds one of any kind: most sentences have none."""

    instruments: tuple[tuple[str | None, Pattern], ...]
    verbs: tuple[Verb, ...]
    any_instrument: Pattern


def pattern_of(phrase: str) -> str:
    """The regular expression of a phrase.

    Raises:
        BadWords: it is empty, has signs that no phrase has, or a bracket that does not close.
    """
    text = " ".join(phrase.replace("...", " … ").split())
    if not text or not _CHARACTERS.match(text.replace("…", "")):
        raise BadWords(f"{phrase!r} is no phrase: write words, * for any ending, ... for words between")
    parts = []
    for part in text.split(" … "):
        escaped = (
            re.escape(part).replace(r"\*", r"[\w'’]*").replace(r"\ ", r"[\s-]+").replace(r"\-", r"[\s-]+")
        )
        parts.append(escaped.replace(r"\(", "(?:").replace(r"\)", ")").replace(r"\|", "|"))
    found = _GAP.join(parts)
    try:
        re.compile(found)
    except re.error as error:
        raise BadWords(f"{phrase!r} is no phrase: {error}") from error
    return found


def _compiled(phrases: Iterable[str]) -> Pattern:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(pattern_of, phrases))})(?!\w)", re.IGNORECASE)


def compile_lexicon(ladder: Sequence[Rung], instruments: Sequence[Instrument]) -> Lexicon | None:
    """What a card says of its events; None where it says nothing."""
    if not ladder or not instruments:
        return None
    return Lexicon(
        instruments=tuple((one.name or None, _compiled(one.words)) for one in instruments),
        verbs=(
            *(
                Verb(one.status, one.flow, _compiled(one.words), one.flow is Flow.STANDS)
                for one in ladder
                if one.words
            ),
            *(Verb(one.status, one.flow, _compiled(one.nouns), weak=True) for one in ladder if one.nouns),
        ),
        any_instrument=_compiled(word for one in instruments for word in one.words),
    )


Lexicons = Mapping[str, Lexicon]
