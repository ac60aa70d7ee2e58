"""What the widget of Airflow's first page shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from fixtures_store import new_article, scored
from sqlalchemy import Engine

from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, stories
from monitor.store.database import begin
from monitor.web.app import create_app


def test_hits_of_a_day_by_topic_the_most_first(engine: Engine, database_url: str) -> None:
    now = datetime.now(UTC)
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], now)
        articles.admit(db, [new_article(number) for number in range(1, 5)], now)
        stories.place(db, [Placement(number, PlacementKind.NEW_STORY) for number in range(1, 5)], now)
        hits.record_scores(db, [scored(1)], "v1", now - timedelta(hours=25))
        hits.record_scores(db, [scored(2, 0.9, "arms_transfers"), scored(3), scored(4)], "v1", now)
    with TestClient(create_app(Settings(database_url=database_url)), root_path="/monitor") as client:
        answer = client.get("/today.json").json()
        assert answer == {"hits": {"sanctions": 2, "arms_transfers": 1}, "alerts": 0}
        assert list(answer["hits"]) == ["sanctions", "arms_transfers"]
        script = client.get("/today.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert 'globalThis["News today"]' in script.text
    assert '"/monitor/today.json"' in script.text
