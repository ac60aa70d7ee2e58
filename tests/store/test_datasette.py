"""docs/datasette/metadata.json fits the database it describes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Engine, inspect, text

from monitor.records import FeedSpec
from monitor.store import articles, feeds
from monitor.store.database import begin, open_database, upgrade

METADATA = Path(__file__).parents[2] / "docs" / "datasette" / "metadata.json"
NAMED = json.loads(METADATA.read_text())["databases"]["monitor"]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    engine = open_database(url)
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        articles.admit(db, [new_article(1, title="A mutual defence pact")], NOW)
    return engine


def test_every_table_and_column_that_it_names_is_there(engine: Engine) -> None:
    found = inspect(engine)
    tables = {*found.get_table_names(), *found.get_view_names()}
    assert NAMED["tables"].keys() <= tables
    for name, said in NAMED["tables"].items():
        columns = {column["name"] for column in found.get_columns(name)}
        keys = ("sort_desc", "label_column", "fts_pk")
        wanted = {*said.get("facets", ()), *(said[key] for key in keys if key in said)}
        assert wanted <= columns, name
        assert said.get("fts_table", "archive") == "archive"


@pytest.mark.parametrize("name", NAMED["queries"])
def test_every_ready_question_runs(engine: Engine, name: str) -> None:
    values = {"topic": "sanctions", "words": '"mutual defence"'}
    query = text(NAMED["queries"][name]["sql"])
    with begin(engine, reading=True) as db:
        rows = db.execute(query, {key: values[key] for key in query.compile().params}).all()
    assert len(rows) == (1 if name == "search_by_words" else 0)
