"""Train a classifier from the seeds alone: fit, calibrate, choose thresholds (pure but for reading seeds)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import sklearn
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from monitor.errors import Misconfigured, Permanent
from monitor.records import TopicText
from monitor.topics import anchors, cards, few
from monitor.topics.anchors import Anchors
from monitor.topics.cards import TopicCard
from monitor.topics.classify import Classifier, probability
from monitor.topics.evaluate import Evaluation, LabelledItem, Truth, measure, read_items
from monitor.topics.features import Encoder, Grams, Plan
from monitor.topics.grams import Array, vocabulary
from monitor.topics.units import Unit, head

STRENGTH = 0.008  # of the fit: the inverse of its L2 penalty
MIN_UNITS = 2  # examples that must hold a gram before it counts
GRAMS = {
    "stems": 3.0,
    "titles": 3.0,
    "pieces": 4.0,
    "frames": 2.0,
}  # kinds, and how long each makes its part of a row
TERM_VALUE = 1.0
SUMS = ("net", "against")
SUM_SCALE = 0.7
LIST_VALUE = 0.25
RELATION_VALUE = 0.5
FOLDS = 5
LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.2, 0.9
RECIPE = 4  # raised when the code changes what the same seeds give


@dataclass(frozen=True, slots=True)
class _Fit:
    """Log-odds of one topic: `weights` over columns, and an intercept."""

    weights: Array
    intercept: float

    def odds(self, rows: csr_matrix) -> Array:
        return np.asarray(rows @ self.weights) + self.intercept


def train(seeds: Path, labelled: Sequence[LabelledItem] = ()) -> tuple[Classifier, Evaluation]:
    """A classifier from `seeds/` and its figures on held-out examples (stratified cross-validation).

    The same seeds, labels, code and library give the same scores and version.

    Args:
        labelled: items that people labelled, beside the examples of the seeds.

    Raises:
        Misconfigured: a card, a briefing or an example file is wrong, or a topic has no examples.
    """
    topic_cards = cards.load(seeds)
    lists = cards.word_lists(seeds)
    items = list(dict.fromkeys([*seed_items(seeds, topic_cards), *labelled]))
    units = [head(item.text) for item in items]
    encoder = _encoder(units, topic_cards, lists)
    rows = encoder.rows(units)
    fits, held_out, thresholds = [], [], []
    for card in topic_cards:
        sure = np.asarray([card.name not in item.disputed for item in items])
        truth = np.asarray([card.name in item.topics for item in items])[sure]
        if min(truth.sum(), (~truth).sum()) < FOLDS:
            raise Misconfigured(
                f"{card.name}: give it at least {FOLDS} examples in seeds/examples or its card"
            )
        own = np.asarray([bool(item.disputed) for item in items])[sure]
        enough = truth.sum() >= few.ENOUGH
        part = rows[sure]
        fit, odds = _calibrated(part, truth, card.prevalence) if enough else _placed(part, truth, own)
        fits.append(fit)
        held_out.append(np.zeros(len(items)))
        held_out[-1][sure] = probability(odds)
        chosen = _threshold(truth, probability(odds), card) if enough else few.THRESHOLD
        thresholds.append(card.threshold or chosen)
    names = tuple(card.name for card in topic_cards)
    classifier = Classifier(
        topics=names,
        thresholds=tuple(thresholds),
        version=_version(topic_cards, lists, items),
        encoder=encoder,
        weights=np.vstack([fit.weights for fit in fits]),
        intercepts=np.asarray([fit.intercept for fit in fits]),
        anchors=_anchors(seeds, topic_cards, items),
        languages=_languages(items),
    )
    return classifier, measure(names, thresholds, items, np.column_stack(held_out))


def _encoder(
    units: Sequence[Unit], topic_cards: Sequence[TopicCard], lists: dict[str, tuple[str, ...]]
) -> Encoder:
    """The encoder of the recipe, with every gram that `MIN_UNITS` units hold."""
    terms = {card.name: cards.weighed(card) for card in topic_cards}
    reader = Encoder(Plan(), terms, lists)
    readings = [reader.read(unit) for unit in units]
    grams = tuple(
        Grams(kind, *vocabulary(kind, readings, MIN_UNITS, ENGLISH_STOP_WORDS), scale)
        for kind, scale in GRAMS.items()
    )
    return Encoder(Plan(grams, TERM_VALUE, SUMS, SUM_SCALE, LIST_VALUE, RELATION_VALUE), terms, lists)


def seed_items(seeds: Path, topic_cards: Sequence[TopicCard]) -> list[LabelledItem]:
    """Every example of the seeds once, in a fixed order."""
    known = frozenset(card.name for card in topic_cards)
    items = []
    for path in sorted((seeds / "examples").glob("*.jsonl")):
        try:
            found = read_items(path)
        except Permanent as error:
            raise Misconfigured(str(error)) from error
        if unknown := sorted(frozenset().union(*(item.topics for item in found)) - known):
            raise Misconfigured(f"{path}: no card for the topic {unknown[0]!r}: correct it or write the card")
        items += found
    for passage in cards.passages(seeds, known):
        items.append(LabelledItem(TopicText("", passage.text), frozenset(passage.topics)))
    for card in topic_cards:
        others = known - {card.name}  # a card's own texts say nothing of other topics
        items += [LabelledItem(TopicText(text), frozenset({card.name}), others) for text in card.examples]
        items += [LabelledItem(TopicText(text), frozenset(), others) for text in card.near_misses]
        own = frozenset({card.name})
        items += [LabelledItem(TopicText("", one.text), own, others) for one in card.passages]
    return list(dict.fromkeys(items))


def _anchors(seeds: Path, topic_cards: Sequence[TopicCard], items: Sequence[LabelledItem]) -> Anchors:
    names = frozenset(card.name for card in topic_cards)
    briefings = cards.passages(seeds, names)
    texts = [(" ".join((i.text.title, i.text.summary, i.text.text)), i.topics) for i in items]
    return anchors.build(
        {card.name: card.inside for card in topic_cards},
        {
            card.name: [
                *((one.document, one.text) for one in briefings if card.name in one.topics),
                *((one.document, one.text) for one in card.passages),
            ]
            for card in topic_cards
        },
        texts,
        {card.name: card.content_hash for card in topic_cards},
    )


def _calibrated(rows: csr_matrix, truth: Truth, prevalence: float) -> tuple[_Fit, Array]:
    """A fit on all rows, and log-odds of each row from a fit that has not seen it; both calibrated.

    Platt's method: a logistic regression of the truth on held-out log-odds, applied to the whole fit;
    weighed as if the topic had the `prevalence` of its card: the seeds hold far more of it.
    """
    odds = np.zeros(len(truth))
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, truth):
        odds[unseen] = _fit(rows[seen], truth[seen]).odds(rows[unseen])
    scale = LogisticRegression(C=1.0).fit(
        odds.reshape(-1, 1), truth, sample_weight=_weighed(truth, prevalence)
    )
    slope, shift = float(scale.coef_[0, 0]), float(scale.intercept_[0])
    whole = _fit(rows, truth)
    fit = replace(whole, weights=whole.weights * slope, intercept=whole.intercept * slope + shift)
    return fit, odds * slope + shift


def _placed(rows: csr_matrix, truth: Truth, own: Truth) -> tuple[_Fit, Array]:
    """The same for a topic of few examples."""
    weights, intercept, odds = few.fit(rows, truth, own)
    return _Fit(weights, intercept), odds


def _weighed(truth: Truth, prevalence: float) -> Array:
    """A weight for each item, so that the topic's share of the whole is its `prevalence`."""
    share = float(truth.mean())
    return np.where(truth, prevalence / share, (1 - prevalence) / (1 - share))


