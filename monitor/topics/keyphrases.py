"""The phrases that make a document what it is: frequent in it, rare in the background (pure).

A phrase is scored by Dunning's log-likelihood ratio (1993) of its count in the document against the
number of background texts that hold it, so that a rare word which happens to stand there twice does not
beat one that runs through the whole document.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.topics.phrases import STOP, tokens

LONGEST = 4  # words
KEYNESS = 6.63  # of the ratio: the 1 % point of chi-squared with one degree of freedom
_JOINTS = frozenset({"of", "the", "and", "for", "to", "in", "at", "on"})
# Words that head no topic: of grammar, of reporting, of drafting, of counting.
_EMPTY = frozenset(
    """a about above according across act acts added after again against ago agree agreed agreement all allow allowed almost
    along already also although always am among an and annex annexes annual another any apply applied applies are area areas
    around article articles as ask asked asks at august april away back bad based be became because become been before began
    begin behind being below best better between big both bring brings brought but by call called calls came can cannot cause
    caused certain change changes chapter clear come comes coming concern concerned concerns consider considered contain
    continue could country countries current currently date day days december decide decided declare describe described did
    different do does doing done down due during each early effect eight either end ended enough ensure ensured especially
    establish established even event ever every example except expect expected expressed fact far february few finally find first
    five follow followed following for force former found four from full further gave general get give given gives go goes
    going good got great group had half has have having he held help her here hereby herein high him his hold how however hundred
    i if important in include included includes including increase increased information instead interest into is it its itself
    january july june just keep kept key know known large last late later latest least leave led less let level like likely little long
    look looked lot low made main major make makes making many march mark marks matter may me mean means meanwhile measure measures
    member members memo met might million minister month months more most move much must my name named near nearly necessary need
    needed needs never new news next nine no nor not note noted nothing november now number october of off offer official officials
    often old on once one only open or order other others our out over own page paragraph paragraphs part particular particularly parties
    party past people per period perhaps place plan point possible present president prevent previous probably problem process
    provide provided provides provision provisions public purpose put question quite raise rather reach read real reason recent recently
    regarding relating relation relations remain remains report reported reports request require required requires respect
    respective result right role room rule rules run said same saw say saying says second section see seem seen send sent september set seven several shall
    she should show showed shown side sign signed significant similar since six small so some something soon special standing state
    stated states statement still such summary support supports sure take taken takes taking talk tell ten term terms than that the their
    them themselves then there thereby therefore thereof these they thing things think third this those though thousand three through
    throughout thus time times title to today together told too took total toward towards try tried tried trying turn two type under unless until up
    upon us use used uses using various very via want wants was way we week weeks well went were what when where whereas whether
    which while who whole whom whose why will with within without word words work worked would write year years yes yet you your
    ongoing potential relationship closely global unity international program programme development developments efforts
    occurred actions activities advise alarmed carry engage engaged existing available free fresh strong broader wider
    accuse accused address addressed alleged allegedly announced believe believed claim claimed claims condemned denied deny
    emphasized expressed expertise hailed instrumental insisted launched leader leaders militarily noted ordered profile
    promised proposed pushed reaching refused rejected repeated responded revealed scheduled seek seeking seeks signaled
    sought strengthen strengthened strengthening supported supporting urged voiced vowed warmly warned western
    monday tuesday wednesday thursday friday saturday sunday usa""".split()  # noqa: E501
)


@dataclass(frozen=True, slots=True)
class Background:
    """How many of `texts` everyday texts hold each phrase of up to two words."""

    texts: int
    counts: Mapping[str, int]

    def share(self, phrase: str) -> float:
        """The share of texts that hold the phrase; a longer one is as rare as its rarest pair."""
        words = phrase.split()
        pairs = [" ".join(words[at : at + 2]) for at in range(max(len(words) - 1, 1))]
        return min(self.counts.get(pair, 0) for pair in pairs) / max(self.texts, 1)


@dataclass(frozen=True, slots=True)
class KeyPhrase:
    """A phrase with its count in the document, its log-likelihood ratio and its background share."""

    text: str
    count: int
    keyness: float
    share: float


def background(texts: Iterable[str]) -> Background:
    """The background that some everyday texts make."""
    counts: Counter[str] = Counter()
    number = 0
    for text in texts:
        number += 1
        words = tokens(text)
        held = {word for word in words if word != STOP}
        held.update(f"{a} {b}" for a, b in itertools.pairwise(words) if STOP not in (a, b))
        counts.update(held)
    return Background(number, counts)


def is_empty(word: str) -> bool:
    """Whether a word says nothing of a topic."""
    return word in _EMPTY or len(word) < 3 or any(c.isdigit() for c in word)


def candidates(words: Sequence[str]) -> list[str]:
    """Every run of up to `LONGEST` words that starts and ends with one that says something."""
    found = []
    for start, first in enumerate(words):
        if first == STOP or is_empty(first):
            continue
        for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
            last = words[end - 1]
            if last == STOP:
                break
            inner = words[start + 1 : end - 1]
            if is_empty(last) or any(is_empty(word) and word not in _JOINTS for word in inner):
                continue
            found.append(" ".join(words[start:end]))
    return found


def key_phrases(passages: Sequence[str], known: Background, barred: Iterable[str] = ()) -> list[KeyPhrase]:
    """The phrases of a document, the most telling first, none a mere part of another.

    Args:
        passages: its text in order.
        barred: words that may not stand in one, such as names of actors.
    """
    counts: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    stop = frozenset(barred) | _foreign_grammar(passages, known)
    for passage in passages:
        held = [c for c in candidates(tokens(passage)) if not stop.intersection(c.split())]
        counts.update(held)
        spread.update(set(held))
    size = sum(len(tokens(passage)) for passage in passages) or 1
    scored = []
    for phrase, count in counts.items():
        words = phrase.count(" ") + 1
        if words > 1 and count < 2 and size > 200:
            continue
        share = known.share(phrase)
        ratio = likelihood_ratio(count, size, known.counts.get(phrase, 0) if words < 3 else 0, known)
        if ratio >= KEYNESS:
            scored.append(
                KeyPhrase(phrase, count, ratio * math.sqrt(words) * (1 + math.log(spread[phrase])), share)
            )
    scored.sort(key=lambda one: (-one.keyness, one.text))
    return _whole(scored)


def stem(word: str) -> str:
    """The first letters of a word, by which its forms are one."""
    return word[:5]


def stem_weights(passages: Sequence[str], known: Background, barred: Iterable[str] = ()) -> dict[str, float]:
    """How telling each stem of a document is: the square root of its likelihood ratio, none below 0."""
    stop = frozenset(barred)
    size = sum(len(tokens(passage)) for passage in passages) or 1
    counts: Counter[str] = Counter()
    for passage in passages:
        counts.update(stem(w) for w in tokens(passage) if w != STOP and w not in stop and not is_empty(w))
    outside: Counter[str] = Counter()
    for word, count in known.counts.items():
        if " " not in word and stem(word) in counts:
            outside[stem(word)] += count
    ratios = {one: likelihood_ratio(n, size, outside[one], known) for one, n in counts.items()}
    return {one: math.sqrt(ratio) for one, ratio in ratios.items() if ratio > 0}


def _foreign_grammar(passages: Sequence[str], known: Background) -> frozenset[str]:
    """Words of grammar of another language: three letters, in every second passage, and in no known text."""
    spread = Counter(word for passage in passages for word in set(tokens(passage)) if len(word) <= 3)
    often = max(len(passages) / 2, 2)
    return frozenset(w for w, count in spread.items() if count >= often and known.counts.get(w, 0) < 2)


def likelihood_ratio(count: int, size: int, others: int, known: Background) -> float:
    """Dunning's ratio, below zero where the phrase is rarer in the document than outside.

    A text of the background counts as 40 words, the length of a headline with its summary.
    """
    outside = max(known.texts * 40, 1)
    rate = (count + others) / (size + outside)
    found = 2 * (_part(count, size * rate) + _part(others, outside * rate))
    return found if count / size > others / outside else -found


def _part(seen: float, expected: float) -> float:
    return seen * math.log(seen / expected) if seen else 0.0


def _whole(scored: Sequence[KeyPhrase]) -> list[KeyPhrase]:
    """Without phrases that stand nearly always in a longer one, and longer ones that add little."""
    kept: list[KeyPhrase] = []
    for phrase in scored:
        inside = f" {phrase.text} "
        if any(
            inside in f" {other.text} " and other.count >= 0.7 * phrase.count
            for other in scored
            if other is not phrase
        ):
            continue
        if any(f" {other.text} " in inside for other in kept) and phrase.count < 2:
            continue
        kept.append(phrase)
    return kept
