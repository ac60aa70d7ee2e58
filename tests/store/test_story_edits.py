from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fixtures_store import NOW, new_article
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from monitor.errors import NotFound, Permanent
from monitor.records import FeedSpec, Placement, PlacementKind, StoryEditKind
from monitor.store import articles, feeds, stories, story_edits
from monitor.store import tables as t
from monitor.store.database import begin

NEW, COPY, SAME = PlacementKind.NEW_STORY, PlacementKind.COPY, PlacementKind.SAME_STORY
COUNT = 9


def fill(db: Connection) -> None:
    """Story 1 of articles 1 to 4 (3 and 4 are copies of 2), story 2 of 5 and 6; 7 to 9 wait."""
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(n, publisher=f"Publisher {n}") for n in range(1, COUNT + 1)], NOW)
    placed = [Placement(1, NEW), Placement(2, SAME, 1, 0.5), Placement(3, COPY, 2, 0.9)]
    placed += [Placement(4, COPY, 3, 0.8), Placement(5, NEW), Placement(6, SAME, 5, 0.4)]
    stories.place(db, placed, NOW)


def homes(db: Connection) -> dict[int, int]:
    statement = select(t.articles.c.id, t.articles.c.story_id).where(t.articles.c.story_id.is_not(None))
    return {row.id: row.story_id for row in db.execute(statement)}


@pytest.fixture
def filled(db: Connection) -> Connection:
    fill(db)
    return db


def test_a_merge_takes_all_and_leads_there(filled: Connection) -> None:
    edit = story_edits.merge(filled, 1, 2, "anna", "one summit", NOW)
    assert (edit.kind, edit.articles, edit.made_by, edit.why) == (
        StoryEditKind.MERGE,
        (5, 6),
        "anna",
        "one summit",
    )
    merged = stories.get(filled, 1)
    assert merged is not None
    assert (merged.articles, merged.copies, merged.independent_publishers) == (6, 2, 4)
    assert [m.placed_by for m in merged.members] == [None] * 4 + ["anna"] * 2
    assert stories.get(filled, 2) is None
    assert stories.leads_to(filled, 2) == 1
    with pytest.raises(NotFound):
        story_edits.merge(filled, 1, 2, "anna", "", NOW)
    with pytest.raises(Permanent):
        story_edits.merge(filled, 1, 1, "anna", "", NOW)


def test_a_split_leaves_each_copy_beside_a_text(filled: Connection) -> None:
    edit = story_edits.split(filled, 1, {3, 4}, "ben", "another strike", NOW)
    assert edit.articles == (3, 4)
    off = stories.get(filled, edit.other_id)
    assert off is not None
    assert [(m.article.id, m.kind, m.against, m.placed_by) for m in off.members] == [
        (3, NEW, None, "ben"),
        (4, COPY, 3, "ben"),
    ]
    assert (off.articles, off.copies, off.independent_publishers) == (2, 1, 1)
    other = story_edits.split(filled, 1, {2}, "ben", "", NOW)
    assert homes(filled)[1] == 1
    back = story_edits.undo(filled, other.id, "ben", NOW)
    assert (back.undone_at, back.undone_by) == (NOW, "ben")
    story_edits.undo(filled, edit.id, "anna", NOW)
    whole = stories.get(filled, 1)
    assert whole is not None
    assert [(m.kind, m.against, m.placed_by) for m in whole.members] == [
        (NEW, None, None),
        (SAME, 1, None),
        (COPY, 2, None),
        (COPY, 3, None),
    ]


def test_copies_left_behind_stand_for_themselves(filled: Connection) -> None:
    story_edits.split(filled, 1, {2}, "ben", "", NOW)
    left = stories.get(filled, 1)
    assert left is not None
    assert [(m.article.id, m.kind, m.against) for m in left.members] == [
        (1, NEW, None),
        (3, SAME, None),
        (4, COPY, 3),
    ]
    assert left.independent_publishers == 2


@pytest.mark.parametrize("ids", [set(), {1, 2, 3, 4}, {5}, {1, 99}])
def test_what_cannot_be_split(filled: Connection, ids: set[int]) -> None:
    with pytest.raises(Permanent):
        story_edits.split(filled, 1, ids, "ben", "", NOW)
    assert stories.recount(filled) == 0


