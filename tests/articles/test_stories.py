from __future__ import annotations

import hashlib
import json
import os
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.articles.measures import measure, read_items, story_labels
from monitor.articles.mistaken import Verdict
from monitor.articles.stories import LIFE, OPEN, Grouping, place
from monitor.pipeline import measure_stories
from monitor.records import Placement, PlacementKind, StoryText
from monitor.settings import Settings

EVENTS = Path(__file__).parents[1] / "data" / "stories" / "events.jsonl"
START = datetime(2026, 5, 4, 8, tzinfo=UTC)
SIGNED = (
    "Norland and Estavia sign defence pact",
    "The ministers of Norland and Estavia signed in Port Vail.",
)
HEARD = (
    "Norland, Estavia defence pact signed in Port Vail",
    "A defence pact of both ministers binds Norland.",
)


def article(number: int, text: tuple[str, str], hours: float = 0, **changes: object) -> StoryText:
    when = START + timedelta(hours=hours)
    return replace(StoryText(number, *text, when, "A"), **changes)  # type: ignore[arg-type]


def together(*texts: StoryText) -> bool:
    return len(set(story_labels(place([], texts)).values())) == 1


def known(placements: list[Placement], texts: list[StoryText]) -> list[StoryText]:
    """The texts as the store gives them back once they are placed."""
    label = story_labels(placements)
    return [replace(text, story_id=label[text.article_id]) for text in texts]


def test_reports_of_one_event_are_one_story() -> None:
    items = read_items(EVENTS)
    label = story_labels(place([], [item.text for item in items]))
    found = measure([item.story for item in items], [label[item.text.article_id] for item in items])
    assert found.n == 36
    assert found.bcubed.precision >= 0.95
    assert found.bcubed.f1 >= 0.95


def test_each_placement_says_why() -> None:
    first, second = place([], [article(1, SIGNED), article(2, HEARD, 1)])
    assert first == Placement(1, PlacementKind.NEW_STORY)
    assert (second.kind, second.against) == (PlacementKind.SAME_STORY, 1)
    assert 0.25 < second.score <= 1
    assert {"norland", "estavia", "pact"} <= set(second.terms)


def test_a_copy_is_told_from_a_report() -> None:
    wire = next(json.loads(line) for line in EVENTS.read_text().splitlines())
    copied = article(2, ("Neighbours promise help", wire["summary"].replace("on Monday ", "")), 2)
    original = article(1, (wire["title"], wire["summary"]))
    report = article(3, HEARD, 3)
    kinds = {p.article_id: (p.kind, p.against) for p in place([], [original, copied, report])}
    assert kinds[2] == (PlacementKind.COPY, 1)
    assert kinds[3][0] is PlacementKind.SAME_STORY


def test_articles_join_stories_placed_before() -> None:
    early = [article(1, SIGNED)]
    grouping = Grouping(known(place([], early), early))
    (joined,) = grouping.place([article(2, HEARD, 5)])
    assert joined.against == 1
    (later,) = grouping.place([article(3, HEARD, 9)])  # the window goes on from call to call
    assert later.against in {1, 2}


def test_two_standing_stories_are_never_joined() -> None:
    stand = [article(1, SIGNED, story_id=1), article(2, SIGNED, 1, story_id=2)]
    placements = place(stand, [article(3, SIGNED, 2)])
    assert len(placements) == 1
    assert placements[0].against in {1, 2}


def test_a_story_is_open_for_72_hours_after_its_newest_and_for_14_days() -> None:
    hours = OPEN.total_seconds() / 3600
    assert not together(article(1, SIGNED), article(2, SIGNED, hours + 1))
    assert together(article(1, SIGNED), article(2, SIGNED, hours - 1))
    living = [article(n, SIGNED, 60.0 * n) for n in range(9)]  # each within 72 hours of the one before
    label = story_labels(place([], living))
    days = [text.effective_at - START for text in living if label[text.article_id] == 0]
    assert timedelta(days=12) < max(days) <= LIFE
    assert len(set(label.values())) == 2


def test_looking_back_does_not_join_the_news() -> None:
    news = article(1, ("Ellenau footbridge collapses, three hurt", "A bridge over the Ell fell in Ellenau."))
    back = (
        "Ten years ago a footbridge collapsed in Ellenau",
        "The bridge over the Ell fell; three were hurt.",
    )
    assert not together(news, article(2, back, 3))
    again = (
        "Anniversary of the Ellenau bridge: three were hurt",
        "Ten years ago a footbridge over the Ell fell.",
    )
    assert together(article(2, back, 3), article(3, again, 4))


