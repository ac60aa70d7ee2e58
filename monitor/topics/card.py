"""What a topic card says, and the text of a card (pure).

`render` writes what `monitor.topics.card_file` reads: a card that goes through both is the same.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.records import Flow, Severity, Status

DEFAULT_TARGET_PRECISION = 0.9
DEFAULT_PREVALENCE = 0.1
WIDTH = 110  # of a line, where a value allows it


@dataclass(frozen=True, slots=True)
class CardTerm:
    """A phrase that speaks for the topic, or against it where the weight is below zero."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class CardPassage:
    """A passage of the document that the topic comes from; `place` says where, such as "page 3"."""

    document: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class CardRung:
    """A step of the ladder of the topic's events, and the verbs and nouns that tell it.

    Nouns count where no verb tells more. Without a status the words say only who is for it or against it.
    """

    status: Status | None
    flow: Flow
    words: tuple[str, ...]
    nouns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardInstrument:
    """What an event of the topic is done with; an empty name where that is the topic itself."""

    name: str
    words: tuple[str, ...]


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
    prevalence: float = DEFAULT_PREVALENCE  # its share of what is scored, as the examples are weighed
    threshold: float | None = None  # None: chosen from the target precision in training
    actors: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()
    passages: tuple[CardPassage, ...] = ()
    ladder: tuple[CardRung, ...] = ()
    instruments: tuple[CardInstrument, ...] = ()
    content_hash: str = ""


def render(card: TopicCard) -> str:
    """The text of the card's file, in TOML."""
    lines = [f"name = {quoted(card.name)}", f"title = {quoted(card.title)}"]
    lines += [f"definition = {quoted(card.definition)}", f"severity = {quoted(card.severity)}"]
    if card.threshold is not None:
        lines.append(f"threshold = {card.threshold!r}")
    if card.target_precision != DEFAULT_TARGET_PRECISION:
        lines.append(f"target_precision = {card.target_precision!r}")
    if card.prevalence != DEFAULT_PREVALENCE:
        lines.append(f"prevalence = {card.prevalence!r}")
    groups: tuple[tuple[str, Sequence[str]], ...] = (
        ("in", card.inside),
        ("out", card.outside),
        ("actors", card.actors),
        ("documents", card.documents),
        ("examples", card.examples),
        ("near_misses", card.near_misses),
    )
    lines += [_listed(key, values) for key, values in groups if values]
    return (
        "\n".join([*lines, *terms_text(card.terms), *passages_text(card.passages), *_events_text(card)])
        + "\n"
    )


def terms_text(terms: Iterable[CardTerm], remark: str = "") -> list[str]:
    """The entries of some terms: neighbours of one weight share one."""
    lines = []
    for weight, group in itertools.groupby(terms, key=lambda term: term.weight):
        head = "[[term]]" if weight > 0 else "[[against]]"
        lines += ["", head + (f" # {remark}" if remark else ""), f"weight = {abs(weight)!r}"]
        lines.append(_listed("text", [term.text for term in group]))
    return lines


def passages_text(passages: Iterable[CardPassage]) -> list[str]:
    """The entries of some passages."""
    lines = []
    for passage in passages:
        lines += ["", "[[passage]]", f"document = {quoted(passage.document)}"]
        lines += [f"place = {quoted(passage.place)}"] if passage.place else []
        lines.append(f"text = {quoted(passage.text)}")
    return lines


def _events_text(card: TopicCard) -> list[str]:
    """The entries of the ladder and of the instruments."""
    lines = []
    for rung in card.ladder:
        lines += ["", "[[status]]", f"name = {quoted(rung.status or '')}", f"flow = {quoted(rung.flow)}"]
        lines += [
            _listed(key, words) for key, words in (("words", rung.words), ("nouns", rung.nouns)) if words
        ]
    for instrument in card.instruments:
        lines += [
            "",
            "[[instrument]]",
            f"name = {quoted(instrument.name)}",
            _listed("words", instrument.words),
        ]
    return lines


def _listed(key: str, values: Sequence[str]) -> str:
    line = f"{key} = [{', '.join(quoted(value) for value in values)}]"
    if len(line) <= WIDTH:
        return line
    return f"{key} = [\n" + "".join(f"  {quoted(value)},\n" for value in values) + "]"


def quoted(value: str) -> str:
    """`value` as a basic string of TOML: JSON's escapes, and U+007F, which TOML wants escaped too."""
    return re.sub("\x7f", r"\\u007f", json.dumps(value, ensure_ascii=False))
