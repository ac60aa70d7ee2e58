"""Live precision and recall of a topic from what people labelled, with intervals (pure).

Articles are put into strata by their score, labels are drawn within them, and each stratum counts as much
as it has articles: near-threshold articles may be labelled more often without making the figures worse
than they are. Intervals are posterior: in each stratum the share of reports has a Beta distribution, with
Jeffreys' prior among hits, and below the threshold one that is worth two labels at the mean score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.records import SAMPLED, Label, OfferedAs, ScoredArticle, Verdict
from monitor.topics.grams import Array

HIT_STRATA = (0, 1)
BELOW_STRATA = (2, 3, 4)
ENOUGH_SAMPLED = 10  # sampled labels from which others are left out: people choose what is odd
PRIOR = 2.0  # labels that the prior is worth
DRAWS = 4_000

Bounds = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval of 95 %, the labels it rests on, and whether they were drawn at random."""

    value: float
    low: float
    high: float
    labels: int
    sampled: bool


@dataclass(frozen=True, slots=True)
class Quality:
    """How a topic fares on live articles; None where too little is labelled to say.

    `missing` are the strata below the threshold in which nothing is labelled: recall needs them all.
    """

    topic: str
    hits: int
    articles: int
    precision: Measured | None
    recall: Measured | None
    missing: int = 0


def stratum(score: float, threshold: float) -> int:
    """0 and 1 for hits, the sure ones first; 2, 3 and 4 from just below the threshold downwards."""
    if score >= threshold:
        return 0 if score >= (1 + threshold) / 2 else 1
    return 2 if score >= threshold / 2 else 3 if score >= threshold / 8 else 4


def verdicts(labels: Iterable[Label]) -> dict[tuple[int, str], tuple[bool, bool]]:
    """What people say of each article and topic, and whether it was drawn at random; ties are left out."""
    votes: dict[tuple[int, str], Counter[Verdict]] = {}
    drawn: set[tuple[int, str]] = set()
    for label in labels:
        if label.article_id is None or label.verdict is Verdict.UNSURE:
            continue
        key = (label.article_id, label.topic)
        votes.setdefault(key, Counter())[label.verdict] += 1
        if label.offered_as in SAMPLED:
            drawn.add(key)
    sure = {key: counts for key, counts in votes.items() if counts[Verdict.YES] != counts[Verdict.NO]}
    return {key: (counts[Verdict.YES] > counts[Verdict.NO], key in drawn) for key, counts in sure.items()}


def quality(topic: str, population: Sequence[ScoredArticle], labels: Iterable[Label]) -> Quality:
    """The figures of one topic over the articles of `population`, by the labels that count."""
    said = verdicts(label for label in labels if label.topic == topic)
    members: dict[int, list[ScoredArticle]] = {place: [] for place in (*HIT_STRATA, *BELOW_STRATA)}
    for one in population:
        members[stratum(one.score, one.threshold)].append(one)
    hits = sum(len(members[place]) for place in HIT_STRATA)
    above, above_drawn = _counted(HIT_STRATA, members, said)
    below, below_drawn = _counted(BELOW_STRATA, members, said)
    precision = _precision(members, above, above_drawn) if any(n for n, _ in above.values()) else None
    missing = sum(bool(members[place]) and not below[place][0] for place in BELOW_STRATA)
    recall = None
    if precision is not None and not missing:
        recall = _recall(members, above | below, above_drawn and below_drawn)
    return Quality(topic, hits, len(population), precision, recall, missing)


_Counts = Mapping[int, tuple[int, int]]  # stratum: labels, and those that say yes


def _counted(
    strata: Sequence[int],
    members: Mapping[int, Sequence[ScoredArticle]],
    said: Mapping[tuple[int, str], tuple[bool, bool]],
) -> tuple[dict[int, tuple[int, int]], bool]:
    found = {
        place: [said[key] for one in members[place] if (key := (one.article_id, one.topic)) in said]
        for place in strata
    }
    only = sum(drawn for group in found.values() for _, drawn in group) >= ENOUGH_SAMPLED
    kept = {place: [yes for yes, drawn in group if drawn or not only] for place, group in found.items()}
    return {place: (len(group), sum(group)) for place, group in kept.items()}, only


def _precision(members: Mapping[int, Sequence[ScoredArticle]], counts: _Counts, sampled: bool) -> Measured:
    labels, yes = (sum(counts[place][column] for place in HIT_STRATA) for column in (0, 1))
    pooled = yes / labels
    sizes = {place: len(members[place]) for place in HIT_STRATA}
    whole = sum(sizes.values())
    value = (
        sum(sizes[p] * (counts[p][1] / counts[p][0] if counts[p][0] else pooled) for p in HIT_STRATA) / whole
    )
    draws = np.sum([sizes[p] * _draws(p, members[p], counts[p]) for p in HIT_STRATA], axis=0) / whole
    return Measured(value, *_bounds(draws, value), labels, sampled)


def _recall(members: Mapping[int, Sequence[ScoredArticle]], counts: _Counts, sampled: bool) -> Measured:
    def positives(strata: Iterable[int]) -> float:
        return sum(len(members[p]) * counts[p][1] / counts[p][0] for p in strata if counts[p][0])

    def drawn(strata: Iterable[int]) -> Array:
        return np.asarray(
            np.sum([len(members[p]) * _draws(p, members[p], counts[p]) for p in strata], axis=0)
        )

    found, missed = positives(HIT_STRATA), positives(BELOW_STRATA)
    value = found / (found + missed) if found + missed else 0.0
    found_draws, missed_draws = drawn(HIT_STRATA), drawn(BELOW_STRATA)
    draws = found_draws / np.maximum(found_draws + missed_draws, 1e-12)
    return Measured(value, *_bounds(draws, value), sum(n for n, _ in counts.values()), sampled)


def _draws(place: int, members: Sequence[ScoredArticle], counts: tuple[int, int]) -> Array:
    if not members:
        return np.zeros(DRAWS)
    labels, yes = counts
    if place in HIT_STRATA:  # what is measured is whether the scores of hits are right: Jeffreys' prior
        return np.random.default_rng(place).beta(0.5 + yes, 0.5 + labels - yes, DRAWS)
    mean = min(max(float(np.mean([one.score for one in members])), 1e-3), 1 - 1e-3)
    generator = np.random.default_rng(place)
    return generator.beta(PRIOR * mean + yes, PRIOR * (1 - mean) + labels - yes, DRAWS)


def _bounds(draws: Array, value: float) -> Bounds:
    low, high = np.quantile(draws, (0.025, 0.975))
    return min(float(low), value), max(float(high), value)


def offered(one: ScoredArticle) -> OfferedAs:
    """As what an article drawn at random is offered."""
    return OfferedAs.HIT_SAMPLE if one.score >= one.threshold else OfferedAs.BELOW_SAMPLE
