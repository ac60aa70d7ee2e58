"""What a sentence says of its own words: who claims them, and why they may be no news (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from monitor.records import Mark
from monitor.topics.events.chains import Chain

_SAYS = (
    r"(?:says?|said|tells?|told|insists?|claims?|claimed|alleges?|alleged|warns?|reveals?|finds?|"
    r"admits?|announces|"
    r"argues|expects|signals|vows|denies|denied|confirms?|according to|report|reports|sources|"
    r"suspects|suggests)"
)
_TAIL = re.compile(
    rf",? (?:[-–—] )?(?P<who>[^,]{{0,70}}?)\b{_SAYS}(?: (?:on )?\w+day| on \w+| in \w+)?[.!]?[\"”']?$"
)
_ACCORDING = re.compile(r",? according to (?P<who>[^,]{1,60})[.!]?$", re.IGNORECASE)
_HEAD = re.compile(
    r"^(?P<who>[^,;:]{0,60}?) (?:also |again |has |have )?(?:says?|said|insists?|claims?|claimed|"
    r"alleges?|alleged|reveals?|"
    r"rejects claim|expects|denie[sd])(?: on \w+day)?(?P<that> that)? ",
)
_DASH = re.compile(r"(?: ?--| [-–—]) ?(?P<who>[A-Z][\w. ]{1,30})$")
_COLON = re.compile(r"^(?P<who>[^,;:]{1,40}): ")
_SOMEONE = re.compile(
    r"\b(?:officials?|sources?|experts?|reports?|ministry|defector|intelligence|people)\b", re.IGNORECASE
)
_NEGATED = re.compile(
    r"\b(?:not|never|den(?:y|ies|ied|ying)|refus(?:es|ed|ing|e)|rejects?|rejected|declin\w+|without|"
    r"no longer|no plans?|"
    r"rules? out|ruled out|says? no|fails? to|failed to|holds off|held off|drops?|dropped|"
    r"backs away from|gives up|cannot|"
    r"clears|no decision|lets? slip|abandons?|stops short of)\b|n[’']t\b|^no\b",
    re.IGNORECASE,
)
_HYPOTHETICAL = re.compile(
    r"\b(?:will|would|could|may|might|should|plans? to|planned to|wants? to|weigh(?:s|ed|ing)?|"
    r"consider(?:s|ed|ing)?|"
    r"mulls?|vow\w* to|ready to|readies|set to|expects?|preparing to|prepares to|unless|if|demands?|"
    r"urges|calls? on|"
    r"calls? for|talk that|in talks to|bid to|letter of intent|about to|due to|warns?|option)\b|"
    r"(?:^|[\w.]+) to $",
    re.IGNORECASE,
)
_HYPOTHETICAL_ITSELF = re.compile(
    r"(?:could|would|will|may|ready to|to give|in talks|consider\w* export|letter of intent|set to|"
    r"to sign)\b",
    re.IGNORECASE,
)
_TO = re.compile(r"^(?:[A-Z][\w.’'-]*,? ?(?:and )?(?:[a-z-]+ )?){1,5}to $")
_YEAR = re.compile(
    r"\b(?:in|since|of|by|from|before) (?:(?:the|early|late|war of) )*((?:1[89]|20)\d\d)s?\b", re.IGNORECASE
)
_LONG_AGO = re.compile(
    r"\b(?:decades?|years|centuries) ago\b|\blast century\b|\banniversary\b|\bhow \w+'s\b|\bfor years\b|"
    r"\bin the (?:19)?[4-9]0s\b",
    re.IGNORECASE,
)
_REACH = 45  # characters before a verb in which "not" and "would" are its own


@dataclass(frozen=True, slots=True)
class Said:
    """Who says a sentence: `claimed_by` where an actor does; `start` and `end` bound what is said."""

    start: int
    end: int
    reported: bool = False
    claimed_by: str | None = None
    speaks_of_itself: bool = False  # "Tehran says it has": the speaker is the subject
    denies: bool = False


_ITSELF = re.compile(
    r"^(?:that )?(?:it|he|she|they|has|will|would|cannot|is|claim\w*|sending|selling|arming|"
    r"supplying|having)\b"
)


def said(sentence: str, named: Sequence[Chain]) -> Said:
    """Who says a sentence, where it tells so itself."""
    for pattern in (_ACCORDING, _DASH, _TAIL):
        tail = pattern.search(sentence)
        if tail and (pattern is not _TAIL or sentence[tail.start()] in ",–—-" or tail.start() == 0):
            who = [chain for chain in named if chain.start >= tail.start()]
            known = len(who) == 1 or (not who and _SOMEONE.search(tail.group()))
            if known and any(chain.end <= tail.start() for chain in named):
                return Said(0, tail.start(), True, who[0].parties[0] if who else None)
    head = _HEAD.search(sentence) or _COLON.search(sentence)
    if head is None:
        return Said(0, len(sentence))
    who = [chain for chain in named if chain.end <= head.end("who") + 1]
    rest = [chain for chain in named if chain.start >= head.end()]
    denies = bool(re.search(r"denie|rejects", head.group()[len(head["who"]) :]))
    itself = denies or bool(_ITSELF.match(sentence[head.end() :]))
    if who and not itself and rest:
        return Said(head.end(), len(sentence), True, who[-1].parties[0])
    if who:
        return Said(0, len(sentence), True, who[-1].parties[0], speaks_of_itself=True, denies=denies)
    if rest and _SOMEONE.search(head["who"]):
        return Said(head.end(), len(sentence), True)
    return Said(0, len(sentence))


def marks(sentence: str, verb: re.Match[str], day: date | None) -> frozenset[Mark]:
    """Why what a verb of a sentence tells may be no fact of today."""
    lead = sentence[max(0, verb.start() - _REACH) : verb.start()]
    found = set()
    if _NEGATED.search(lead) or re.match(r"(?:refus|holds off|no )", verb.group(), re.IGNORECASE):
        found.add(Mark.NEGATED)
    if (
        _HYPOTHETICAL.search(lead)
        or _HYPOTHETICAL_ITSELF.match(verb.group())
        or _TO.search(sentence[: verb.start()])
    ):
        found.add(Mark.HYPOTHETICAL)
    years = [int(year) for year in _YEAR.findall(sentence)]
    if _LONG_AGO.search(sentence) or (day is not None and years and max(years) < day.year - 1):
        found.add(Mark.HISTORY)
    return frozenset(found)
