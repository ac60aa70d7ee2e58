"""Saving a search on its page, and the page of what was saved."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import feedparser
import pytest
from fastapi import Depends, Request
from fastapi.testclient import TestClient
from fixtures_store import NOW, new_article
from sqlalchemy import Engine

from monitor.settings import Settings
from monitor.store import articles, searches
from monitor.store.database import begin
from monitor.web.app import create_app


async def _anna(request: Request) -> None:
    request.state.reader = "anna"


@pytest.fixture
def browser(database_url: str, engine: Engine) -> Iterator[TestClient]:
    with begin(engine) as db:
        articles.admit(db, [new_article(1, title="Shadow fleet"), new_article(2, title="A ferry")], NOW)
    app = create_app(Settings(database_url=database_url), dependencies=[Depends(_anna)])
    with TestClient(app) as client:
        yield client


def token(client: TestClient) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get("/search", params={"q": "fleet"}).text)
    assert found
    return found[1]


def save(client: TestClient, name: str = "Fleet", **fields: str) -> str:
    form = {"token": token(client), "name": name, "q": "shadow fleet", **fields}
    return client.post("/searches", data=form).text


def test_a_search_is_saved_run_followed_alerted_deleted_and_brought_back(
    browser: TestClient, engine: Engine
) -> None:
    page = save(browser, "<b>Fleet</b>", alert="yes")
    assert "&lt;b&gt;Fleet&lt;/b&gt;" in page
    assert "alerts in #news-monitor" in page
    assert "saved by anna" in page
    found = browser.get("/searches/1")
    assert (found.url.path, found.url.params["q"]) == ("/search", "shadow fleet")
    assert "<strong>1 article</strong>" in found.text
    feed = feedparser.parse(io.BytesIO(browser.get("/searches/1/feed").content))
    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == ["Shadow fleet"]
    form = {"token": token(browser)}
    assert "Alert of new matches" in browser.post("/searches/1/alert", params={"on": "no"}, data=form).text
    again = browser.post("/searches/1/alert", data={**form, "channel": "#gulf"}).text
    assert "alerts in #gulf" in again
    assert "Bring back" in browser.post("/searches/1/delete", data=form).text
    gone = browser.get("/searches/1")
    assert gone.status_code == 404
    assert "was deleted by anna" in gone.text
    assert "alerts in #gulf" in browser.post("/searches/1/restore", data=form).text
    with begin(engine) as db:
        assert [one.name for one in searches.listing(db)] == ["<b>Fleet</b>"]


def test_a_form_from_elsewhere_saves_nothing(browser: TestClient, engine: Engine) -> None:
    value = token(browser)
    for sent, site in (("x" * 43, "same-origin"), (value, "cross-site"), ("", "same-origin")):
        form = {"token": sent, "name": "Mine", "q": "x"}
        answer = browser.post("/searches", data=form, headers={"sec-fetch-site": site})
        assert answer.status_code == 400
    with begin(engine) as db:
        assert searches.listing(db) == []


def test_who_is_not_signed_in_reads_only(database_url: str, browser: TestClient) -> None:
    save(browser)
    with TestClient(create_app(Settings(database_url=database_url))) as stranger:
        assert "Save this search" not in stranger.get("/search").text
        page = stranger.get("/searches").text
        assert "Fleet" in page
        assert "<button" not in page
