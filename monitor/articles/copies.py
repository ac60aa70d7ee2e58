"""Which texts are copies of another: fingerprints of word runs (pure).

A fingerprint is the set of hashes of all runs of four words (Broder, "On the resemblance and
containment of documents", 1997). The start of a text is short enough to keep every hash, which tells a
cut copy by containment; a MinHash of fixed size estimates resemblance alone and misses it.
"""

from __future__ import annotations

import numpy as np

from monitor.articles.terms import Runs

CONTAINED = 0.55  # share of the shorter text's runs from which it is the other's
FEW = 6  # runs below which two texts must agree wholly
SAME_TEXT = 0.999  # likeness of copies


def share(one: Runs, other: Runs) -> float:
    """The share of the shorter fingerprint that is in the longer one, 0 to 1; 0 where one is empty."""
    if not len(one) or not len(other):
        return 0.0
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    at = np.minimum(np.searchsorted(large, small), len(large) - 1)
    return float(np.count_nonzero(large[at] == small)) / len(small)


def is_copy(one: Runs, other: Runs) -> float:
    """The share of runs in common where one text is the other's, else 0."""
    found = share(one, other)
    least = CONTAINED if min(len(one), len(other)) >= FEW else 1.0
    return found if found >= least else 0.0
