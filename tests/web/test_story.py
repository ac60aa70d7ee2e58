"""The page of a story and its forms, sent as a browser sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi import Depends, Request
from fastapi.testclient import TestClient
from fixtures_store import NOW, new_article
from sqlalchemy import Engine

from monitor.records import (
    Development,
    DevelopmentKind,
    FeedSpec,
    Placement,
    PlacementKind,
    Publisher,
)
from monitor.settings import Settings
from monitor.store import articles, developments, feeds, mentions, stories, story_edits
from monitor.store.database import begin
from monitor.web.app import create_app

NEW, COPY, SAME = PlacementKind.NEW_STORY, PlacementKind.COPY, PlacementKind.SAME_STORY


@pytest.fixture(autouse=True)
def filled(engine: Engine) -> None:
    """Story 1 of articles 1 to 3, of which 2 is a copy; story 2 of article 4."""
    placed = [Placement(1, NEW), Placement(2, COPY, 1, 0.9), Placement(3, SAME, 1, 0.4, ("embargo",))]
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://news.example/rss", "News Example")], NOW)
        offered = [new_article(n, publisher=f"Publisher {n}", title=f"Headline {n}") for n in range(1, 5)]
        articles.admit(db, offered, NOW)
        stories.place(db, [*placed, Placement(4, NEW)], NOW)
        mentions.record_publishers(db, [Publisher("Publisher 1", "NOR", "list")])
        developments.record(
            db, [Development(1, 3, DevelopmentKind.STATUS, "signed", "They signed it at noon.", NOW)]
        )


async def _anna(request: Request) -> None:
    request.state.reader = "anna"


@pytest.fixture
def browser(database_url: str) -> Iterator[TestClient]:
    app = create_app(Settings(database_url=database_url), dependencies=[Depends(_anna)])
    with TestClient(app) as client:
        yield client


def token(client: TestClient, story: int = 1) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(f"/stories/{story}").text)
    assert found
    return found[1]


def test_the_page_tells_what_is_new_who_carries_it_and_why(browser: TestClient) -> None:
    page = browser.get("/stories/1").text
    said = ["They signed it at noon.", ">signed<", "NOR", "Both say embargo", "1 copy of this text"]
    assert [line for line in said if line not in page] == []
    copied = page.index('id="article-2"')
    assert page.index('id="article-1"') < copied < page.index("</article>")  # on the card of its original


def test_merge_split_and_undo_by_forms(browser: TestClient, engine: Engine) -> None:
    value = token(browser)
    page = browser.post("/stories/1/merge", data={"token": value, "other": "#2", "why": "one event"})
    assert page.status_code == 200
    assert "merged into story 1 by anna" in page.text
    assert "one event" in page.text
    assert browser.get("/stories/2").url.path == "/stories/1"  # old links lead there
    browser.post("/stories/1/undo", data={"token": value, "edit": "1"})
    assert browser.get("/stories/2").url.path == "/stories/2"
    page = browser.post("/stories/1/split", data={"token": value, "article": ["2", "3"], "why": ""})
    assert page.url.path == "/stories/3"
    assert "2 articles split off story 1 as story 3 by anna" in page.text
    with begin(engine) as db:
        assert [edit.made_by for edit in story_edits.newest(db, 5)] == ["anna", "anna"]
        assert stories.recount(db) == 0


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"other": "two"}, "write the number of the other story"),
        ({"other": "77"}, "there is no story 77"),
        ({"other": "1"}, "cannot be merged with itself"),
    ],
)
def test_a_form_that_cannot_be_followed_says_why(
    browser: TestClient, form: dict[str, str], said: str
) -> None:
    answer = browser.post("/stories/1/merge", data={"token": token(browser), **form})
    assert answer.status_code in {400, 404}
    assert said in answer.text.lower() or said in answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin"])
@pytest.mark.parametrize("known", [True, False])
def test_forms_from_elsewhere_change_nothing(
    browser: TestClient, engine: Engine, site: str, known: bool
) -> None:
    value = token(browser) if known else "x" * 43
    sent = {"token": value, "other": "2"}
    answer = browser.post("/stories/1/merge", data=sent, headers={"Sec-Fetch-Site": site})
    right = known and site == "same-origin"
    assert answer.status_code == (200 if right else 400)
    with begin(engine) as db:
        assert len(story_edits.newest(db, 9)) == right


def test_a_form_without_our_cookie_changes_nothing(browser: TestClient, engine: Engine) -> None:
    sent = {"token": token(browser), "other": "2"}
    browser.cookies.clear()
    assert browser.post("/stories/1/merge", data=sent).status_code == 400
    with begin(engine) as db:
        assert story_edits.newest(db, 9) == []


def test_the_cookie_is_for_our_pages_alone(browser: TestClient) -> None:
    given = browser.get("/stories/1").headers["set-cookie"].lower()
    assert "httponly" in given
    assert "samesite=strict" in given


def test_pages_without_a_reader_are_read_only(database_url: str) -> None:
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        page = client.get("/stories/1")
        assert "<button" not in page.text
        sent = {"token": client.cookies["monitor_form"], "other": "2"}
        answer = client.post("/stories/1/merge", data=sent)
    assert answer.status_code == 400
    assert "nobody is signed in" in answer.text.lower()
