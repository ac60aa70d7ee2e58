"""A topic of few examples: its scores are a place against everyday news, not yet a probability (pure).

With a dozen examples, most of them sentences of one document, no probability can be learned: Platt's
method finds the examples far from all else and then calls every text with one of their words certain. The
order of texts is sound much earlier, and of the background there is plenty. So log-odds are drawn through two
points of texts that no fit had seen: the background's quantile `BACKGROUND` stands at even odds, its middle
at `TYPICAL`. Such a score is a place against everyday news and no probability; labels make it one.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from monitor.topics.evaluate import Truth
from monitor.topics.grams import Array

ENOUGH = 40  # examples from which scores are calibrated by themselves
BACKGROUND = 0.997  # three other texts in a thousand score above even odds
TYPICAL = math.log(0.03 / 0.97)  # log-odds of any other text
THRESHOLD = 0.5  # where the card states none
STRENGTH = 0.1  # of the fit: the inverse of its L2 penalty
FOLDS = 5
LEAST_REACH = 0.5  # log-odds between the two points: a background that is all alike must not make cliffs


def fit(rows: csr_matrix, truth: Truth, own: Truth) -> tuple[Array, float, Array]:
    """Weights, intercept, and the log-odds of each row by a fit that had not seen it.

    Args:
        own: rows that were judged for this topic alone, such as a card's near misses: each counts as much as
            an example, while all the others together count as much as all examples.
    """
    weight = np.where(truth | own, 1.0, float(truth.sum()) / max(int((~truth & ~own).sum()), 1))
    weight *= len(truth) / weight.sum()
    odds = np.zeros(len(truth))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, truth):
        part = _learned(rows[seen], truth[seen], weight[seen])
        odds[unseen] = part.decision_function(rows[unseen])
    middle, even = np.quantile(odds[~truth], [0.5, BACKGROUND])
    slope = TYPICAL / min(float(middle - even), -LEAST_REACH)
    whole = _learned(rows, truth, weight)
    weights = np.asarray(whole.coef_[0], float) * slope
    return weights, (float(whole.intercept_[0]) - even) * slope, (odds - even) * slope


def _learned(rows: csr_matrix, truth: Truth, weight: Array) -> LogisticRegression:
    found = LogisticRegression(C=STRENGTH, solver="lbfgs", max_iter=2_000, tol=1e-4)
    return found.fit(rows, truth, sample_weight=weight)
