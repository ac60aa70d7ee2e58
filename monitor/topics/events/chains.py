"""Actors of a sentence in chains ("Russia and North Korea"), with the preposition before each (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.records import Actor, ActorKind, Mention, NameKind

# Between the actors of one chain: commas, "and", titles.
_JOINED = re.compile(
    r"(?:'s|’s)?(?:,? and|, plus|,|-| &| or) ?(?:the )?(?:(?:[A-Z][\w-]*|foreign|prime|defen[cs]e|crown) )*"
)
_TITLES = re.compile(
    r"(?:'s|’s|,)? ?(?:[a-z-]+ ){0,2}"
    r"(?:president|(?:prime |foreign |defen[cs]e )?minister|leader|king|premier|crown prince|chancellor"
    r"|secretary of state|lawmakers?|officials?) ?(?:[A-Z][\w-]+ )?",
    re.IGNORECASE,
)
_NAMED_AGAIN = re.compile(r"(?:'s|’s)?(?: [A-Z][\w-]+)? ?\(?|(?:'s|’s) ")
_SPEAKS = re.compile(r" (?:says?|said|insists?|claims?|alleges?|warns?|confirms?|reports?)\b")
_POSSESSED = re.compile(r"(?:'s|’s) (?:[a-z]+ ){0,2}")
_PREPOSITION = re.compile(
    r"\b(by|to|from|on|against|upon|with|for|of|between|in|into|over|at|near|after|under|through|without|"
    r"towards?|via|than)"
    r"(?:[ -](?!by\b|to\b|from\b|on\b|against\b|with\b|for\b|of\b)[\w’'\".$-]+){0,3}[ \"“'‘-]*$",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b(?:on|in|for) (?:[a-z]+ )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
)
_VERBAL = re.compile(r"\b\w+(?:ed|ing|es)\b")


@dataclass(frozen=True, slots=True)
class Chain:
    """Actors that a sentence names in one breath. `preposition` is empty where none stands before them.

    `adjective`: named by what is theirs ("Russian"), not as themselves.
    """

    parties: tuple[str, ...]
    start: int
    end: int
    preposition: str
    adjective: bool = False


def chains(text: str, mentions: Iterable[Mention]) -> list[Chain]:
    """The chains of a sentence in order; offsets are those of `text`."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        between = text[groups[-1][-1].end : mention.start] if groups else ""
        joined = _JOINED.fullmatch(between) and not _SPEAKS.match(text, mention.end)
        if groups and _POSSESSED.fullmatch(between) and groups[-1][-1].actor.key == mention.actor.country:
            groups[-1][-1:] = [mention]  # "Sudan's RSF" are the latter
        elif groups and (joined or _same(groups[-1][-1], mention, between)):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return [_chain(text, group, groups[i - 1][-1].end if i else 0) for i, group in enumerate(groups)]


def _party(actor: Actor) -> str:
    """An arms maker stands for its state, which licenses what it sells."""
    return actor.country if actor.kind is ActorKind.MAKER and actor.country else actor.party


def _same(last: Mention, mention: Mention, between: str) -> bool:
    """Whether a name says again who it is: "Turkey's president Erdogan"."""
    if _party(last.actor) != _party(mention.actor):
        return False
    return bool(_TITLES.fullmatch(between) or _NAMED_AGAIN.fullmatch(between))


def _chain(text: str, group: Sequence[Mention], before: int) -> Chain:
    lead = text[before : group[0].start]
    found = _PREPOSITION.search(lead)
    preposition = found[1].lower() if found and not _YEAR.search(found.group()) else ""
    parties = tuple(dict.fromkeys(_party(mention.actor) for mention in group))
    return Chain(
        parties,
        group[0].start,
        group[-1].end,
        preposition,
        adjective=all(mention.how is NameKind.DEMONYM for mention in group),
    )
