"""Thresholds by a target: the target is kept, nothing lower keeps it, and a card's remarks survive."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.records import ScoredArticle
from monitor.settings import PROJECT
from monitor.topics import card_file, cards
from monitor.topics.thresholds import Judged, Volume, expect, for_precision, for_volume

NOW = datetime(2026, 5, 1, tzinfo=UTC)
_SCORES = st.integers(0, 100).map(lambda score: score / 100)
_ROWS = st.lists(st.tuples(_SCORES, st.booleans()), min_size=1, max_size=40)


def judged(rows: list[tuple[float, bool]]) -> Judged:
    return Judged.of(np.asarray([truth for _, truth in rows]), np.asarray([score for score, _ in rows]))


def article(number: int, score: float, story: int | None = None) -> ScoredArticle:
    return ScoredArticle(number, "sanctions", score, 0.5, "v", NOW, story)


@given(_ROWS, st.floats(0.05, 0.99))
def test_precision_is_kept_and_no_score_lower_keeps_it(rows: list[tuple[float, bool]], target: float) -> None:
    known = judged(rows)
    found = for_precision(known, target)
    candidates = {score for score, _ in rows if 0 < score < 1}
    shares = {at: expect(at, known, None).precision for at in candidates}
    keeping = {at for at, share in shares.items() if share is not None and share >= target}
    if found is None:
        assert not keeping
        return
    given_then = expect(found, known, None)
    assert given_then.precision is not None
    assert given_then.precision >= target
    assert all(at >= found or np.isclose(at, found) for at in keeping)


@given(st.lists(_SCORES, min_size=1, max_size=40), st.integers(1, 30), st.floats(0.1, 5))
def test_volume_is_kept(scores: list[float], days: int, a_day: float) -> None:
    volume = Volume.of([article(n, score) for n, score in enumerate(scores)], float(days))
    found = for_volume(volume, a_day)
    assume(found is not None)
    assert found is not None
    assert volume.a_day(found) <= a_day
    lower = [score for score in scores if 0 < score < found]
    if lower and len(set(scores)) == len(scores):
        assert volume.a_day(max(lower)) > a_day


def test_a_story_alerts_once_and_articles_without_one_by_themselves() -> None:
    stored = [article(1, 0.9, 7), article(2, 0.8, 7), article(3, 0.7), article(4, 0.2)]
    volume = Volume.of(stored, 2.0)
    assert volume.a_day(0.5) == 1.0
    assert for_volume(volume, 0.5) == 0.8  # halfway between 0.9 and 0.7
    assert for_volume(Volume.of([article(n, 1.0) for n in range(9)], 1.0), 2) is None


def test_what_people_said_goes_before_the_score() -> None:
    known = Judged.stored([article(1, 0.9), article(2, 0.8), article(3, 0.1)], {1: False, 2: True})
    assert known.judged == 2
    found = expect(0.5, known, None)
    assert (found.precision, found.recall, found.a_day) == (0.5, pytest.approx(1 / 1.1), None)


@pytest.mark.parametrize("name", ["arms_transfers", "mutual_defense", "sanctions"])
def test_only_the_threshold_of_a_card_changes(name: str) -> None:
    path = PROJECT / "seeds" / "topics" / f"{name}.toml"
    lists = cards.word_lists(PROJECT / "seeds")
    before = path.read_text()
    after = card_file.with_threshold(before, 0.123)
    assert card_file.read(path, lists, PROJECT / "seeds" / "documents", after).threshold == 0.123
    changed = [pair for pair in zip(before.split("\n"), after.split("\n"), strict=True) if pair[0] != pair[1]]
    assert len(changed) == 1
    bare = re.sub(r"^threshold.*\n", "", before, flags=re.MULTILINE)
    added = card_file.with_threshold(bare, 0.4)
    assert card_file.read(path, lists, PROJECT / "seeds" / "documents", added).threshold == 0.4
    assert len(added.split("\n")) == len(bare.split("\n")) + 1


def test_a_remark_behind_the_threshold_stays() -> None:
    source = 'name = "x"\nthreshold = 0.5  # by the minister\n\n[[term]]\nthreshold = 1\n'
    assert card_file.with_threshold(source, 0.7) == source.replace("0.5", "0.7")