def test_edits_are_undone_newest_first(filled: Connection) -> None:
    first = story_edits.split(filled, 1, {3, 4}, "ben", "", NOW)
    second = story_edits.merge(filled, 2, first.other_id, "ben", "", NOW)
    with pytest.raises(Permanent, match=f"undo edit {second.id} first"):
        story_edits.undo(filled, first.id, "ben", NOW)
    story_edits.undo(filled, second.id, "ben", NOW)
    story_edits.undo(filled, first.id, "ben", NOW)
    with pytest.raises(Permanent, match="undone already"):
        story_edits.undo(filled, first.id, "ben", NOW)
    with pytest.raises(NotFound):
        story_edits.undo(filled, 99, "ben", NOW)
    assert homes(filled) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 2, 6: 2}
    assert [edit.id for edit in story_edits.newest(filled, 9)] == [second.id, first.id]


def test_an_undone_merge_takes_along_what_came_for_its_sake(filled: Connection) -> None:
    later = NOW + timedelta(hours=1)
    edit = story_edits.merge(filled, 1, 2, "anna", "", NOW)
    stories.place(filled, [Placement(7, SAME, 6, 0.5), Placement(8, COPY, 7, 0.9)], later)
    stories.place(filled, [Placement(9, SAME, 1, 0.5)], later)
    assert story_edits.parts(filled, [1]) == {5: edit.id, 6: edit.id, 7: edit.id, 8: edit.id}
    story_edits.undo(filled, edit.id, "anna", later)
    assert homes(filled) == {1: 1, 2: 1, 3: 1, 4: 1, 9: 1, 5: 2, 6: 2, 7: 2, 8: 2}
    assert story_edits.parts(filled, [1, 2]) == {}
    assert stories.recount(filled) == 0


against = st.tuples(st.integers(1, COUNT), st.sampled_from([COPY, SAME]))
moves = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.integers(1, 5), st.integers(1, 5)),
        st.tuples(st.just("split"), st.integers(1, 5), st.sets(st.integers(1, COUNT), max_size=4)),
        st.tuples(st.just("undo"), st.integers(1, 4), st.none()),
        st.tuples(st.just("place"), st.integers(1, COUNT), against),
    ),
    max_size=8,
)


def _do(db: Connection, move: tuple[str, int, object], now: datetime) -> bool:
    """Make one move; whether a person placed articles by it."""
    name, one, other = move
    try:
        if name == "merge":
            story_edits.merge(db, one, other, "anna", "", now)  # type: ignore[arg-type]
        elif name == "split":
            story_edits.split(db, one, other, "anna", "", now)  # type: ignore[arg-type]
        elif name == "undo":
            story_edits.undo(db, one, "anna", now)
        else:
            against, kind = other  # type: ignore[misc]
            stories.place(db, [Placement(one, kind, against, 0.5)], now)
            return False
    except (NotFound, Permanent):
        return False
    return True


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_whatever_people_and_the_machine_do_in_turn(
    engine: Engine, moves: list[tuple[str, int, object]]
) -> None:
    with begin(engine) as db:
        if not feeds.listing(db):
            fill(db)
    with engine.connect() as db, db.begin() as transaction:
        for minute, move in enumerate(moves):
            before = homes(db)
            by_person = _do(db, move, NOW + timedelta(minutes=minute))
            after = homes(db)
            assert set(before) <= set(after)
            if not by_person:  # the machine moves nothing that is in a story
                assert {id_: after[id_] for id_ in before} == before
            assert stories.recount(db) == 0
            whole = select(t.stories.c.id).where(t.stories.c.merged_into.is_(None))
            assert set(db.execute(whole).scalars()) == set(after.values())  # none empty, none merged away
            lonely = select(func.count()).where(t.stories.c.merged_into.is_(None))
            assert db.execute(lonely.where(t.stories.c.independent_publishers < 1)).scalar() == 0
            assert db.execute(lonely.where(t.stories.c.articles < 1)).scalar() == 0
        transaction.rollback()
