"""The invented news of `seeds/demo` as the server gives it out, against its answer key."""

from __future__ import annotations

import calendar
import http.client
import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
import trafilatura

from monitor import demo
from monitor.demo import FeedServer, pages
from monitor.settings import PROJECT

SEEDS = PROJECT / "seeds"
KEY = json.loads((SEEDS / "demo" / "expected.json").read_text("utf-8"))
KINDS = {"report", "follow_up", "copy", "near_miss", "ordinary"}
TOPICS = {"mutual_defense", "sanctions", "arms_transfers"}


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with demo.serve(SEEDS) as running:
        yield running


class Client:
    """One kept connection, so that 150 pages are quick."""

    def __init__(self, origin: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)

    def get(self, url: str) -> tuple[int, bytes]:
        self.connection.request("GET", urlsplit(url).path)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def entries(body: bytes) -> list[dict[str, Any]]:
    if body.startswith(b"{"):
        found = json.loads(body)["items"]
        times = [datetime.fromisoformat(item["date_published"]) for item in found]
        return [
            {"title": item["title"], "link": item["url"], "at": at, "content": ""}
            for item, at in zip(found, times, strict=True)
        ]
    parsed = feedparser.parse(io.BytesIO(body))
    assert not parsed.bozo, parsed.bozo_exception
    return [
        {
            "title": entry.title,
            "link": entry.link,
            "at": datetime.fromtimestamp(
                calendar.timegm(entry.get("published_parsed") or entry["updated_parsed"]), UTC
            ),
            "content": entry.content[0].value if "content" in entry else "",
        }
        for entry in parsed.entries
    ]


@pytest.fixture(scope="module")
def client(server: FeedServer) -> Iterator[Client]:
    opened = Client(server.origin)
    yield opened
    opened.connection.close()


@pytest.fixture(scope="module")
def items(server: FeedServer, client: Client) -> list[dict[str, Any]]:
    return [
        entry | {"feed": urlsplit(url).path.removeprefix("/feeds/")}
        for url in server.urls()
        for entry in entries(client.get(url)[1])
    ]


def test_there_is_enough_news_over_three_days(server, items):
    assert len(server.urls()) >= 12
    assert len(items) >= 140
    ages = [server.now - item["at"] for item in items]
    assert min(ages) == timedelta(hours=1)
    assert timedelta(hours=60) < max(ages) < timedelta(hours=84)


def test_every_item_is_in_the_key_and_every_key_is_an_item(items):
    served = sorted((item["feed"], urlsplit(item["link"]).path) for item in items)
    assert served == sorted((row["feed"], row["path"]) for row in KEY["items"])
    assert len({path for _, path in served}) == len(served)


def test_the_key_is_consistent():
    rows = {row["path"]: row for row in KEY["items"]}
    stories: dict[str, set[str]] = {}
    for row in rows.values():
        assert row["kind"] in KINDS
        assert set(row["topics"]) <= TOPICS
        assert bool(row["story"]) == bool(row["topics"]) == (row["kind"] not in {"near_miss", "ordinary"})
        if row["story"]:
            stories.setdefault(row["story"], set()).update(row["topics"])
        if row["kind"] == "copy":
            assert rows[row["copy_of"]]["story"] == row["story"]
    assert {story: sorted(topics) for story, topics in stories.items()} == KEY["stories"]


def test_the_mixture_is_that_of_a_news_day():
    kinds = Counter(row["kind"] for row in KEY["items"])
    assert kinds["near_miss"] >= 20
    assert kinds["ordinary"] >= 40
    assert kinds["follow_up"] >= 6
    assert kinds["copy"] >= 12
    assert {topic for topics in KEY["stories"].values() for topic in topics} == TOPICS
    for story in KEY["stories"]:
        assert len({row["feed"] for row in KEY["items"] if row["story"] == story}) >= 2, story


def test_links_lead_to_pages_but_for_a_few(client, items):
    missing = {row["path"] for row in KEY["items"] if row.get("missing_page")}
    statuses = {urlsplit(item["link"]).path: client.get(item["link"])[0] for item in items}
    assert {path for path, status in statuses.items() if status != 200} == missing
    assert 1 <= len(missing) <= 8
    assert {statuses[path] for path in missing} == {404}


def test_full_text_is_in_the_feeds_that_promise_it(items):
    full = {row["path"] for row in KEY["items"] if row.get("full_text")}
    assert len(full) >= 8
    assert {urlsplit(item["link"]).path for item in items if item["content"]} == full


def test_pages_are_read_whole_and_without_their_surroundings(client, items):
    long = 0
    for item in items:
        path = urlsplit(item["link"]).path
        kept = SEEDS / "demo" / f"{path.lstrip('/')}.txt"
        if not kept.exists():
            continue
        story = pages.read(kept.read_text("utf-8"))
        assert story.title == item["title"]
        words = sum(len(paragraph.split()) for paragraph in story.paragraphs)
        long += 150 <= words <= 300
        html = client.get(item["link"])[1].decode()
        assert f'content="{item["at"].astimezone(UTC).isoformat()}"' in html
        if words >= 150:
            text = trafilatura.extract(html, fast=True, include_comments=False) or ""
            assert all(paragraph in " ".join(text.split()) for paragraph in story.paragraphs), path
            assert "invented publisher" not in text
    assert long >= 40


def test_each_publisher_says_that_it_is_fictional(server, client):
    assert all(b"fictional" in client.get(url)[1] for url in server.urls())