def _fit(rows: csr_matrix, truth: Truth) -> _Fit:
    """Squared hinge loss: beside logistic loss it looks away from what is told apart already."""
    found = LinearSVC(C=STRENGTH, dual=False, max_iter=2_000, tol=1e-5).fit(rows, truth)
    return _Fit(np.asarray(found.coef_[0], float), float(found.intercept_[0]))


def _threshold(truth: Truth, scores: Array, card: TopicCard) -> float:
    """The lowest threshold at which the held-out precision holds, within sane bounds.

    Where it holds for less than half of the examples, the threshold of the best F1: few or hard
    examples must not silence a topic.
    """
    order = np.argsort(-scores, kind="stable")
    weights = _weighed(truth, card.prevalence)[order]
    right, taken = np.cumsum(weights * truth[order]), np.cumsum(weights)
    holds = np.flatnonzero((right / taken >= card.target_precision) & (right >= right[-1] / 2))
    best = int(holds[-1]) if len(holds) else int(np.argmax(2 * right / (taken + right[-1])))
    return min(max(float(scores[order][best]), LOWEST_THRESHOLD), HIGHEST_THRESHOLD)


def _languages(items: Sequence[LabelledItem]) -> tuple[str, ...]:
    """The languages of at least one item in a hundred: fewer teach nothing about a language."""
    counts = Counter(item.language for item in items)
    return tuple(sorted(language for language, count in counts.items() if 100 * count >= len(items)))


def _version(
    topic_cards: Sequence[TopicCard], lists: dict[str, tuple[str, ...]], items: Sequence[LabelledItem]
) -> str:
    """Twelve hex digits over everything that decides the scores."""
    seeds = [
        [card.content_hash for card in topic_cards],
        lists,
        [
            [item.text.title, item.text.summary, item.text.text, sorted(item.topics), sorted(item.disputed)]
            for item in items
        ],
        [RECIPE, STRENGTH, MIN_UNITS, GRAMS, TERM_VALUE, SUMS, SUM_SCALE, LIST_VALUE, RELATION_VALUE],
        [FOLDS, sklearn.__version__, _languages(items)],
    ]
    return hashlib.sha256(json.dumps(seeds, sort_keys=True).encode()).hexdigest()[:12]
