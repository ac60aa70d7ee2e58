"""Labels as measure, as queue and as lessons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records import Label, OfferedAs, ScoredArticle, Shown, Verdict
from monitor.topics.lessons import APART, lessons
from monitor.topics.quality import quality, stratum
from monitor.topics.queue import offers

NOW = datetime(2026, 5, 17, 8, tzinfo=UTC)
YES, NO = Verdict.YES, Verdict.NO


def scored(number: int, score: float, story: int | None = None, topic: str = "sanctions") -> ScoredArticle:
    return ScoredArticle(number, topic, score, 0.5, "v1", NOW - timedelta(minutes=number % 1000), story)


def label(
    number: int, verdict: Verdict, by: str = "ana", kind: OfferedAs = OfferedAs.CHOSEN, title: str = ""
) -> Label:
    shown = Shown(title or f"Title {number}")
    return Label(number, number, "sanctions", verdict, by, NOW, "cli", kind, shown)


def test_figures_weigh_each_range_of_scores_by_its_articles() -> None:
    """100 sure hits of which 9 in 10 are right, 100 doubtful ones of which half are."""
    articles = [scored(n, 0.9) for n in range(100)] + [scored(n, 0.6) for n in range(100, 200)]
    labels = [label(n, NO if n == 0 else YES) for n in range(10)]
    labels += [label(n, YES if n % 2 else NO) for n in range(100, 140)]
    found = quality("sanctions", articles, labels).precision
    assert found is not None
    assert found.value == pytest.approx((100 * 0.9 + 100 * 0.5) / 200)
    assert found.low < found.value < found.high
    assert (found.labels, found.sampled) == (50, False)


def test_recall_needs_labels_from_below_the_threshold() -> None:
    articles = [scored(1, 0.9), scored(2, 0.8), *(scored(n, 0.02) for n in range(10, 110))]
    labels = [label(1, YES), label(2, YES)]
    assert quality("sanctions", articles, labels).recall is None
    assert quality("sanctions", articles, labels).missing == 1
    labels += [label(n, YES if n == 10 else NO) for n in range(10, 60)]
    found = quality("sanctions", articles, labels).recall
    assert found is not None
    assert found.value == pytest.approx(2 / (2 + 100 / 50))
    assert found.low < found.value < found.high


def test_enough_drawn_labels_leave_out_the_chosen_ones() -> None:
    articles = [scored(n, 0.9) for n in range(100)]
    drawn = [label(n, YES, kind=OfferedAs.HIT_SAMPLE) for n in range(12)]
    odd = [label(n, NO) for n in range(50, 80)]
    found = quality("sanctions", articles, [*drawn, *odd]).precision
    assert found is not None
    assert (found.value, found.labels, found.sampled) == (1.0, 12, True)


def test_ties_and_unsure_labels_do_not_count() -> None:
    labels = [label(1, YES), label(1, NO, "ben"), label(2, Verdict.UNSURE)]
    assert quality("sanctions", [scored(1, 0.9), scored(2, 0.9)], labels).precision is None


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    generator = np.random.default_rng(1)
    held = 0
    articles = [scored(n, 0.9) for n in range(1_000)]
    for _ in range(100):
        truth = generator.random(1_000) < 0.8
        chosen = generator.choice(1_000, 60, replace=False)
        labels = [label(int(n), YES if truth[n] else NO) for n in chosen]
        found = quality("sanctions", articles, labels).precision
        assert found is not None
        held += found.low <= truth.mean() <= found.high
    assert held >= 88


@given(st.floats(0, 1), st.floats(0.05, 0.95))
def test_strata_follow_the_threshold(score: float, threshold: float) -> None:
    assert (stratum(score, threshold) < 2) == (score >= threshold)
    assert stratum(min(score + 0.1, 1), threshold) <= stratum(score, threshold)


def kinds(found: list[object]) -> set[str]:
    return {str(one.offered_as) for one in found}  # type: ignore[attr-defined]


def test_the_queue_offers_each_kind_in_turn() -> None:
    articles = [
        scored(1, 0.52),
        scored(2, 0.95, story=7),
        scored(3, 0.05, story=7),
        scored(4, 0.01),
        scored(5, 0.3),
    ]
    disputed = [label(5, YES, "ben"), label(5, NO, "cleo")]
    found = offers(articles, disputed, "ana", NOW, {(4, "sanctions"): True})
    why = {one.article_id: (one.offered_as, one.why) for one in found}
    assert why[5] == (OfferedAs.DISAGREEMENT, "people disagree")
    assert why[4] == (OfferedAs.DISAGREEMENT, "the candidate says hit")
    assert why[1][0] is OfferedAs.NEAR_THRESHOLD
    assert why[2][0] is OfferedAs.HIT_SAMPLE
    assert len({(one.article_id, one.topic) for one in found}) == len(found)


def test_what_is_labelled_is_not_offered_again() -> None:
    articles = [scored(n, 0.5) for n in range(1, 4)]
    assert {one.article_id for one in offers(articles, [label(1, YES)], "ben", NOW)} == {2, 3}
    assert offers(articles, [label(n, YES) for n in (1, 2, 3)], "ana", NOW) == []


def test_the_weekly_sample_is_the_same_for_everyone_and_reaches_far_below() -> None:
    articles = [scored(n, 0.01) for n in range(1, 500)]
    ana, ben = (offers(articles, [], who, NOW, limit=50) for who in ("ana", "ben"))
    assert ana == ben
    assert {one.offered_as for one in ana} == {OfferedAs.BELOW_SAMPLE}
    old = [ScoredArticle(n, "sanctions", 0.01, 0.5, "v1", NOW - timedelta(days=30)) for n in range(1, 500)]
    assert offers(old, [], "ana", NOW) == []


def test_labels_become_items_and_a_fixed_part_measures() -> None:
    given_ = [label(n, YES if n % 2 else NO, title=f"Headline number {n}") for n in range(400)]
    found = lessons(given_, ["sanctions", "arms_transfers"])
    assert len(found.teach) + len(found.measure) == 400
    assert 400 / APART * 0.7 < len(found.measure) < 400 / APART * 1.3
    assert all(item.disputed == {"arms_transfers"} for item in found.teach)
    more = lessons([*given_, label(999, YES, title="Another")], ["sanctions", "arms_transfers"])
    assert set(found.measure) <= set(more.measure)


def test_people_who_disagree_teach_nothing() -> None:
    found = lessons([label(1, YES), label(1, NO, "ben"), label(2, Verdict.UNSURE)], ["sanctions"])
    assert (found.teach, found.measure) == ((), ())
