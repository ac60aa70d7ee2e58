"""Actors of a sentence in chains ("Russia and North Korea"), with the preposition before each (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.records import Mention

# Between the actors of one chain: commas, "and", titles.
_JOINED = re.compile(
    r"(?:'s)?(?:,? and |, | & | or | )(?:the )?(?:[A-Z][\w-]* |(?:foreign|prime|defen[cs]e) )*"
)
_TITLES = re.compile(r"(?:'s)? (?:[a-z]+ ){0,2}(?:president|minister|leader|king|premier) ")
_PREPOSITION = re.compile(
    r"\b(by|to|from|on|against|upon|with|for|of|between|in|over|at|near|after|under|into|through)"
    r"(?: (?!by\b|to\b|from\b|on\b|against\b|with\b|for\b)[a-z\d-]+){0,3} $",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Chain:
    """Actors that a sentence names in one breath. `preposition` is empty where none stands before them."""

    parties: tuple[str, ...]
    start: int
    end: int
    preposition: str


def chains(text: str, mentions: Iterable[Mention]) -> list[Chain]:
    """The chains of a sentence in order; offsets are those of `text`."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        between = text[groups[-1][-1].end : mention.start] if groups else ""
        joined = _JOINED.fullmatch(between) or _TITLES.fullmatch(between)
        if groups and joined:
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return [_chain(text, group, groups[i - 1][-1].end if i else 0) for i, group in enumerate(groups)]


def _chain(text: str, group: Sequence[Mention], before: int) -> Chain:
    lead = text[before : group[0].start]
    found = _PREPOSITION.search(lead)
    preposition = found[1].lower() if found and not _YEAR.search(found.group()) else ""
    parties = tuple(dict.fromkeys(mention.actor.party for mention in group))
    return Chain(parties, group[0].start, group[-1].end, preposition)
