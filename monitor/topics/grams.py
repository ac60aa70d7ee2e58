"""Pieces of a unit that are counted as they stand, each with the words that it stands for (pure).

words    single words and pairs of neighbours in one sentence
stems    the same of words without their endings
titles   the stems of a title: what stands there is reported, what stands below may be a mention
pieces   runs of four and five characters of a word, its ends marked
frames   runs of up to three words, and pairs further apart, where members of word lists stand for
         their list: "@state @supply", "@weapon to @state", "@firm ~ @weapon": who does what to whom
"""

from __future__ import annotations

import functools
import itertools
import math
from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from monitor.topics.phrases import STOP, Found, Place
from monitor.topics.units import Unit

Array = NDArray[np.float64]
PIECE_LENGTHS = (4, 5)
FRAME_REACH = 8  # words or lists between which a pair of lists is a frame
_ENDINGS = ("ings", "ing", "ed", "es", "s", "e")
_SHORTEST_STEM = 4
_MEMO = 200_000  # distinct words remembered


@dataclass(frozen=True, slots=True)
class Reading:
    """A unit, the phrases that were found in it, and where members of each word list stand."""

    unit: Unit
    found: Sequence[Found]
    lists: Mapping[str, Sequence[Place]]
    homes: Mapping[str, Sequence[Place]] = field(default_factory=dict)  # where each country is named


Gram = tuple[str, tuple[Place, ...]]  # a counted piece, and the runs of words it stands for


def words(reading: Reading) -> Iterator[Gram]:
    return _runs(reading.unit.words)


def stems(reading: Reading) -> Iterator[Gram]:
    return _runs([stem(word) for word in reading.unit.words])


def titles(reading: Reading) -> Iterator[Gram]:
    unit = reading.unit
    return _runs([stem(word) for word in unit.words[: unit.title_words]])


def _runs(sequence: Sequence[str]) -> Iterator[Gram]:
    for at, (first, second) in enumerate(itertools.pairwise([*sequence, STOP])):
        if first != STOP:
            yield first, ((at, at + 1),)
            if second != STOP:
                yield f"{first} {second}", ((at, at + 2),)


@functools.lru_cache(_MEMO)
def stem(word: str) -> str:
    """`word` without one of the commonest endings, where four letters stay."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word


def pieces(reading: Reading) -> Iterator[Gram]:
    seen = set()
    for at, word in enumerate(reading.unit.words):
        if word not in seen:
            seen.add(word)
            for piece in cut(word):
                yield piece, ((at, at + 1),)


def cut(word: str) -> tuple[str, ...]:
    """The pieces of one word."""
    marked = f"<{word}>"
    return tuple(marked[at : at + n] for n in PIECE_LENGTHS for at in range(len(marked) - n + 1))


def frames(reading: Reading) -> Iterator[Gram]:
    line = _listed(reading)
    for at, (token, place) in enumerate(line):
        if token == STOP:
            continue
        if token[0] == "@":
            yield token, (place,)
        run = token
        for end in range(at + 1, min(at + 3, len(line))):
            after = line[end][0]
            if after == STOP:
                break
            run = f"{run} {after}"
            if "@" in run:
                yield run, ((place[0], line[end][1][1]),)
        if token[0] == "@":
            yield from _pairs(line, at)


def _pairs(line: Sequence[tuple[str, Place]], at: int) -> Iterator[Gram]:
    token, place = line[at]
    for other in range(at + 1, min(at + FRAME_REACH, len(line))):
        after, where = line[other]
        if after == STOP:
            return
        if other > at + 1 and after[0] == "@":
            yield f"{token} ~ {after}", (place, where)


def _listed(reading: Reading) -> list[tuple[str, Place]]:
    """The words in order, the longest member of a list at each place replaced by `@list`."""
    longest: dict[int, tuple[int, str]] = {}
    for name, places in reading.lists.items():
        for start, end in places:
            if start not in longest or end > longest[start][0]:
                longest[start] = (end, name)
    line: list[tuple[str, Place]] = []
    at = 0
    while at < len(reading.unit.words):
        end, token = at + 1, reading.unit.words[at]
        if at in longest:
            end, name = longest[at]
            token = f"@{name}"
        line.append((token, (at, end)))
        at = end
    return line


KINDS: Mapping[str, Callable[[Reading], Iterator[Gram]]] = {
    "words": words,
    "stems": stems,
    "titles": titles,
    "pieces": pieces,
    "frames": frames,
}


def vocabulary(
    kind: str, readings: Sequence[Reading], min_units: int, empty: Container[str] = ()
) -> tuple[list[str], Array]:
    """The grams that at least `min_units` readings hold, in order, with their smooth inverse frequency.

    Grams of nothing but `empty` words are left out: they would weigh without meaning anything.
    """
    counts: Counter[str] = Counter()
    for reading in readings:
        counts.update({gram for gram, _ in KINDS[kind](reading)})
    kept = sorted(
        gram
        for gram, count in counts.items()
        if count >= min_units and not all(word in empty for word in gram.split())
    )
    idf = [math.log((1 + len(readings)) / (1 + counts[gram])) + 1 for gram in kept]
    return kept, np.asarray(idf, dtype=np.float64)
