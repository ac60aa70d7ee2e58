import os
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from json import loads
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.articles.stories import WINDOW, place, resemblance, shingles
from monitor.records import PlacementKind, StoryText

START = datetime(2026, 5, 4, 8, tzinfo=UTC)
WIRE = (
    "The foreign ministers of Norland and Estavia signed a defence pact in Port Vail on Monday that binds "
    "each side to come to the other's aid within 24 hours of an armed attack, officials of both said."
)
# (title, lead, hours after START, publisher, event)
NEWS = [
    ("Norland and Estavia sign defence pact", WIRE, 0, "Wire", "pact"),
    ("Defence pact signed in Port Vail", WIRE.replace("on Monday ", ""), 1, "Daily", "pact"),
    (
        "Estavia, Norland agree to defend each other in new pact",
        "The two ministers signed in Port Vail.",
        3,
        "B",
        "pact",
    ),
    ("Heavy rain floods subway stations in Marenburg", "Commuters waded through water.", 2, "Daily", "flood"),
    (
        "Marenburg subway flooded after record rain",
        "Stations closed as rain fell all night.",
        4,
        "Echo",
        "flood",
    ),
    (
        "Central bank of Tavira holds interest rates",
        "Inflation has slowed, the bank said.",
        5,
        "Wire",
        "rates",
    ),
]


def texts(shift: timedelta = timedelta(0), first_id: int = 1) -> list[StoryText]:
    return [
        StoryText(first_id + i, title, lead, START + shift + timedelta(hours=hours), publisher)
        for i, (title, lead, hours, publisher, _) in enumerate(NEWS)
    ]


def stories_of(placements: list, known: dict[int, int] | None = None) -> dict[int, int]:  # type: ignore[type-arg]
    story = dict(known or {})
    for placement in placements:
        story[placement.article_id] = (
            placement.article_id if placement.against is None else story[placement.against]
        )
    return story


def test_reports_of_one_event_are_one_story() -> None:
    story = stories_of(place([], texts()))
    events = defaultdict(set)
    for number, (*_, event) in enumerate(NEWS, 1):
        events[event].add(story[number])
    assert [len(found) for found in events.values()] == [1, 1, 1]
    assert len(set(story.values())) == 3


def test_a_copy_is_told_from_a_report() -> None:
    kinds = {p.article_id: p.kind for p in place([], texts())}
    assert kinds[1] is PlacementKind.NEW_STORY
    assert kinds[2] is PlacementKind.COPY
    assert kinds[3] is PlacementKind.SAME_STORY


def test_articles_join_stories_placed_before() -> None:
    early, late = texts()[:2], texts()[2:]
    known = stories_of(place([], early))
    window = [
        StoryText(t.article_id, t.title, t.lead, t.effective_at, t.publisher, known[t.article_id])
        for t in early
    ]
    story = stories_of(place(window, late), known)
    assert story[3] == story[1]


def test_the_same_words_a_week_later_are_another_story() -> None:
    again = texts(timedelta(days=7), first_id=101)
    story = stories_of(place([], [*texts(), *again]))
    assert story[101] != story[1]
    assert timedelta(days=7) > WINDOW


def test_texts_without_words_are_placed_too() -> None:
    blank = [StoryText(i, "", "", START, "x") for i in (1, 2)]
    assert [p.kind for p in place([], blank)] == [PlacementKind.NEW_STORY] * 2
    assert place(texts(), []) == []


@settings(max_examples=25, deadline=None)
@given(st.permutations(texts()), st.integers(min_value=0, max_value=5))
def test_every_article_is_placed_once_and_only_against_one_placed_before(
    fresh: list[StoryText], cut: int
) -> None:
    placements = place([], fresh)
    assert sorted(p.article_id for p in placements) == sorted(t.article_id for t in fresh)
    before: set[int] = set()
    for placement in placements:
        assert placement.against is None or placement.against in before
        before.add(placement.article_id)
    assert placements == place([], fresh[cut:] + fresh[:cut])  # the order of arrival does not matter


@given(st.text(), st.text())
def test_resemblance_is_symmetric_and_bounded(left: str, right: str) -> None:
    a, b = shingles(left), shingles(right)
    assert 0 <= resemblance(a, b) == resemblance(b, a) <= 1
    assert resemblance(a, a) == (1 if a else 0)


def bcubed(gold: list[str], found: list[int]) -> tuple[float, float]:
    """Precision and recall averaged over items (Bagga and Baldwin, 1998)."""
    by_gold, by_found = defaultdict(set), defaultdict(set)
    for item, (g, f) in enumerate(zip(gold, found, strict=True)):
        by_gold[g].add(item)
        by_found[f].add(item)
    shared = [len(by_gold[g] & by_found[f]) for g, f in zip(gold, found, strict=True)]
    precision = sum(s / len(by_found[f]) for s, f in zip(shared, found, strict=True)) / len(gold)
    recall = sum(s / len(by_gold[g]) for s, g in zip(shared, gold, strict=True)) / len(gold)
    return precision, recall


CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "stories-dev.jsonl"


@pytest.mark.skipif(
    not CORPUS.exists() and not (os.environ.get("CI") and CORPUS.parents[1].is_dir()),
    reason="the corpus of editors' stories is not beside the project",
)
def test_floors_on_editors_stories() -> None:
    items = [loads(line) for line in CORPUS.read_text().splitlines()]
    dated = [item for item in items if item["date"]]
    rows = [
        StoryText(
            i,
            item["title"],
            item["summary"] or "",
            datetime.fromisoformat(item["date"]).replace(tzinfo=UTC),
            "",
        )
        for i, item in enumerate(dated)
    ]
    story = stories_of(place([], rows))
    precision, recall = bcubed([item["story"] for item in dated], [story[i] for i in range(len(dated))])
    assert precision >= 0.94
    assert recall >= 0.70
