from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.store import articles, feeds, stories
from monitor.store import tables as t
from monitor.store.database import begin

NEW, COPY, SAME = PlacementKind.NEW_STORY, PlacementKind.COPY, PlacementKind.SAME_STORY


def seven_articles(db: Connection) -> None:
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(n, publisher=f"Publisher {n % 3}") for n in range(1, 8)], NOW)


@pytest.fixture
def filled(db: Connection) -> Connection:
    seven_articles(db)
    return db


def test_a_story_knows_its_members(filled: Connection) -> None:
    placements = [
        Placement(2, NEW),
        Placement(1, COPY, 2, 0.9),
        Placement(3, SAME, 1, 0.4),
        Placement(4, NEW),
    ]
    stories.place(filled, placements, NOW)
    story = stories.get(filled, 1)
    assert story is not None
    assert (story.headline, story.articles, story.copies) == ("Title 2", 3, 1)
    assert story.independent_publishers == 2  # article 1 is a copy of another publisher's
    assert story.publishers == ("Publisher 1", "Publisher 2", "Publisher 0")
    assert [(m.article.id, m.kind, m.against, m.score) for m in story.members] == [
        (1, COPY, 2, 0.9),
        (2, NEW, None, 0.0),
        (3, SAME, 1, 0.4),
    ]
    assert story.last_seen_at - story.first_seen_at == timedelta(minutes=2)
    stories.place(filled, [Placement(5, SAME, 3, 0.3)], NOW)
    grown = stories.get(filled, 1)
    assert grown is not None
    assert (grown.articles, grown.copies, grown.headline) == (4, 1, "Title 2")
    assert stories.get(filled, 99) is None


def test_placing_again_changes_nothing(filled: Connection) -> None:
    stories.place(filled, [Placement(1, NEW), Placement(2, SAME, 1)], NOW)
    before = filled.execute(select(t.stories)).all()
    stories.place(filled, [Placement(1, NEW), Placement(2, NEW), Placement(99, NEW)], NOW)
    assert filled.execute(select(t.stories)).all() == before


def test_an_article_against_one_without_a_story_founds_its_own(filled: Connection) -> None:
    stories.place(filled, [Placement(1, COPY, 2, 0.9)], NOW)
    story = stories.get(filled, 1)
    assert story is not None
    assert [(m.article.id, m.kind, m.against) for m in story.members] == [(1, NEW, None)]


def test_recount_repairs(filled: Connection) -> None:
    stories.place(filled, [Placement(n, NEW) for n in range(1, 4)] + [Placement(4, COPY, 1)], NOW)
    good = filled.execute(select(t.stories).order_by(t.stories.c.id)).all()
    assert stories.recount(filled) == 0
    filled.execute(t.stories.update().where(t.stories.c.id == 1).values(articles=9, headline="wrong"))
    filled.execute(t.stories.update().where(t.stories.c.id == 3).values(publishers=0))
    assert stories.recount(filled) == 2
    assert filled.execute(select(t.stories).order_by(t.stories.c.id)).all() == good


calls = st.lists(
    st.lists(
        st.builds(
            lambda id_, kind, against: Placement(id_, kind, None if kind is NEW else against, 0.5),
            st.integers(1, 7),
            st.sampled_from([NEW, COPY, SAME]),
            st.integers(1, 7),
        ),
        max_size=7,
        unique_by=lambda placement: placement.article_id,
    ),
    max_size=3,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls)
def test_counts_are_right_whatever_is_placed(engine: Engine, calls: list[list[Placement]]) -> None:
    with begin(engine) as db:
        if not feeds.listing(db):
            seven_articles(db)
    with engine.connect() as db, db.begin() as transaction:
        for placements in calls:
            stories.place(db, placements, NOW)
        assert stories.recount(db) == 0
        placed = {placement.article_id for call in calls for placement in call}
        kept = db.execute(select(t.articles.c.id).where(t.articles.c.story_id.is_not(None))).scalars()
        assert set(kept) == placed
        transaction.rollback()
