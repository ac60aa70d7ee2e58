"""How likely two articles report one event: a logistic regression on a few signs (pure).

The coefficients were learnt by scikit-learn's LogisticRegression on 172,955 pairs of 5,343 headlines
with editors' stories, a pair of dated ones counted three times; learnt on half of the stories (by a hash
of their name) they do as well on the other half. What a day costs was set by hand, since no corpus of
round-ups tells it. Rarity of a term is that in the window and in a background of the project's own
example news together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.articles.terms import SIZE, TITLE, Ids

Reals = NDArray[np.float32]
Codes = NDArray[np.uint8]

SIGNS = ("cosine", "shared", "rarest", "headline", "other_days", "length", "leads")
"""Root of the TF-IDF cosine; shared rarity / 30; rarity of the rarest shared term / 10; root of the
share of a headline that the other article has, the smaller of both ways; both name weekdays and none in
common; log of the terms of the shorter one; both have a lead."""
INTERCEPT = -8.99
COEFFICIENTS = np.array((6.90, 1.03, 8.35, 4.65, -1.96, -0.98, -1.38), np.float32)
PER_DAY = 1.0  # log-odds lost with each day between two articles, up to three days
LOOKS_BACK = 20.0  # log-odds lost where one article looks back and the other does not: they never join
RAREST = 8.0  # a term in one of 3,000 texts and a rarer one are equally rare
_VOCABULARY = Path(__file__).with_name("vocabulary.tsv")


@cache
def background() -> tuple[Reals, int]:
    """Texts of the background that hold each term, and how many texts it has."""
    counts = np.zeros(SIZE, np.float32)
    lines = _VOCABULARY.read_text(encoding="ascii").split("\n")
    for line in filter(None, lines[1:]):
        term, count = line.split("\t")
        counts[int(term)] = float(count)
    return counts, int(lines[0])


class Rarities:
    """How rare each term is in the background and the texts counted so far.

    Minus the log of the share of texts with it, between 0 and `RAREST`, plus one.
    """

    def __init__(self) -> None:
        counts, self._texts = background()
        self._counts = counts.copy()
        self._logs = np.log(counts + 1)

    def count(self, terms: Ids, texts: int) -> None:
        """Count the terms of so many more texts, each as often as texts have it."""
        np.add.at(self._counts, terms, 1)
        self._logs[terms] = np.log(self._counts[terms] + 1)
        self._texts += texts

    def of(self, terms: Ids) -> Reals:
        """The rarities of these terms."""
        found: Reals = np.float32(math.log(self._texts + 1)) - self._logs[terms]
        np.minimum(found, np.float32(RAREST), out=found)
        np.maximum(found, np.float32(0), out=found)
        found += 1
        return found


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms, codes and rarities of articles one after the other, and where each article's start."""

    terms: Ids
    codes: Codes
    rare: Reals
    starts: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many terms each article has."""
        return np.diff(np.append(self.starts, len(self.terms)))

    def sums(self, values: Reals) -> Reals:
        """The sum of one value a term over each article."""
        found: Reals = np.add.reduceat(values, self.starts)
        return found


_SUBLINEAR = (1 + np.log(np.maximum(np.arange(TITLE), 1))).astype(np.float32)  # by the count in a code


def weights(codes: Codes, rare: Reals) -> Reals:
    """Sublinear TF-IDF of terms."""
    found: Reals = _SUBLINEAR[codes & np.uint8(TITLE - 1)] * rare
    return found


def signs(mine: Terms, others: Terms, pair_of: Ids) -> Reals:
    """The first four signs and the length, a row for each pair.

    Args:
        mine: the terms of the articles that are compared, article after article, each one's ascending.
        others: the terms of the other article of each pair (none is empty).
        pair_of: for each pair, which of `mine` it compares.
    """
    weight, their_weight = weights(mine.codes, mine.rare), weights(others.codes, others.rare)
    titled, their_titled = (mine.codes & TITLE) > 0, (others.codes & TITLE) > 0
    # One ascending list of (article, term) finds the terms of all pairs that both articles have.
    held = np.repeat(np.arange(len(mine.starts)), mine.sizes) * SIZE + mine.terms
    wanted = np.repeat(pair_of, others.sizes) * SIZE + others.terms
    at = np.minimum(np.searchsorted(held, wanted), len(held) - 1)
    shared = held[at] == wanted
    rare = others.rare * shared
    length = np.sqrt(np.add.reduceat(weight**2, mine.starts))[pair_of]
    norm = np.sqrt(others.sums(their_weight**2)) * length
    cosine = others.sums(weight[at] * their_weight * shared) / np.maximum(norm, 1e-9)
    own_title = np.maximum(np.add.reduceat(mine.rare * titled, mine.starts), 1.0)[pair_of]
    here = others.sums(rare * titled[at]) / own_title
    there = others.sums(rare * their_titled) / np.maximum(others.sums(others.rare * their_titled), 1.0)
    return np.stack(
        [
            np.sqrt(np.minimum(cosine, 1)),
            others.sums(rare) / 30,
            np.maximum.reduceat(rare, others.starts) / 10,
            np.sqrt(np.clip(np.minimum(here, there), 0, 1)),
            np.log(np.minimum(others.sizes, mine.sizes[pair_of]) + 1),
        ],
        axis=1,
    ).astype(np.float32)


def log_odds(signs: Reals) -> Reals:
    """Log-odds that each pair is of one event. `signs`: a row for a pair, columns as `SIGNS`."""
    found: Reals = signs @ COEFFICIENTS + np.float32(INTERCEPT)
    return found


def likeness(odds: Reals) -> Reals:
    """Log-odds as a likeness, 0 to 1; flatter than a probability, so that a mean of many still tells."""
    found: Reals = (1 / (1 + np.exp(-odds / 2))).astype(np.float32)
    return found
