"""Threads go where their article goes when stories are merged or split; held messages go out together."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from fixtures_alerts import raise_alerts
from fixtures_store import NOW, new_article, scored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from monitor.records import Delivery, DeliveryKind, Draft, FeedSpec, Message, Placement, PlacementKind, Route
from monitor.store import articles, batches, feeds, hits, outbox, stories, threads
from monitor.store import tables as t

DESK, ARMS = Route("desk", "#desk"), Route("arms", "#arms")
LONG_AGO = NOW - timedelta(days=30)
TEXT = Message("x", ())


@pytest.fixture
def three(db: Connection) -> Connection:
    """Stories 1, 2 and 3 of an article each; 1 and 2 have a message in #desk, 2 one in #arms."""
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(n) for n in (1, 2, 3)], NOW)
    stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in (1, 2, 3)], NOW)
    hits.record_scores(db, [scored(n) for n in (1, 2, 3)], "v1", NOW)
    first, second, _ = hits.undecided(db, 9)
    raise_alerts(db, [first, second], DESK, TEXT)
    db.execute(update(t.hits).values(decided_at=None))
    other = next(hit for hit in hits.undecided(db, 9) if hit.story_id == 2)
    draft = Draft("alert:arms", DeliveryKind.ALERT, "#arms", TEXT)
    from monitor.records import DecideOutcome, Decision, Opening, Severity
    from monitor.store import alerts

    opening = Opening(2, "#arms", ARMS, (other,), Severity.HIGH)
    alerts.record(db, [Decision(other, DecideOutcome.ALERT, (ARMS,))], [("arms", opening, draft)], NOW)
    return db


def move(db: Connection, article: int, story: int) -> list[str]:
    """As a merge or split leaves it; the tokens of the threads that were joined to another just now."""
    db.execute(update(t.articles).where(t.articles.c.id == article).values(story_id=story))
    return [thread.token for thread in threads.rehome(db, LONG_AGO)]


def places(db: Connection) -> dict[str, tuple[int, bool]]:
    """Story and whether it is joined, by token."""
    rows = db.execute(select(t.threads.c.token, t.threads.c.story_id, t.threads.c.joined_to))
    return {row.token: (row.story_id, row.joined_to is not None) for row in rows}


def test_a_thread_follows_its_article_with_its_alerts(three: Connection) -> None:
    assert move(three, 1, 3) == []
    assert places(three) == {"token-1-1": (3, False), "token-2-2": (2, False), "arms": (2, False)}
    assert list(three.execute(select(t.alerts.c.story_id).order_by(t.alerts.c.id)).scalars()) == [3, 2, 2]
    assert threads.rehome(three, LONG_AGO) == []  # once


def test_a_merge_never_doubles_a_message_and_can_be_undone(three: Connection) -> None:
    assert move(three, 2, 1) == ["token-2-2"]
    assert places(three) == {"token-1-1": (1, False), "token-2-2": (2, True), "arms": (1, False)}
    assert threads.rehome(three, LONG_AGO) == []
    grown = {thread.token for thread in threads.grown(three, LONG_AGO)}
    assert "token-2-2" not in grown  # not written to
    assert move(three, 2, 2) == []
    assert places(three) == {"token-1-1": (1, False), "token-2-2": (2, False), "arms": (2, False)}


def test_old_threads_stay_where_they_are(three: Connection) -> None:
    three.execute(update(t.articles).where(t.articles.c.id == 1).values(story_id=3))
    assert threads.rehome(three, NOW + timedelta(days=1)) == []


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.lists(st.dictionaries(st.integers(1, 3), st.integers(1, 3), min_size=1), max_size=6))
def test_whatever_moves_a_channel_has_one_living_message_a_story(three: Connection, moves) -> None:  # type: ignore[no-untyped-def]
    point = three.begin_nested()
    try:
        for together_ in moves:
            for article, story in together_.items():
                three.execute(update(t.articles).where(t.articles.c.id == article).values(story_id=story))
            threads.rehome(three, LONG_AGO)
            rows = {row.id: row for row in three.execute(select(t.threads))}
            alive = [(row.story_id, row.channel) for row in rows.values() if row.joined_to is None]
            assert len(alive) == len(set(alive))
            assert {row.channel for row in rows.values() if row.joined_to is None} == {"#desk", "#arms"}
            for row in rows.values():
                seen, goal = {row.id}, row
                while goal.joined_to is not None:
                    goal = rows[goal.joined_to]
                    assert goal.channel == row.channel
                    assert goal.id not in seen, "threads that wait for each other"
                    seen.add(goal.id)
            assert len(rows) == 3  # none is lost
    finally:
        point.rollback()


def test_a_thread_is_looked_at_when_its_story_has_changed(three: Connection) -> None:
    for thread in threads.grown(three, LONG_AGO):
        threads.told(three, thread.id, articles=1)
    assert threads.grown(three, LONG_AGO) == []
    three.execute(update(t.stories).where(t.stories.c.id == 2).values(articles=4))
    assert {thread.token for thread in threads.grown(three, LONG_AGO)} == {"token-2-2", "arms"}


def held(db: Connection, *rows: tuple[str, str, int]) -> None:
    """Messages by name, batch and the minutes until they are due."""
    outbox.enqueue(
        db,
        [
            Draft(name, DeliveryKind.ALERT, "#desk", Message(name, ()), batch=batch,
                  not_before=NOW + timedelta(minutes=minutes))
            for name, batch, minutes in rows
        ],
        NOW,
    )  # fmt: skip


def together(batch: str, mine: list[Delivery]) -> Draft:
    names = "+".join(one.dedup_key for one in mine)
    return Draft(f"{batch}:{names}", DeliveryKind.SUMMARY, "#desk", Message(names, ()))


def states(db: Connection) -> dict[str, str]:
    return {row.dedup_key: row.state for row in db.execute(select(t.deliveries))}


def test_a_batch_goes_out_as_one_with_the_first_of_it_that_is_due(db: Connection) -> None:
    held(db, ("a", "late", 10), ("b", "late", 15), ("c", "quiet:8", 60), ("d", "quiet:9", 120))
    release = batches.release
    assert release(db, NOW + timedelta(minutes=9), together) == (0, 0)  # type: ignore[arg-type]
    assert release(db, NOW + timedelta(minutes=10), together) == (2, 0)  # type: ignore[arg-type]
    assert states(db) == {"a": "folded", "b": "folded", "c": "held", "d": "held", "late:a+b": "pending"}
    assert release(db, NOW + timedelta(minutes=60), together) == (0, 1)  # type: ignore[arg-type]
    assert states(db)["c"] == "pending"  # alone, as it is
    assert release(db, NOW + timedelta(minutes=60), together) == (0, 0)  # type: ignore[arg-type]


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 30)), max_size=9), st.data())
def test_every_held_message_goes_out_once(db: Connection, rows, data) -> None:  # type: ignore[no-untyped-def]
    point = db.begin_nested()
    try:
        held(db, *((f"m{number}", *row) for number, row in enumerate(rows)))
        looks = sorted(data.draw(st.lists(st.integers(0, 40), max_size=4)))
        folded = alone = 0
        for _, minutes in pairwise([0, *looks, 41]):
            done = batches.release(db, NOW + timedelta(minutes=minutes), together)  # type: ignore[arg-type]
            folded, alone = folded + done[0], alone + done[1]
        assert folded + alone == len(rows)
        found = states(db)
        assert all(found[f"m{number}"] in {"folded", "pending"} for number in range(len(rows)))
        assert sum(state == "folded" for state in found.values()) == folded
    finally:
        point.rollback()
