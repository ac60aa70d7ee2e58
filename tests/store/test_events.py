"""Events in the store, and in a story: kept, replaced, asked for, merged with who says what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Connection, func, select

from monitor.records import Event, KeptEvent, Mark, Placement, PlacementKind, Status
from monitor.store import articles, events, stories
from monitor.store.tables import event_actors
from monitor.topics.events.merge import of_story
from monitor.topics.events.plover import plover


def told(article: int, status: Status | None = Status.DELIVERED, **slots: object) -> KeptEvent:
    values: dict[str, object] = {
        "topic": "arms_transfers",
        "sources": ("IRN",),
        "targets": ("RUS",),
        "status": status,
        "action": "sent",
        "instrument": "drones",
        "marks": frozenset(),
        "sentence": "Iran sent drones to Russia.",
        "start": 7,
        "end": 34,
    }
    event = Event(**(values | slots))  # type: ignore[arg-type]
    return KeptEvent(article, event, plover(event), "1")


@pytest.fixture
def archive(db: Connection) -> Connection:
    articles.admit(
        db, [new_article(n, publisher=name) for n, name in enumerate(("Post", "Globe", "Herald"), 1)], NOW
    )
    stories.place(
        db,
        [
            Placement(1, PlacementKind.NEW_STORY),
            *(Placement(n, PlacementKind.SAME_STORY, 1, 0.5) for n in (2, 3)),
        ],
        NOW,
    )
    return db


def test_what_is_kept_comes_back_whole(archive: Connection) -> None:
    one = told(
        1,
        marks=frozenset({Mark.REPORTED}),
        claimed_by="UKR",
        beneficiaries=("SYR",),
        quantity=40,
        amount=1.5e9,
        currency="USD",
        place="Tehran",
        on=date(2026, 5, 15),
        spans=(("action", 5, 9),),
    )
    events.keep(archive, [1], [one], NOW)
    ((report,),) = events.of_stories(archive, [1]).values()
    assert (report.event, report.plover, report.publisher) == (one.event, "AID", "Post")


def test_the_same_twice_changes_nothing_and_a_new_text_replaces_all(archive: Connection) -> None:
    for _ in range(2):
        events.keep(archive, [1, 2], [told(1), told(2)], NOW)
        assert len(events.of_stories(archive, [1])[1]) == 2
        assert archive.scalar(select(func.count()).select_from(event_actors)) == 4
    events.keep(archive, [1, 2], [told(1, sources=("BLR",))], NOW)
    assert [one.event.sources for one in events.of_stories(archive, [1])[1]] == [("BLR",)]
    assert archive.scalar(select(func.count()).select_from(event_actors)) == 2


def test_events_are_found_by_their_slots(archive: Connection) -> None:
    events.keep(archive, [1, 2], [told(1), told(2, Status.APPROVED, sources=("CHN", "PRK"))], NOW)
    start = NOW - timedelta(days=30)

    def found(**wanted: object) -> set[int]:
        return {report.article_id for _, _, report in events.since(archive, start, **wanted)}  # type: ignore[arg-type]

    assert found() == {1, 2}
    assert found(source="IRN") == {1}
    assert found(source="PRK", target="RUS") == {2}
    assert found(statuses=["delivered", "signed"]) == {1}
    assert found(topic="sanctions") == found(source="RUS") == set()


def test_the_event_of_a_story_shows_who_says_what(archive: Connection) -> None:
    kept = [
        told(1, targets=()),
        told(2, quantity=40),
        told(3, marks=frozenset({Mark.NEGATED, Mark.REPORTED}), claimed_by="IRN"),
    ]
    events.keep(archive, [1, 2, 3], kept, NOW)
    merged = of_story(1, "arms_transfers", events.of_stories(archive, [1])[1], plover)
    assert (merged.event.sources, merged.event.targets, merged.event.quantity) == (("IRN",), ("RUS",), 40)
    assert merged.said == {"delivered": ("Post", "Globe"), "not delivered": ("Herald",)}
    assert merged.contradicted
    assert merged.publishers == ("Post", "Globe", "Herald")
