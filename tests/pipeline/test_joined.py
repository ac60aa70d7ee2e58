"""A story that was joined to another: its message says so once, and comes back when they are parted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import changed, run, send
from fixtures_store import new_article, scored
from sqlalchemy import update

from monitor.pipeline import decide
from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, stories, tables
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC).replace(microsecond=0)
JOINED = "Joined to another story"


@pytest.fixture
def two(settings: Settings) -> Settings:
    """Two stories of one article each, both hits."""
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        fresh = [new_article(n, publisher=f"P{n}", published_at=NOW, first_seen_at=NOW) for n in (1, 2)]
        articles.admit(db, fresh, NOW)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in (1, 2)], NOW)
        hits.record_scores(db, [scored(1, 0.9), scored(2, 0.8)], "v1", NOW)
    return changed(settings, slack_edit_pace=0.0)


def move(settings: Settings, article: int, story: int) -> None:
    with begin(open_database(settings.database_url)) as db:
        mine = tables.articles.c.id == article
        db.execute(update(tables.articles).where(mine).values(story_id=story))


def cycle(settings: Settings, *, times: int = 2) -> None:
    for _ in range(times):
        decide(settings, run(), patient=False)
        send(settings)


def test_its_message_says_once_where_the_story_went_and_comes_back(two: Settings, slack: FakeSlack) -> None:
    cycle(two)
    assert len(slack.messages) == 2
    move(two, 2, 1)
    cycle(two)
    assert len(slack.messages) == 2
    ((edited, _),) = [edit for edit in slack.edits if JOINED in edit[1]]
    (closed,) = [message for message in slack.messages if message["ts"] == edited]
    assert "stories/1" in str(closed["blocks"])
    assert "actions" not in {block["type"] for block in closed["blocks"]}  # no buttons for a closed story

    move(two, 2, 2)  # the merge is undone
    cycle(two)
    (opened,) = [message for message in slack.messages if message["ts"] == edited]
    assert JOINED not in opened["text"]
    assert "actions" in {block["type"] for block in opened["blocks"]}
    move(two, 2, 1)  # and done again
    cycle(two)
    assert len([edit for edit in slack.edits if JOINED in edit[1]]) == 2
    assert len(slack.messages) == 2


def test_a_message_that_nobody_has_seen_is_left_as_it_is(two: Settings, slack: FakeSlack) -> None:
    decide(two, run(), patient=False)
    move(two, 2, 1)
    cycle(two)
    assert len(slack.messages) == 2
    assert [edit for edit in slack.edits if JOINED in edit[1]] == []
