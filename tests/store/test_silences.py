from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection

from monitor.records import FeedSpec, Hidden, Placement, PlacementKind, SilenceMatcher
from monitor.store import articles, feeds, hits, silences, stories

DAY = timedelta(days=1)
SANCTIONS = SilenceMatcher(topic="sanctions")


@pytest.fixture
def filled(db: Connection) -> Connection:
    """Stories 1 (articles 1 and 2) and 2 (article 3), all hits on sanctions."""
    feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
    articles.admit(db, [new_article(n, publisher=f"P{n}") for n in (1, 2, 3)], NOW)
    new, same = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY
    stories.place(db, [Placement(1, new), Placement(2, same, 1, 0.4), Placement(3, new)], NOW)
    hits.record_scores(db, [scored(1, 0.8), scored(2, 0.9), scored(3, 0.7)], "v1", NOW)
    return db


def test_a_silence_runs_until_it_expires(db: Connection) -> None:
    made = silences.add(db, SANCTIONS, "Ada", "strike of the ferries", NOW, NOW + DAY)
    assert (made.matcher, made.owner, made.reason, made.created_at) == (
        SANCTIONS,
        "Ada",
        "strike of the ferries",
        NOW,
    )
    assert silences.active(db, NOW) == [made]
    assert silences.active(db, NOW + DAY) == []
    assert silences.over(db, NOW) == []
    (over,) = silences.over(db, NOW + DAY)
    assert (over.silence, over.hits) == (made, 0)
    silences.reported(db, [made.id], NOW + DAY)
    assert silences.over(db, NOW + DAY) == []


def test_a_silence_for_good_is_ended_by_hand_once(db: Connection) -> None:
    made = silences.add(db, SilenceMatcher(words="ferry"), "Ada", "", NOW, None)
    assert silences.active(db, NOW + 1_000 * DAY) == [made]
    assert silences.end(db, made.id, "Ben", NOW + DAY)
    assert not silences.end(db, made.id, "Cem", NOW + DAY)
    assert not silences.end(db, 99, "Cem", NOW + DAY)
    (over,) = silences.over(db, NOW + DAY)
    assert (over.silence.ended_by, over.silence.ended_at) == ("Ben", NOW + DAY)
    assert silences.listing(db, NOW + DAY) == []
    assert [one.silence.id for one in silences.listing(db, NOW + DAY, ended=True)] == [made.id]


def test_one_that_ran_out_cannot_be_ended(db: Connection) -> None:
    made = silences.add(db, SANCTIONS, "Ada", "", NOW, NOW + DAY)
    assert not silences.end(db, made.id, "Ben", NOW + DAY)


def test_what_was_hidden_is_counted_once_and_named_by_story(filled: Connection) -> None:
    made = silences.add(filled, SANCTIONS, "Ada", "", NOW, NOW + DAY)
    other = silences.add(filled, SilenceMatcher(story_id=1), "Ben", "", NOW, None)
    for _ in range(2):
        silences.hide(filled, [(made.id, 1, "#a"), (made.id, 2, "#b"), (made.id, 3, "#b")], NOW)
    silences.hide_reply(filled, made.id)
    found = silences.get(filled, made.id)
    assert found is not None
    assert (found.hits, found.stories, found.replies) == (3, 2, 1)
    assert silences.channel_of(filled, made.id) == "#b"
    assert silences.channel_of(filled, other.id) == ""
    first = Hidden(1, "sanctions", "Title 2", "https://news.example/2?ref=rss", "P2", 0.9, 2)
    assert silences.hidden(filled, made.id)[0] == first
    assert [(h.story_id, h.hits) for h in silences.hidden(filled, made.id)] == [(1, 2), (2, 1)]
    assert silences.hidden(filled, other.id) == []


@pytest.mark.parametrize(
    ("matcher", "until", "says"),
    [
        (SilenceMatcher(), NOW + DAY, "something to match"),
        (SANCTIONS, NOW, "later than now"),
    ],
)
def test_a_silence_that_makes_no_sense(db, matcher, until, says) -> None:
    with pytest.raises(ValueError, match=says):
        silences.add(db, matcher, "Ada", "", NOW, until)


def test_none_of_that_number(db: Connection) -> None:
    assert silences.get(db, 1) is None
