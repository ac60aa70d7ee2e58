"""What an article says that can be new in a story: actors, numbers, places, steps (pure).

Every report is read; what a story has already is no development, and the store keeps each once. A copy
adds nothing. Only headline and lead count: what stands further down is background.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from monitor.records import ArticleActors, Development, DevelopmentKind, StoryText
from monitor.records.actors import MAIN
from monitor.text import sentences

MILESTONES = (3, 10, 30)
"""Independent publishers that are news of their own."""
LEAD = 400  # characters of the lead that are read

_COUNTED = {
    "dead": "dead killed die dies died deaths fatalities",
    "wounded": "wounded injured hurt injuries",
    "missing": "missing",
    "arrested": "arrested detained arrests",
    "displaced": "displaced evacuated",
    "soldiers": "soldiers troops sailors marines servicemen",
    "drones": "drones uavs",
    "missiles": "missiles rockets",
    "tanks": "tanks",
    "howitzers": "howitzers guns",
    "rifles": "rifles carbines firearms",
    "jets": "jets aircraft fighters warplanes helicopters",
    "ships": "ships vessels tankers warships submarines frigates boats",
    "shells": "shells rounds",
    "companies": "companies firms entities banks",
    "people": "people individuals persons officials",
    "percent": "percent per% %",
}
_UNIT = {word: unit for unit, listed in _COUNTED.items() for word in listed.split()}
_ONES = {word: n for n, word in enumerate("one two three four five six seven eight nine".split(), 1)}
_TEENS = {
    word: n
    for n, word in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 10
    )
}
_TENS = {
    word: 10 * n for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SPELLED = _ONES | _TEENS | _TENS
_WORDS = rf"(?:{'|'.join(_TENS)})(?:[-‑ ](?:{'|'.join(_ONES)}))?|{'|'.join(_TEENS | _ONES)}"
_FIGURE = rf"(?:\d[\d,]*(?:\.\d+)?|(?<![\w-])(?:{_WORDS})(?![\w-]))"
_SCALE = r"(?:\s?(hundred|thousand|million|billion|trillion|m|bn|tn)\b)?"
_MONEY = re.compile(rf"([$€£¥])\s?({_FIGURE}){_SCALE}", re.IGNORECASE)
_PARTS = (
    r"(?:that|which|who|and|or|from|in|on|to|for|at|by|with)\b"  # what follows is counted by another figure
)
_BETWEEN = rf"((?:(?!{_PARTS})[\w-]+\s+){{0,2}}?)"
_NUMBER = re.compile(
    rf"({_FIGURE}){_SCALE}\s?{_BETWEEN}({'|'.join(map(re.escape, _UNIT))})(?!\w)", re.IGNORECASE
)
_ACTED = re.compile(
    rf"\b(kill|wound|injur|arrest|detain)(?:s|es|ed|ing)\s+(?:at least |more than |some )?({_FIGURE})\b", re.I
)
_ACT = {"kill": "dead", "wound": "wounded", "injur": "wounded", "arrest": "arrested", "detain": "arrested"}
_POWERS = {"hundred": 100, "thousand": 1_000}
_SCALES = {"m": "million", "bn": "billion", "tn": "trillion"}

_STEPS = {
    "proposed": r"propos(?:es|ed|ing)|drafts? (?:a )?(?:treaty|pact|bill|law)|tabled",
    "agreed": r"agree(?:s|d) (?:on|to|a)|reach(?:es|ed) (?:a |an )?(?:deal|agreement|accord)",
    "signed": r"sign(?:s|ed|ing)?\b(?! (?:up|off|of|that)\b)|inks?\b|inked\b",
    "ratified": r"ratif(?:y|ies|ied|ication)",
    "announced": r"announc(?:es|ed|ing)|unveil(?:s|ed)",
    "imposed": r"impos(?:es|ed|ing)|blacklist(?:s|ed)|slaps? ",
    "in force": r"(?:takes?|took|taking) effect|(?:enters?|entered|comes?|came) into (?:force|effect)"
    r"|in force\b",
    "extended": r"extend(?:s|ed) (?:the |its )?(?:sanctions|embargo|truce|ceasefire|deal|treaty)"
    r"|renew(?:s|ed)",
    "suspended": r"suspend(?:s|ed|ing)|halt(?:s|ed)|freez(?:es|ing)|froze",
    "lifted": r"lift(?:s|ed|ing) (?:the |its |all |some )?(?:sanctions|embargo|ban|restrictions|siege|curbs)"
    r"|delist(?:s|ed)",
    "offered": r"offer(?:s|ed) (?:to|its|the|a)\b",
    "approved": r"approv(?:es|ed|al)|clear(?:s|ed) (?:the )?(?:sale|way)|green.?light(?:s|ed)?",
    "rejected": r"reject(?:s|ed|ing)|veto(?:es|ed)|vot(?:es|ed) down",
    "delivered": r"deliver(?:s|ed|ies)|handed over|arriv(?:es|ed) in",
    "cancelled": r"cancel(?:s|led|ed)|scrap(?:s|ped)|withdr(?:aws?|ew) from|pull(?:s|ed) out of",
}
_STEP = {name: re.compile(rf"\b(?:{pattern})", re.IGNORECASE) for name, pattern in _STEPS.items()}
_NOT_YET = re.compile(
    r"\b(?:not|never|no|may|might|could|would|will|won't|didn't|refus\w+|fail\w* to|yet to|to be|plans? to"
    r"|if)\b[^,;.]{0,25}$",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|near|at|outside|off) (?:the (?:city|town|port|village|province|region) of )?"
    r"((?:[A-Z][\w'-]+)(?: [A-Z][\w'-]+){0,2})"
)
_TIMES = frozenset(
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday".split()
)


def noticed(text: StoryText, actors: ArticleActors | None, story_id: int, now: datetime) -> list[Development]:
    """All that the headline and lead of an article say, each with the sentence that says it."""
    told = [text.title, *sentences(text.lead[:LEAD])]
    found: dict[tuple[DevelopmentKind, str], str] = {}
    names = set()
    for named in actors.actors if actors else ():
        names.add(named.actor.name)
        if named.salience >= MAIN:
            key = (DevelopmentKind.ACTOR, named.actor.key)
            found[key] = _sentence_at(text.title, told, named.first)
    for sentence in told:
        for kind, value in (*_numbers(sentence), *_steps(sentence), *_places(sentence, names)):
            found.setdefault((kind, value), sentence)
    return [
        Development(story_id, text.article_id, kind, value, sentence, now)
        for (kind, value), sentence in found.items()
    ]


def carried(story_id: int, article_id: int, publishers: int, now: datetime) -> list[Development]:
    """The milestones that a story with so many independent publishers has passed."""
    kind = DevelopmentKind.PUBLISHERS
    return [
        Development(story_id, article_id, kind, str(passed), "", now)
        for passed in MILESTONES
        if publishers >= passed
    ]


def _sentence_at(title: str, told: list[str], offset: int) -> str:
    """The sentence in which an offset of title, line break and text lies, or the headline."""
    end = len(title) + 1
    for sentence in told[1:]:
        end += len(sentence) + 1
        if len(title) < offset < end:
            return sentence
    return title


def _numbers(sentence: str) -> Iterator[tuple[DevelopmentKind, str]]:
    for sign, figure, scale in _MONEY.findall(sentence):
        yield DevelopmentKind.NUMBER, f"{sign}{_figure(figure, scale)}"
    for figure, scale, _, unit in _NUMBER.findall(sentence):
        yield DevelopmentKind.NUMBER, f"{_figure(figure, scale)} {_UNIT[unit.lower()]}"
    for act, figure in _ACTED.findall(sentence):
        yield DevelopmentKind.NUMBER, f"{_figure(figure, '')} {_ACT[act.lower()]}"


def _figure(figure: str, scale: str) -> str:
    plain = _in_digits(figure)
    scale = _SCALES.get(scale.lower(), scale.lower())
    if scale in _POWERS and plain.isdigit():  # "two hundred" is the same news as "200"
        return str(int(plain) * _POWERS[scale])
    return f"{plain} {scale}" if scale else plain


def _in_digits(figure: str) -> str:
    """ "Twenty-three" as "23", "1,200" as "1200"."""
    spelled = [_SPELLED.get(word, 0) for word in re.split(r"[-‑ ]", figure.lower())]
    return str(sum(spelled)) if all(spelled) else figure.replace(",", "")


def _steps(sentence: str) -> Iterator[tuple[DevelopmentKind, str]]:
    for name, pattern in _STEP.items():
        at = pattern.search(sentence)
        if at and not _NOT_YET.search(sentence[: at.start()]):
            yield DevelopmentKind.STATUS, name


def _places(sentence: str, names: set[str]) -> Iterator[tuple[DevelopmentKind, str]]:
    if sum(word[:1].isupper() for word in sentence.split()) > 0.7 * len(sentence.split()):
        return  # a headline all in capitals tells no name
    for place in _PLACE.findall(sentence):
        words = [word.removesuffix("'s") for word in place.split() if word.lower() not in _TIMES]
        if words and " ".join(words) not in names:
            yield DevelopmentKind.PLACE, " ".join(words)
