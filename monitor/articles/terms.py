"""What grouping reads in an article: stemmed terms, word runs, weekdays, signs of looking back (pure).

Terms are numbers below `SIZE`, hashed from light stems, so that a window of a million articles needs
no dictionary (feature hashing: Weinberger et al., 2009).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from monitor.articles.copies import OPENING, Runs

SIZE = 1 << 22
TITLE = 0x80  # bit of a term's code: the headline has it; the other bits count, the headline twice
SHINGLE = 4  # words of a run
NOTHING = -1  # the term of a word that says nothing
_MOST = 0x7F
_WORD = re.compile(r"\w+")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "-": " ", "‑": " "})
_POSSESSIVE = re.compile(r"'s?\b|\.(?=\w\b)")  # "Council's" is Council, "U.S." is US
_STOP = ENGLISH_STOP_WORDS | frozenset("say says said new report reports us u s".split())
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_DAYS = {
    day: 1 << place
    for place, day in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())
}
_BACK = re.compile(  # in a headline
    r"\banniversar(?:y|ies)\b|\b(?:years?|decades?|century) (?:ago|on|after|later|since)\b"
    r"|\blook(?:s|ing)? back\b|\bcommemorat|\bon this day\b|\bin memory of\b",
    re.IGNORECASE,
)
_BACK_AT_ONCE = re.compile(r"\banniversary\b|\b(?:years?|decades?) ago (?:today|this)\b", re.IGNORECASE)
_AT_ONCE = 120  # characters of a lead

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one article says: `terms` ascending with their `codes`; `runs` ascending hashes of four words.

    `opening`: the runs with which it begins; `words`: a word for each term, as the article has it.
    """

    terms: Ids
    codes: NDArray[np.uint8]
    runs: Runs
    opening: Runs
    days: int
    looks_back: bool
    words: dict[int, str]


def read(title: str, lead: str) -> Reading:
    """The terms of headline and lead, the runs of the lead (of the headline where there is no lead)."""
    head, body = _tokens(title), _tokens(lead)
    titled, told = list(map(_term, head)), list(map(_term, body))
    counts = Counter(told)
    for term in titled:
        counts[term] += 2
    known = dict(zip(told, body, strict=True)) | dict(zip(titled, head, strict=True))
    if NOTHING in counts:
        del counts[NOTHING], known[NOTHING]
    terms = np.fromiter(counts, np.int32, len(counts))
    codes = np.minimum(np.fromiter(counts.values(), np.int32, len(counts)), _MOST).astype(np.uint8)
    order = np.argsort(terms)
    terms, codes = terms[order], codes[order]
    codes[np.searchsorted(terms, [term for term in titled if term != NOTHING])] |= np.uint8(TITLE)
    days = 0
    for word in _DAYS.keys() & {*head, *body}:
        days |= _DAYS[word]
    looks_back = bool(_BACK.search(title) or _BACK_AT_ONCE.search(lead[:_AT_ONCE]))
    said, opening = runs(body if len(body) >= 3 * SHINGLE else head)
    return Reading(terms, codes, said, opening, days, looks_back, known)


def _tokens(text: str) -> list[str]:
    text = text.translate(_APOSTROPHES)
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _WORD.findall(_POSSESSIVE.sub("", text).lower())


@lru_cache(maxsize=200_000)
def _term(token: str) -> int:
    """The number of a word's stem, `NOTHING` for words that say nothing."""
    if token in _STOP or (len(token) == 1 and not token.isdigit()):
        return NOTHING
    return crc32(stem(token).encode()) % SIZE


def stem(word: str) -> str:
    """`word` without the commonest English endings: enough to join "strikes" and "striking"."""
    if len(word) > 4:
        for ending, instead in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
                word = word[: -len(ending)] + instead
                break
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 4 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def runs(tokens: list[str]) -> tuple[Runs, Runs]:
    """Hashes of the runs of four words, and those of the opening: ascending, each once.

    Where there are fewer words all of them are one run.
    """
    if not tokens:
        return np.zeros(0, np.uint32), np.zeros(0, np.uint32)
    hashed = np.fromiter(map(_hash, tokens), np.uint32, len(tokens))
    if len(hashed) < SHINGLE:
        mixed = hashed.sum(keepdims=True, dtype=np.uint32)
    else:
        mixed = np.zeros(len(hashed) - SHINGLE + 1, np.uint32)
        for place in range(SHINGLE):
            mixed = mixed * np.uint32(0x9E3779B1) + hashed[place : place + len(mixed)]
            mixed ^= mixed >> np.uint32(15)
    return np.unique(mixed), np.unique(mixed[:OPENING])


@lru_cache(maxsize=200_000)
def _hash(token: str) -> int:
    return crc32(token.encode())
