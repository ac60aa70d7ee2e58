"""Topic cards, and the word lists and briefings that they name; the door to `seeds/`.

A card is `seeds/topics/NAME.toml` (`card.py` says what it holds, `card_file.py` reads one);
`seeds/lists.toml` holds the word lists that cards share, and `seeds/documents/` briefings that topics
come from. `monitor.topics.phrases` is the language of their phrases.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import Misconfigured
from monitor.topics import card_file
from monitor.topics.card import CardTerm, TopicCard
from monitor.topics.card_file import Place, check_phrase, parse, read_text

__all__ = ["ACTOR_WEIGHT", "CardTerm", "Passage", "TopicCard", "load", "passages", "weighed", "word_lists"]

ACTOR_WEIGHT = 0.5  # of an actor's name beside the terms of a card: a hint, never a hit


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph of a briefing and the topics that it reports on."""

    document: str
    text: str
    topics: tuple[str, ...]


def weighed(card: TopicCard) -> tuple[CardTerm, ...]:
    """What the features of a card are made of: its terms, and its actors as weak ones."""
    return (*card.terms, *(CardTerm(actor, ACTOR_WEIGHT) for actor in card.actors))


def load(seeds: Path) -> tuple[TopicCard, ...]:
    """All cards under `seeds/topics`, by name.

    Raises:
        Misconfigured: a card or the word lists cannot be used; the message has file, line and cure.
    """
    lists = word_lists(seeds)
    paths = sorted((seeds / "topics").glob("*.toml"))
    if not paths:
        raise Misconfigured(f"no topic card in {seeds / 'topics'}: restore the seeds folder")
    return tuple(card_file.read(path, lists, seeds / "documents") for path in paths)


def word_lists(seeds: Path) -> dict[str, tuple[str, ...]]:
    """The lists of `seeds/lists.toml`: phrases by the name that cards call with `@name`.

    Raises:
        Misconfigured: the file is malformed or a list is not one of phrases.
    """
    path = seeds / "lists.toml"
    if not path.exists():
        return {}
    source = read_text(path)
    lists: dict[str, tuple[str, ...]] = {}
    for name, value in parse(path, source).items():
        where = Place(path, source).key(name)
        if not isinstance(value, str):
            where.wrong(f"{name} must be one text of phrases, separated by commas")
        members = [part.strip() for part in value.replace("\n", ",").split(",") if part.strip()]
        if not members:
            where.wrong(f"{name} is empty: write at least one phrase")
        for member in members:
            check_phrase(member, (), where.text(member))
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
    source = read_text(path)
    parts = source.split("+++\n", 2)
    if len(parts) != 3 or parts[0].strip():
        Place(path, source).wrong("start it with a head between two lines of +++")
    head = _head(path, parts[1])
    found = [part.strip() for part in parts[2].split("\n\n") if part.strip() and not part.startswith("#")]
    topics = head.get("paragraphs")
    where = Place(path, source).key("paragraphs")
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


def _head(path: Path, source: str) -> dict[str, Any]:
    return parse(path, "\n" + source)  # the line of +++ counts
