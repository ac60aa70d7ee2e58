"""Who did what to whom: events from sentences, their actors and the words of topic cards (pure).

A sentence tells an event of a topic where it has one of its instruments and one of its verbs (`verbs.py`).
The verb nearest to the instrument tells the status, its flow who is source and who target (`roles.py`). Who
says it is set aside first (`clauses.py`). A slot that nothing fills stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from monitor.records import Event, Flow, Mark, Mention, Status
from monitor.text import sentences
from monitor.topics.events import slots
from monitor.topics.events.chains import Chain, chains
from monitor.topics.events.clauses import Said, marks, said
from monitor.topics.events.lexicon import Lexicon, Lexicons
from monitor.topics.events.roles import roles
from monitor.topics.events.scene import Parties, Scene, subjects
from monitor.topics.events.verbs import Told, instrument_in, told_in

VERSION = "1"  # of these rules: what is stored names them


SENTENCES = 40  # of an article that are read: what it reports stands far above


_PRONOUN = re.compile(r"(?:It|He|She|They)\b")


_BREAK = re.compile(
    r"(?:,| –| -)? (?:while|as|after|before|although|despite|because|since|but)\b|; | (?=and )", re.IGNORECASE
)


_NEED_A_PACT = frozenset({Flow.TAKES, Flow.JOINT})  # "joins Nato's leaders" is no pact


def in_text(
    text: str,
    mentions: Sequence[Mention],
    lexicons: Lexicons,
    *,
    topics: Collection[str] | None = None,
    day: date | None = None,
) -> list[Event]:
    """The events that a text tells, sentence by sentence.

    Args:
        mentions: those of the text, with offsets in it.
        lexicons: the words of each topic (`lexicon.compile_lexicon`).
        topics: those to look for; all where that is None.
        day: the day of the news; years before the last one are history.
    """
    wanted = {topic: one for topic, one in lexicons.items() if topics is None or topic in topics}
    if not any(one.any_instrument.search(text) for one in wanted.values()):
        return []
    found: list[Event] = []
    at = 0
    before: Parties = ()
    for sentence in sentences(text)[:SENTENCES]:
        start = text.index(sentence, at)
        at = start + len(sentence)
        mine = [
            replace(m, start=m.start - start, end=m.end - start)
            for m in mentions
            if start <= m.start and m.end <= at
        ]
        named = chains(sentence, mine)
        told = _in_sentence(sentence, named, wanted, day, before if _PRONOUN.match(sentence) else ())
        if topics is not None:
            told += _named_only(
                sentence, named, [t for t in wanted if all(e.topic != t for e in [*found, *told])], wanted
            )
        found += [replace(e, start=start, end=at) for e in told]
        before = subjects(named, len(sentence)) or before
    return found


def _in_sentence(
    sentence: str, named: Sequence[Chain], lexicons: Lexicons, day: date | None, spoken_of: Parties
) -> list[Event]:
    if not named and not spoken_of:
        return []
    who = said(sentence, named)
    found: list[Event] = []
    for topic, lexicon in lexicons.items():
        for start, end in _parts(sentence, lexicon, who, named):
            told = told_in(lexicon, sentence, start, end, named)
            if told:
                event = _event(topic, told, sentence, (start, end), named, who, day, spoken_of)
                if event and not any(_same(event, one) for one in found):
                    found.append(event)
    return found


def _named_only(
    sentence: str, named: Sequence[Chain], topics: Sequence[str], lexicons: Lexicons
) -> list[Event]:
    """What a sentence names of topics that its text is about, where no verb tells a step."""
    found = []
    for topic in topics:
        thing = instrument_in(lexicons[topic], sentence, 0, len(sentence))
        if thing is None or not named:
            continue
        name, match = thing
        flow = Flow.BARS if topic == "mutual_defense" else Flow.STANDS
        scene = Scene(topic, flow, sentence, tuple(named), match.span(), match.span())
        sources, targets = roles(scene)
        if sources or targets:
            spans = (("instrument", *match.span()),)
            found.append(
                Event(
                    topic,
                    sources,
                    targets,
                    None,
                    "",
                    name,
                    frozenset(),
                    sentence,
                    0,
                    len(sentence),
                    spans=spans,
                )
            )
    return found


def _same(one: Event, other: Event) -> bool:
    return (one.topic, one.sources, one.targets, one.status) == (
        other.topic,
        other.sources,
        other.targets,
        other.status,
    )


def _parts(sentence: str, lexicon: Lexicon, who: Said, named: Sequence[Chain]) -> list[tuple[int, int]]:
    """The clauses that tell something of their own: with instrument, verb and actor; or the whole."""
    cuts = [m.start() for m in _BREAK.finditer(sentence, who.start, who.end)]
    parts: list[tuple[int, int]] = []
    start = who.start
    for cut in [*cuts, who.end]:
        if _tells(lexicon, sentence, start, cut, named) and (
            cut == who.end or _goes_alone(lexicon, sentence, cut, who.end, named)
        ):
            parts.append((start, cut))
            start = cut
    if not parts:
        return [(who.start, who.end)]
    parts[-1] = (parts[-1][0], who.end)
    return parts


def _goes_alone(lexicon: Lexicon, sentence: str, start: int, end: int, named: Sequence[Chain]) -> bool:
    """Whether what follows a cut is a clause with an actor of its own at its head."""
    head = next((c for c in named if start <= c.start < end), None)
    return (
        head is not None
        and head.start - start < 14
        and not head.preposition
        and " and " not in sentence[max(0, start - 1) : start]
        and not re.fullmatch(r" and (?:the )?", sentence[start : head.start])
    ) or (head is not None and _tells(lexicon, sentence, start, end, named))


def _tells(lexicon: Lexicon, sentence: str, start: int, end: int, named: Sequence[Chain]) -> bool:
    return (
        lexicon.any_instrument.search(sentence, start, end) is not None
        and any(start <= c.start < end for c in named)
        and any(verb.pattern.search(sentence, start, end) for verb in lexicon.verbs)
    )


def _event(
    topic: str,
    told: Told,
    sentence: str,
    part: tuple[int, int],
    named: Sequence[Chain],
    who: Said,
    day: date | None,
    spoken_of: Parties,
) -> Event | None:
    mine = tuple(chain for chain in named if part[0] <= chain.start < part[1])
    if told.instrument is None and topic == "mutual_defense" and told.verb.flow in _NEED_A_PACT:
        return None
    scene = Scene(
        topic, told.verb.flow, sentence[: part[1]], mine, told.match.span(), told.thing.span(), told.verb.weak
    )
    sources, targets = roles(scene)
    if spoken_of and not sources:
        sources = tuple(party for party in spoken_of if party not in targets)
    if not sources and not targets:
        return None
    asks = told.verb.status in {Status.CALLED_FOR, Status.THREATENED}
    if asks and not sources and who.claimed_by and who.claimed_by not in targets:
        sources = (who.claimed_by,)
    claims = told.verb.flow is Flow.TELLS
    found = marks(sentence[: part[1]], told.match, day) - ({Mark.NEGATED} if _denies_itself(told) else set())
    claimed_by = (
        next(iter(subjects(mine, told.match.start())), None) if claims and not scene.passive else None
    )
    if who.reported and not (Mark.NEGATED in found and who.denies):
        found |= {Mark.REPORTED}
        claimed_by = claimed_by or who.claimed_by
    event = Event(
        topic=topic,
        sources=sources,
        targets=targets,
        status=_status(told, claimed_by, (*sources, *targets)),
        action=told.match.group(),
        instrument=told.instrument,
        marks=found,
        sentence=sentence,
        start=0,
        end=len(sentence),
        claimed_by=claimed_by,
    )
    return _with_slots(event, scene, told, day)


def _status(told: Told, claimed_by: str | None, parties: Parties) -> Status | None:
    """The step; what others say that a party has done is alleged."""
    status = told.verb.status
    if status in {Status.DELIVERED, Status.CONTRACTED} and claimed_by and claimed_by not in parties:
        return Status.ALLEGED
    return status


def _denies_itself(told: Told) -> bool:
    """Whether the verb is itself the one that refuses: "rejects Sweden's bid"."""
    return told.verb.flow is Flow.BARS


def _with_slots(event: Event, scene: Scene, told: Told, day: date | None) -> Event:
    """The event with its amount, number, place and day, and where each slot stands in the sentence."""
    spans = [("action", *told.match.span()), ("instrument", *told.thing.span())]
    for role, parties in (("source", event.sources), ("target", event.targets)):
        spans += [(role, c.start, c.end) for c in scene.named if parties and set(c.parties) & set(parties)][
            :1
        ]
    found: dict[str, object] = {}
    if money := slots.amount(event.sentence):
        found |= {"amount": money[0], "currency": money[1]}
        spans.append(("amount", money[2], money[3]))
    for slot, value in (
        ("quantity", slots.quantity(event.sentence, told.thing.span())),
        ("place", slots.place(event.sentence)),
        ("on", slots.day_told(event.sentence, day)),
    ):
        if value is not None:
            found[slot] = value[0]
            spans.append((slot, value[1], value[2]))
    if event.topic != "mutual_defense" and event.targets:
        gain = next((c for c in scene.after if c.preposition == "for" and c.parties != event.targets), None)
        if gain and not set(gain.parties) & {*event.sources, *event.targets}:
            found["beneficiaries"] = gain.parties
            spans.append(("beneficiary", gain.start, gain.end))
    return replace(event, spans=tuple(spans), **found)  # type: ignore[arg-type]
