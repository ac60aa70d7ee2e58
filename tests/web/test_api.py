"""The interface for programs over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from fixtures_store import new_article, scored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, update

from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, pulls, stories
from monitor.store import tables as t
from monitor.store.database import begin
from monitor.web.app import create_app

LONG_AGO = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def program(engine: Engine, database_url: str) -> Iterator[TestClient]:
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "Feed A", "World")], LONG_AGO)
        new = [new_article(number, first_seen_at=LONG_AGO) for number in range(1, 8)]
        articles.admit(db, new, LONG_AGO)
        stories.place(db, [Placement(1, PlacementKind.NEW_STORY)], LONG_AGO)
        ends = [scored(1), scored(2, 0.8, "arms_transfers"), scored(3, 0.1)]
        hits.record_scores(db, ends, "v1", LONG_AGO)
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        yield client


def test_an_article_is_told_with_its_story_and_topics(program: TestClient) -> None:
    item = program.get("/api/v1/articles").json()["items"][0]
    assert item["article_id"] == 1
    assert (item["title"], item["feed_group"], item["placed_as"]) == ("Title 1", "World", "new_story")
    assert item["topics"] == ["sanctions"]
    assert item["is_stale"] is False
    assert datetime.fromisoformat(item["first_seen_at"]) == LONG_AGO


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_who_follows_the_cursor_has_every_article_once_in_order(program: TestClient, limit: int) -> None:
    after, seen = 0, []
    while True:
        answer = program.get("/api/v1/articles", params={"after": after, "limit": limit}).json()
        if not answer["items"]:
            break
        seen += [item["article_id"] for item in answer["items"]]
        after = answer["next"]
    assert seen == list(range(1, 8))
    assert answer["next"] == after  # nothing new: the cursor stays


def test_hits_of_one_topic(program: TestClient) -> None:
    assert len(program.get("/api/v1/hits").json()["items"]) == 2
    (only,) = program.get("/api/v1/hits", params={"topic": "arms_transfers"}).json()["items"]
    assert only["score"] == pytest.approx(0.8)
    assert only["why_sentence"] == "The council adopted sanctions."
    assert program.get("/api/v1/hits", params={"topic": "x' OR 1=1 --"}).json()["items"] == []


def test_what_is_too_young_holds_back_all_that_comes_after(program: TestClient, engine: Engine) -> None:
    """A number below it may be committed later: a cursor that passed it would never see that one."""
    with begin(engine) as db:
        now = datetime.now(UTC)
        db.execute(update(t.articles).where(t.articles.c.id == 4).values(first_seen_at=now))
        assert [one.article_id for one in pulls.articles(db, 0, 100, now)] == [1, 2, 3]
        later = now + pulls.SETTLED + timedelta(seconds=1)
        assert len(pulls.articles(db, 0, 100, later)) == 7
    assert program.get("/api/v1/articles").json()["next"] == 3


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(["articles", "hits"]),
    params=st.dictionaries(
        st.sampled_from(["after", "limit", "topic", "other"]), st.text(max_size=20) | st.integers()
    ),
)
def test_no_question_makes_the_server_fail(program: TestClient, path: str, params: dict[str, object]) -> None:
    answer = program.get(f"/api/v1/{path}", params=params)  # type: ignore[arg-type]
    assert answer.status_code in {200, 422}


def test_the_interface_describes_itself_as_it_is(program: TestClient) -> None:
    said = program.get("/api/v1/openapi.json").json()
    assert said["openapi"].startswith("3.")
    assert set(said["paths"]) == {"/api/v1/articles", "/api/v1/hits"}
    fields = said["components"]["schemas"]["PulledArticle"]["properties"].keys()
    assert fields == program.get("/api/v1/articles").json()["items"][0].keys()
