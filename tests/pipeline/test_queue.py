"""The queue of `monitor label` over stored articles: each kind of offer, and figures that hold the truth."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from fixtures_store import new_article

from monitor.pipeline.labelling import give_label, next_offers, topic_quality
from monitor.records import FeedSpec, OfferedAs, Placement, PlacementKind, Scored, TopicScore, Verdict
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, stories
from monitor.store.database import begin, open_database, upgrade
from monitor.topics.quality import Measured, stratum
from monitor.topics.queue import WEEKLY

NOW = datetime.now(UTC)
COUNT = 600
THRESHOLD = 0.6
TOPIC = "sanctions"


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Scores as a classifier gives them, most of them low, and a truth that follows them roughly."""
    generator = np.random.default_rng(5)
    scores = np.where(
        generator.random(COUNT) < 0.25, generator.beta(5, 1.5, COUNT), generator.beta(0.4, 6, COUNT)
    )
    scores = np.clip(scores, 0.001, 0.999)
    return scores, generator.random(COUNT) < np.clip(scores * 0.95, 0, 1)


SCORES, TRUTH = drawn()


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Six hundred scored articles of today and a week ago, each in a story of its own."""
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    with begin(open_database(url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        stored = [
            new_article(n, title=f"Report {n}", published_at=NOW - timedelta(days=7 * (n % 2), minutes=n))
            for n in range(1, COUNT + 1)
        ]
        articles.admit(db, stored, NOW)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, COUNT + 1)], NOW)
        rows = [
            Scored(n, (TopicScore(TOPIC, float(score), THRESHOLD),), ()) for n, score in enumerate(SCORES, 1)
        ]
        hits.record_scores(db, rows, "v1", NOW)
    return Settings(home=tmp_path, database_url=url, classifiers=tmp_path / "models")


def say(home: Settings, who: str, article: int, *, right: bool = True, kind: OfferedAs) -> None:
    verdict = Verdict.YES if TRUTH[article - 1] == right else Verdict.NO
    give_label(home, article, TOPIC, verdict, who, offered_as=kind)


def test_every_kind_is_offered_and_the_figures_hold_the_truth(home: Settings) -> None:
    (none,) = [one for one in topic_quality(home) if one.topic == TOPIC]
    assert (none.articles, none.hits) == (COUNT, int((SCORES >= THRESHOLD).sum()))
    assert (none.precision, none.recall) == (None, None)

    given: Counter[OfferedAs] = Counter()
    strata: Counter[int] = Counter()
    while offered := next_offers(home, "ana", [TOPIC], limit=40):
        for offer, _ in offered:
            assert (offer.score, offer.threshold) == (pytest.approx(SCORES[offer.article_id - 1]), THRESHOLD)
            say(home, "ana", offer.article_id, kind=offer.offered_as)
            given[offer.offered_as] += 1
            strata[stratum(offer.score, THRESHOLD)] += 1
        near = [o for o, _ in offered if o.offered_as is OfferedAs.NEAR_THRESHOLD]
        assert near == sorted(near, key=lambda o: abs(np.log(o.score / (1 - o.score)) - np.log(1.5)))
    assert set(given) == {OfferedAs.NEAR_THRESHOLD, OfferedAs.HIT_SAMPLE, OfferedAs.BELOW_SAMPLE}
    assert all(strata[place] >= least for place, least in WEEKLY.items())
    assert sum(given.values()) < COUNT / 2

    (found,) = [one for one in topic_quality(home) if one.topic == TOPIC]
    assert found.missing == 0
    hit = SCORES >= THRESHOLD
    held(found.precision, float(TRUTH[hit].mean()))
    held(found.recall, float((TRUTH & hit).sum() / TRUTH.sum()))


def held(found: Measured | None, truth: float) -> None:
    assert found is not None
    print(f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f}) of {found.labels} labels, truth {truth:.2f}")
    assert found.low <= truth <= found.high
    assert found.high - found.low < 0.5


def test_what_two_people_see_differently_goes_to_a_third(home: Settings) -> None:
    offer = next(o for o, _ in next_offers(home, "ana", [TOPIC]) if o.offered_as is OfferedAs.HIT_SAMPLE)
    say(home, "ana", offer.article_id, kind=offer.offered_as)
    assert offer.article_id not in {o.article_id for o, _ in next_offers(home, "ben", [TOPIC], limit=COUNT)}
    say(home, "ben", offer.article_id, right=False, kind=OfferedAs.CHOSEN)
    first = next_offers(home, "cleo", [TOPIC])[0][0]
    assert (first.article_id, first.why) == (offer.article_id, "people disagree")
    assert first.offered_as is OfferedAs.DISAGREEMENT
    for who in ("ana", "ben"):
        assert offer.article_id not in {o.article_id for o, _ in next_offers(home, who, [TOPIC], limit=COUNT)}


def test_a_weeks_sample_from_below_is_everyones_and_small(home: Settings) -> None:
    def below(who: str) -> set[int]:
        found = next_offers(home, who, [TOPIC], limit=COUNT)
        return {o.article_id for o, _ in found if o.offered_as is OfferedAs.BELOW_SAMPLE}

    sample = below("ana")
    assert sample == below("ben")
    assert 1 <= len(sample) <= sum(WEEKLY[place] for place in (2, 3, 4))
    assert all(SCORES[number - 1] < THRESHOLD for number in sample)
    assert any(SCORES[number - 1] < THRESHOLD / 8 for number in sample)
