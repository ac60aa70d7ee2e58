"""Which verb of a sentence tells the event of which instrument (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.records import Flow, Status
from monitor.topics.events.chains import Chain
from monitor.topics.events.lexicon import Lexicon, Verb

Found = tuple[Verb, re.Match[str]]
_GOVERNS = re.compile(
    r"(?: [A-Z][\w.’'-]*){0,3}(?: (?:a|an|the|new|deal|contract|agreement|plan|order|bill|law|for|"
    r"on|of|with|some|all|arms|weapons|military))*(?: to|) $"
)


_FIRST = frozenset({Flow.TELLS, Flow.FINDS})


_STRIKES = re.compile(r"(?:bombs|shells|rockets) (?=[A-Z])")  # what is done with them, not what is sold


_PAST = re.compile(r"\w+ed\Z", re.IGNORECASE)


_ARTICLE = re.compile(r"\b(?:an?|the|its|their|his|new|more|fresh|economic) $", re.IGNORECASE)


_CUT = re.compile(r"[:;,]|\b(?:are|is|was|were|and)\b")


_REACHES = 40  # characters from a verb to its object


_NONE: frozenset[Status] = frozenset()


# Steps that are only asked, offered or threatened where a verb of the second kind governs them.
_GOVERNED = {
    Status.ANNOUNCED: frozenset({Status.CALLED_FOR, Status.THREATENED}),
    Status.DELIVERED: frozenset({Status.OFFERED, Status.APPROVED, Status.BLOCKED, Status.CONTRACTED}),
    Status.CONTRACTED: frozenset({Status.OFFERED, Status.APPROVED, Status.BLOCKED}),
    Status.IN_FORCE: frozenset({Status.SIGNED, Status.QUESTIONED}),
    Status.ENDED: frozenset({Status.QUESTIONED}),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A verb that tells, the instrument that it tells of, and the part of the sentence that is about them."""

    verb: Verb
    match: re.Match[str]
    instrument: str | None
    thing: re.Match[str]


def told_in(lexicon: Lexicon, sentence: str, start: int, end: int, actors: Sequence[Chain]) -> Told | None:
    named = instrument_in(lexicon, sentence, start, end)
    if named is None:
        return None
    name, thing = named
    verb = _verb(lexicon, sentence, thing, (start, end), actors)
    return Told(*verb, name, thing) if verb else None


def instrument_in(
    lexicon: Lexicon, sentence: str, start: int, end: int
) -> tuple[str | None, re.Match[str]] | None:
    """The first instrument that a part of a sentence has; the last kind of the card, its own, counts last."""
    found = [
        (name, match)
        for name, pattern in lexicon.instruments[:-1]
        if (match := pattern.search(sentence, start, end)) and not _STRIKES.match(sentence, match.start())
    ]
    if found:
        return min(found, key=lambda pair: (pair[1].start(), -pair[1].end()))
    name, pattern = lexicon.instruments[-1]
    match = pattern.search(sentence, start, end)
    return (name, match) if match else None


def _verb(
    lexicon: Lexicon, sentence: str, thing: re.Match[str], part: tuple[int, int], named: Sequence[Chain]
) -> tuple[Verb, re.Match[str]] | None:
    """The verb nearest to the instrument; one that accuses, seizes or vetoes counts before all."""
    every = [(verb, match) for verb in lexicon.verbs for match in verb.pattern.finditer(sentence, *part)]
    found = [
        pair
        for pair in every
        if pair[0].weak
        or pair[0].status is Status.VETOED
        or not _is_noun(pair[1], sentence, lexicon, every, named)
    ]
    strong = (
        [pair for pair in found if not pair[0].weak]
        or [pair for pair in found if pair[0].flow is Flow.STANDS]
        or found
    )
    first = [pair for pair in strong if pair[0].flow in _FIRST or pair[0].status is Status.VETOED]
    nearest = min(first or strong, key=lambda pair: _distance(pair[1], thing), default=None)
    if nearest is None:
        return None
    verb, match = nearest
    for other, governor in strong:
        if governor.end() < match.start() and _rules(other, verb, sentence[governor.end() : match.start()]):
            return other, governor
    return nearest


def _rules(governor: Verb, verb: Verb, between: str) -> bool:
    """Whether a verb makes of another what is only asked for, allowed or threatened."""
    if verb.status is None or not _GOVERNS.fullmatch(between):
        return False
    return governor.status is None or governor.status in _GOVERNED.get(verb.status, _NONE)


def _is_noun(
    match: re.Match[str],
    sentence: str,
    lexicon: Lexicon,
    every: Sequence[tuple[Verb, re.Match[str]]],
    named: Sequence[Chain],
) -> bool:
    """Whether a word that is instrument and verb alike ("sanctions", "arms") is no verb here.

    It is one where somebody follows it without a preposition and without another verb between, or "by".
    """
    same = lexicon.any_instrument.match(sentence, match.start())
    lead, rest = sentence[: match.start()], sentence[match.end() :]
    if _ARTICLE.search(lead) and not _PAST.match(match.group()):
        return True
    if same is None or same.end() != match.end() or " " in match.group():
        return False
    if _ARTICLE.search(lead):
        return True
    if _PAST.match(match.group()) and (not lead or re.match(r"(?: \w+){0,3} (?:by|over)\b|[.]?$", rest)):
        return False
    whom = next((chain for chain in named if chain.start >= match.end()), None)
    gap = sentence[match.end() : whom.start] if whom else ""
    if whom is None or whom.preposition or len(gap) > _REACHES or _CUT.search(gap):
        return not (_PAST.match(match.group()) or re.match(r" (?:\d|[a-z]+ing )", rest))
    return any(match.end() <= other.start() < whom.start for _, other in every)


def _distance(verb: re.Match[str], noun: re.Match[str]) -> int:
    return max(noun.start() - verb.end(), verb.start() - noun.end(), 0)
