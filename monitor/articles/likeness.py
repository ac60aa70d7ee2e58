"""How likely two articles report one event: a logistic regression on a few signs (pure).

The coefficients were learnt by scikit-learn's LogisticRegression on 172,955 pairs of 5,343 headlines
with editors' stories, a pair of dated ones counted three times; learnt on half of the stories (by a hash
of their name) they do as well on the other half. What a day costs was set by hand, since no corpus of
round-ups tells it. Rarity of a term is that in the window and in a background of the project's own
example news together.
"""

from __future__ import annotations

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


def rarity(counts: Reals, texts: float) -> Reals:
    """Minus the log of the share of texts with a term, between 0 and `RAREST`, plus one."""
    share = (counts + 1) / np.float32(texts + 1)
    found: Reals = np.clip(-np.log(share), 0, RAREST) + 1
    return found.astype(np.float32, copy=False)


def weights(codes: Codes, rare: Reals) -> Reals:
    """Sublinear TF-IDF of terms."""
    counts = (codes & ~np.uint8(TITLE)).astype(np.float32)
    found: Reals = (1 + np.log(np.maximum(counts, 1))) * rare
    return found


class Compared:
    """One article, ready to be compared with many: a look-up by term that is wiped after use."""

    def __init__(self) -> None:
        self._weight = np.zeros(SIZE, np.float32)
        self._title = np.zeros(SIZE, np.bool_)

    def signs(self, mine: tuple[Ids, Codes, Reals], others: tuple[Ids, Codes, Reals, Ids]) -> Reals:
        """The first four signs and the length, a row for each other article.

        Args:
            mine: terms of the article, their codes and rarities.
            others: the same of all others one after the other, and where each starts (none is empty).
        """
        terms, codes, rare = mine
        theirs, their_codes, their_rare, starts = others
        weight = weights(codes, rare)
        titled = (codes & TITLE).astype(bool)
        self._weight[terms], self._title[terms] = weight, titled
        found = self._weight[theirs]
        in_title = self._title[theirs]
        self._weight[terms], self._title[terms] = 0, False
        shared = their_rare * (found > 0)
        their_weight = weights(their_codes, their_rare)
        their_titled = (their_codes & TITLE).astype(bool)
        norm = np.sqrt(np.add.reduceat(their_weight**2, starts)) * float(np.linalg.norm(weight))
        cosine = np.add.reduceat(found * their_weight, starts) / np.maximum(norm, 1e-9)
        here = np.add.reduceat(their_rare * in_title, starts) / max(float(rare[titled].sum()), 1.0)
        their_title = np.maximum(np.add.reduceat(their_rare * their_titled, starts), 1.0)
        there = np.add.reduceat(shared * their_titled, starts) / their_title
        sizes = np.diff(np.append(starts, len(theirs)))
        return np.stack(
            [
                np.sqrt(np.minimum(cosine, 1)),
                np.add.reduceat(shared, starts) / 30,
                np.maximum.reduceat(shared, starts) / 10,
                np.sqrt(np.clip(np.minimum(here, there), 0, 1)),
                np.log(np.minimum(sizes, len(terms)) + 1),
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