def strike(number: int, one: str, other: str, keys: tuple[str, str]) -> StoryText:
    text = (
        f"{one} carries out air strike on {other} army base",
        f"{one} jets hit a base in {other}, killing five.",
    )
    return article(number, text, parties=keys, named=frozenset(keys))


def test_other_actors_are_another_event() -> None:
    first = strike(1, "Norland", "Tavira", ("NOR", "TAV"))
    assert together(first, strike(2, "Norland", "Tavira", ("NOR", "TAV")))
    assert not together(first, strike(2, "Estavia", "Karelin", ("EST", "KAR")))
    assert not together(first, strike(2, "Norland", "Karelin", ("NOR", "KAR")))


def test_texts_without_words_are_placed_too() -> None:
    blank = [article(n, ("", "")) for n in (1, 2)]
    assert [p.kind for p in place([], blank)] == [PlacementKind.NEW_STORY] * 2
    assert place(blank, []) == []


TEXTS = [item.text for item in read_items(EVENTS)]


@settings(max_examples=25, deadline=None)
@given(st.permutations(TEXTS), st.integers(min_value=0, max_value=30))
def test_every_article_is_placed_once_and_only_against_one_placed_before(
    fresh: list[StoryText], cut: int
) -> None:
    placements = place([], fresh)
    assert sorted(p.article_id for p in placements) == sorted(t.article_id for t in fresh)
    before: set[int] = set()
    for placement in placements:
        assert placement.against is None or placement.against in before
        before.add(placement.article_id)
    assert placements == place([], fresh[cut:] + fresh[:cut])


def shuffled(items: list[StoryText], seed: int, size: int) -> dict[int, int]:
    """Placed in batches of `size` as they come, their times drawn anew within the hour."""
    drawn = random.Random(seed)
    moved = [replace(t, effective_at=t.effective_at + timedelta(minutes=drawn.uniform(0, 60))) for t in items]
    moved.sort(key=lambda t: t.effective_at)
    grouping, placements = Grouping(), list[Placement]()
    for start in range(0, len(moved), size):
        placements += grouping.place(moved[start : start + size])
    return story_labels(placements)


def agreement(items: list[StoryText], seeds: tuple[int, int], size: int) -> float:
    one, other = (shuffled(items, seed, size) for seed in seeds)
    return measure([str(one[t.article_id]) for t in items], [other[t.article_id] for t in items]).bcubed.f1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 999), st.integers(1000, 1999), st.sampled_from([1, 5, 40]))
def test_the_order_within_an_hour_does_not_matter(one: int, other: int, size: int) -> None:
    assert agreement(TEXTS, (one, other), size) >= 0.95


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "stories-dev.jsonl"
READ = Path(__file__).parents[1] / "data" / "stories" / "read-joins.jsonl"  # names of stories alone
CORPUS_SHA256 = "81a7be9b7553fbfc0fed12d590ff67de442b5928890226120c1524c0485f2e91"
beside = pytest.mark.skipif(
    not CORPUS.exists() and not (os.environ.get("CI") and CORPUS.parents[1].is_dir()),
    reason="the corpus of editors' stories is not beside the project",
)


@beside
def test_floors_on_editors_stories() -> None:
    assert hashlib.sha256(CORPUS.read_bytes()).hexdigest() == CORPUS_SHA256, "measure again, then pin"
    found = measure_stories(Settings(), CORPUS, READ)
    for part, floor in (("dated", 0.91), ("undated", 0.91)):
        one = found.parts[part]
        assert one is not None
        assert one.bcubed.f1 >= floor
        assert one.bcubed.precision >= 0.90
    # Of what was joined against the editors, readers call no more than this a mistake.
    wrong = sum(one.pairs for one in found.joins if one.verdict in {Verdict.APART, Verdict.UNREAD})
    whole = found.readers["all"]
    assert whole is not None
    assert wrong <= 0.75 * sum(one.pairs for one in found.joins)
    assert whole.bcubed.f1 >= 0.92


@beside
def test_the_order_within_an_hour_does_not_matter_to_real_headlines() -> None:
    dated = [item.text for item in read_items(CORPUS) if item.dated]
    assert agreement(dated, (1, 2), 3) >= 0.95
