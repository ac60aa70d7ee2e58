from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Connection

from monitor.records import Development, DevelopmentKind, FeedSpec, Placement, PlacementKind
from monitor.store import articles, developments, feeds, stories


@pytest.fixture
def filled(db: Connection) -> Connection:
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(n) for n in range(1, 4)], NOW)
    stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, 4)], NOW)
    return db


def development(story: int, value: str, minutes: int = 0) -> Development:
    noticed = NOW + timedelta(minutes=minutes)
    return Development(story, story, DevelopmentKind.STATUS, value, f"It is {value}.", noticed)


def test_each_is_kept_once_as_first_noticed(filled: Connection) -> None:
    first, second, again = (
        development(1, "signed"),
        development(1, "ratified", 5),
        development(1, "signed", 9),
    )
    other = development(2, "signed", 3)
    developments.record(filled, [first, second, other])
    developments.record(filled, [again])
    developments.record(filled, [])
    assert developments.of_stories(filled, [1, 2, 3]) == {1: (first, second), 2: (other,)}


def test_what_is_new_since_a_moment_of_each_story(filled: Connection) -> None:
    first, second, other = (
        development(1, "signed"),
        development(1, "ratified", 5),
        development(2, "signed", 3),
    )
    developments.record(filled, [first, second, other])
    assert developments.since(filled, {1: NOW, 2: NOW + timedelta(minutes=3), 3: NOW}) == {1: (second,)}
    assert developments.since(filled, {}) == {}
