"""Who did what to whom: events from sentences, their actors and the words of topics (pure).

A sentence tells an event of a topic where it has one of its instruments and, near by, one of its verbs. What
stands before the verb is its subject, what follows takes its role from its preposition; "was ... by" turns
them round. A slot that nothing fills stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from monitor.records import Event, Mark, Mention, Status
from monitor.text import sentences
from monitor.topics.events.chains import Chain, chains
from monitor.topics.events.lexicon import LEXICONS, Flow, Lexicon, Verb

_PASSIVE = re.compile(r"\b(?:is|are|was|were|be|been|being)(?: \w+ly)? $")
_NEGATED = re.compile(
    r"\b(?:not|never|den(?:y|ies|ied|ying)|refus\w+|reject\w*|declin\w+|without|no longer)\b|n't\b",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:will|would|could|may|might|should|plan(?:s|ned)? to|wants? to|consider\w*|weigh(?:s|ed|ing)?|"
    r"vow\w* to|ready to|set to)\b|(?:^|[A-Z][\w.]*) to $"
)
_GOVERNS = re.compile(r"(?: (?:a )?(?:deal|contract|agreement))? to $")
_YEAR = re.compile(r"\b(?:in|since|of|by) (?:the )?((?:1[89]|20)\d\d)s?\b", re.IGNORECASE)
_LONG_AGO = re.compile(r"\b(?:decades|years|centuries) ago\b|\blast century\b|\banniversary\b", re.IGNORECASE)
_MODAL_REACH = 45  # characters before a verb in which "not" and "would" are its own


def in_text(text: str, mentions: Sequence[Mention], *, day: date | None = None) -> list[Event]:
    """The events that a text tells, sentence by sentence.

    Args:
        mentions: those of the text, with offsets in it.
        day: the day of the news; years before the last one are history.
    """
    found: list[Event] = []
    at = 0
    for sentence in sentences(text):
        start = text.index(sentence, at)
        at = start + len(sentence)
        mine = [
            replace(m, start=m.start - start, end=m.end - start)
            for m in mentions
            if start <= m.start and m.end <= at
        ]
        found += [replace(e, start=start, end=at) for e in events(sentence, mine, day=day)]
    return found


def events(sentence: str, mentions: Sequence[Mention], *, day: date | None = None) -> list[Event]:
    """The events that one sentence tells, at most one a topic; offsets are those of the sentence."""
    if not mentions:
        return []
    named = chains(sentence, mentions)
    found = (_event(topic, lexicon, sentence, named, day) for topic, lexicon in LEXICONS.items())
    return [event for event in found if event]


def _event(
    topic: str, lexicon: Lexicon, sentence: str, named: Sequence[Chain], day: date | None
) -> Event | None:
    instrument = _instrument(lexicon, sentence)
    if instrument is None:
        return None
    told = _verb(lexicon, sentence, instrument[1])
    if told is None:
        return None
    verb, match = told
    before = [chain for chain in named if chain.end <= match.start()]
    after = [chain for chain in named if chain.start >= match.end()]
    passive = bool(_PASSIVE.search(sentence[: match.start()]))
    sources, targets = _roles(lexicon, verb, before, after, passive=passive)
    if not sources and not targets:
        return None
    return Event(
        topic=topic,
        sources=sources,
        targets=tuple(target for target in targets if lexicon.joint or target not in sources),
        status=verb.status,
        action=match.group(),
        instrument=instrument[0],
        marks=_marks(sentence, match.start(), day),
        sentence=sentence,
        start=0,
        end=len(sentence),
        claimed_by=next(iter(_subject(before)), None) if verb.status is Status.ALLEGED else None,
    )


def _instrument(lexicon: Lexicon, sentence: str) -> tuple[str | None, re.Match[str]] | None:
    """The first kind of instrument that the sentence has; arms are called by their own name."""
    for name, pattern in lexicon.instruments:
        if match := pattern.search(sentence):
            own = match.group().lower() if name is None and "sanction" not in pattern.pattern else name
            return own, match
    return None


def _verb(lexicon: Lexicon, sentence: str, instrument: re.Match[str]) -> tuple[Verb, re.Match[str]] | None:
    """The verb nearest to the instrument; one that tells of others, seizes or vetoes counts before all."""
    found = [(verb, match) for verb in lexicon.verbs for match in verb.pattern.finditer(sentence)]
    first = [pair for pair in found if _goes_first(pair[0])]
    nearest = min(first or found, key=lambda pair: _distance(pair[1], instrument), default=None)
    if nearest is None:
        return None
    verb, match = nearest
    for other, governor in found:
        if _GOVERNS.fullmatch(sentence[governor.end() : match.start()]):  # "offers to sell" is an offer
            return replace(verb, status=other.status), governor
    return nearest


def _goes_first(verb: Verb) -> bool:
    return verb.flow in {Flow.TELLS, Flow.FINDS} or verb.status is Status.VETOED


def _distance(verb: re.Match[str], noun: re.Match[str]) -> int:
    return max(noun.start() - verb.end(), verb.start() - noun.end(), 0)


def _roles(
    lexicon: Lexicon, verb: Verb, before: Sequence[Chain], after: Sequence[Chain], *, passive: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sources and targets."""
    both = [*before, *after]
    whom, between = _with(both, lexicon.whom), _with(both, {"between"})
    direct = _with(after, {""})
    subject = _subject(before)
    if lexicon.joint:
        pair = between if len(between) > 1 else subject
        return (pair, pair) if len(pair) > 1 else (subject, whom or direct or _with(after, {"of"}))
    if passive:
        return _with(after, {"by"}), whom or subject
    match verb.flow:
        case Flow.GIVES:
            giver = _with(after, {"from"})
            if giver and not whom:  # "cancelled the purchase of missiles from"
                return giver, subject
            return subject, whom or direct
        case Flow.TAKES:
            return _with(after, {"from", "with", "of"}) or direct, subject
        case Flow.FINDS:
            return _with(after, {"by", "from"}), whom
        case Flow.TELLS:
            return direct, whom


def _with(named: Iterable[Chain], prepositions: Iterable[str]) -> tuple[str, ...]:
    """The parties of the first chain with one of these prepositions."""
    wanted = set(prepositions)
    return next((chain.parties for chain in named if chain.preposition in wanted), ())


def _subject(before: Sequence[Chain]) -> tuple[str, ...]:
    """The last chain before the verb that stands without a preposition."""
    return next((chain.parties for chain in reversed(before) if not chain.preposition), ())


def _marks(sentence: str, verb: int, day: date | None) -> frozenset[Mark]:
    lead = sentence[max(0, verb - _MODAL_REACH) : verb]
    marks = set()
    if _NEGATED.search(lead):
        marks.add(Mark.NEGATED)
    if _HYPOTHETICAL.search(lead):
        marks.add(Mark.HYPOTHETICAL)
    years = [int(year) for year in _YEAR.findall(sentence)]
    if _LONG_AGO.search(sentence) or (day is not None and years and max(years) < day.year - 1):
        marks.add(Mark.HISTORY)
    return frozenset(marks)
