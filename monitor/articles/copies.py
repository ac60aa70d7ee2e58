"""Which texts are copies of another: MinHash fingerprints of word runs (pure).

A text is the set of its runs of four words (Broder, "On the resemblance and containment of documents",
1997), kept as the lowest bytes of its MinHash (Li and König, "b-bit minwise hashing", 2010): rensa makes
it, 128 bytes a text. How long both are turns their resemblance into the share of the shorter one that the
other has, which a cut copy keeps. A quotation and a site's boilerplate are shared too, but a copy begins
as its original does, and so the runs of the opening are kept as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rensa import RMinHash

PERMUTATIONS = 128
OPENING = 13  # runs of a text's first words
CONTAINED = 0.85  # share of the shorter text from which it is the other's
BEGINS = 0.2  # the same where both begin alike
ALIKE_AT_FIRST = 0.25  # share of an opening
SHORT = 20  # runs of a headline or a line of summary, where chance and stock phrases do more
CONTAINED_SHORT, BEGINS_SHORT, ALIKE_SHORT = 0.7, 0.3, 0.5
HEADLINE = 10  # runs: two headlines may begin alike and tell different things
FEW = 6  # runs below which two texts must be equal
SAME_TEXT = 0.999  # likeness of copies
_SEED = 1
_BY_CHANCE = 1 / 256  # bytes that are equal though the values are not

Runs = NDArray[np.uint32]
Shares = NDArray[np.float32]


class Prints(NamedTuple):
    """Fingerprints, a row each: `sketch` of PERMUTATIONS bytes, how many runs, and OPENING first runs.

    A row of `opening` ends in zeros where the text is shorter.
    """

    sketch: NDArray[np.uint8]
    size: NDArray[np.int32]
    opening: Runs


def prints(texts: Sequence[tuple[Runs, Runs]]) -> Prints:
    """Fingerprints of texts, each given as its runs and the runs of its opening."""
    known = [runs for runs, _ in texts]
    size = np.array([len(runs) for runs in known], np.int32)
    opening = np.zeros((len(texts), OPENING), np.uint32)
    for row, (_, first) in enumerate(texts):
        opening[row, : len(first)] = first
    if not len(size):
        return Prints(np.zeros((0, PERMUTATIONS), np.uint8), size, opening)
    flat = np.concatenate(known).astype(np.uint64)
    ends = np.concatenate([np.zeros(1, np.uint64), np.cumsum(size).astype(np.uint64)])
    rows = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends, PERMUTATIONS, _SEED).to_rows()
    return Prints((np.array(rows, np.uint32) & 0xFF).astype(np.uint8), size, opening)


def shares(some: Prints, others: Prints) -> Shares:
    """How much of the shorter text the two of each pair have in common; 0 where none is the other's copy.

    Args:
        some: the first text of each pair, a row each.
        others: the second, as many rows.
    """
    found = contained(some, others)
    least = np.minimum(some.size, others.size)
    short = least < SHORT
    begin = openings(some, others) >= np.where(short, ALIKE_SHORT, ALIKE_AT_FIRST)
    begin &= (found >= np.where(short, BEGINS_SHORT, BEGINS)) & (least >= HEADLINE)
    alike = begin | (found >= np.where(short, CONTAINED_SHORT, CONTAINED))
    equal = (some.sketch == others.sketch).all(axis=1) & (some.size == others.size)
    same = np.where(least < FEW, equal, alike) & (least > 0)
    return np.where(same, found, np.float32(0)).astype(np.float32)


def contained(some: Prints, others: Prints) -> Shares:
    """The share of the shorter text's runs that the longer one has, 0 to 1, as the sketches tell it."""
    equal = (some.sketch == others.sketch).mean(axis=1)
    alike = np.clip((equal - _BY_CHANCE) / (1 - _BY_CHANCE), 0, 1)
    least = np.maximum(np.minimum(some.size, others.size), 1)
    shared = alike * (some.size + others.size) / (1 + alike)
    found: Shares = np.minimum(shared / least, 1).astype(np.float32)
    return found


def openings(some: Prints, others: Prints) -> Shares:
    """The share of the first one's opening that the second of its pair begins with, 0 to 1."""
    begun = some.opening > 0
    both = ((others.opening[:, :, None] == some.opening[:, None, :]).any(axis=1) & begun).sum(axis=1)
    found: Shares = (both / np.maximum(begun.sum(axis=1), 1)).astype(np.float32)
    return found
