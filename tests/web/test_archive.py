"""The search page and its exports."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import feedparser
import pytest
from fastapi.testclient import TestClient
from fixtures_store import NOW, new_article, scored
from pyarrow import parquet
from sqlalchemy import Engine

from monitor.records import Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, hits, stories
from monitor.store.database import begin
from monitor.web import exports
from monitor.web.app import create_app
from monitor.web.exports import _inert


@pytest.fixture
def browser(database_url: str, engine: Engine) -> Iterator[TestClient]:
    """The pages over two articles of one story and a third that a spreadsheet would obey."""
    offered = [
        new_article(1, title="Council adopts sanctions", publisher="Post"),
        new_article(2, title="New sanctions <b>on</b> tankers", publisher="Globe"),
        new_article(3, title='=HYPERLINK("http://evil.example")', publisher="Post", summary="A \x02 sign"),
    ]
    with begin(engine) as db:
        articles.admit(db, offered, NOW)
        kinds = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY
        places = [Placement(1, kinds[0]), Placement(2, kinds[1], 1, 0.8), Placement(3, kinds[0])]
        stories.place(db, places, NOW)
        hits.record_scores(db, [scored(1)], "v1", NOW)
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        yield client


def test_finds_are_shown_by_story_with_their_words_marked(browser: TestClient) -> None:
    page = browser.get("/search", params={"q": "sanctions"}).text
    assert page.count('<article class="card">') == 1
    assert page.count("<mark>sanctions</mark>") >= 2
    assert "&lt;b&gt;on&lt;/b&gt;" in page
    assert 'href="search?q=sanctions&amp;topic=sanctions"' in page
    assert len(page) < 100_000


def test_a_facet_narrows_and_widens(browser: TestClient) -> None:
    page = browser.get("/search", params={"publisher": "Globe"}).text
    assert "<strong>1 article</strong>" in page
    assert 'aria-current="true">Globe' in page
    assert 'aria-label="without publisher Globe"' in page


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"q": "nothing at all"}, "Nothing found"),
        ({"since": "soon"}, "is no date"),
        ({"score": "high"}, "is no score"),
        ({"q": '{{ 7 * 7 }} "'}, "{{ 7 * 7 }}"),
        ({"q": "'; DROP TABLE articles; --"}, "Nothing found"),
        ({"since": "", "topic": "", "order": ""}, "<strong>3 articles</strong>"),
    ],
)
def test_whatever_is_asked_is_answered(browser: TestClient, question: dict[str, str], said: str) -> None:
    answer = browser.get("/search", params=question)
    assert answer.status_code == 200
    assert said in answer.text


def test_csv_holds_all_and_obeys_nothing(browser: TestClient) -> None:
    answer = browser.get("/search.csv")
    assert "articles.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["article_id"] for row in rows] == ["3", "2", "1"]
    assert rows[0]["title"].startswith("'=")
    assert rows[2]["topics"] == "sanctions 0.90"


def test_json_lines_hold_all(browser: TestClient) -> None:
    rows = [
        json.loads(line) for line in browser.get("/search.jsonl", params={"q": "sanctions"}).text.splitlines()
    ]
    assert [row["article_id"] for row in rows] == [2, 1]
    assert rows[1]["topics"] == {"sanctions": 0.9}


@pytest.mark.parametrize("start", [*list("=+-@\t\r\n＝"), " =", "  @"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert _inert(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert _inert("plain - text") == "plain - text"


def test_parquet_holds_all_in_row_groups(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "GROUP", 2)
    answer = browser.get("/search.parquet")
    assert "articles.parquet" in answer.headers["content-disposition"]
    file = parquet.ParquetFile(io.BytesIO(answer.content))
    assert file.num_row_groups == 2
    rows = file.read().to_pylist()
    assert [row["article_id"] for row in rows] == [3, 2, 1]
    assert rows[2]["topics"] == [{"topic": "sanctions", "score": 0.9}]
    assert rows[2]["published_at"] == NOW + timedelta(minutes=1)
    empty = parquet.read_table(io.BytesIO(browser.get("/search.parquet", params={"q": "nobody"}).content))
    assert (empty.num_rows, empty.column_names) == (0, list(exports.COLUMNS))


def test_a_search_can_be_followed_as_a_feed(browser: TestClient) -> None:
    found = feedparser.parse(io.BytesIO(browser.get("/search.atom").content))
    assert not found.bozo
    assert [entry.title for entry in found.entries][-1] == "Council adopts sanctions"
    assert found.entries[-1].link.startswith("https://news.example/1")
