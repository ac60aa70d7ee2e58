"""The pages over a real database, asked as a browser asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from fixtures_alerts import raise_alerts
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Engine

from monitor.records import (
    DeliveryKind,
    Draft,
    FeedSpec,
    Ledger,
    Listener,
    Message,
    Placement,
    PlacementKind,
    Posted,
    PostOutcome,
    Route,
    RunKey,
    Step,
)
from monitor.settings import Settings
from monitor.store import articles, destinations, feeds, hits, listeners, outbox, runs, sending, stories
from monitor.store.database import begin
from monitor.web.app import create_app
from monitor.web.look import ago, link, when

ROUTE = Route("all", "#news", ("*",))
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def browser(database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(database_url=database_url))) as client:
        yield client


def _story_with_alert(engine: Engine, **changes: object) -> int:
    """A story of two reports and a copy, a hit and its alert; returns the story's number."""
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://news.example/rss", "News Example", "World")], NOW)
        offered = [new_article(n, publisher=f"Publisher {n}", **changes) for n in (1, 2, 3)]
        articles.admit(db, offered, NOW)
    with begin(engine) as db:
        stories.place(
            db,
            [
                Placement(1, PlacementKind.NEW_STORY),
                Placement(2, PlacementKind.COPY, 1, 0.97),
                Placement(3, PlacementKind.SAME_STORY, 1, 0.61),
            ],
            NOW,
        )
        hits.record_scores(db, [scored(1, 0.93)], "v1", NOW)
        found = hits.undecided(db, 10)
        message = Message("Sanctions adopted", ({"type": "section", "text": _plain("Sanctions adopted")},))
        raise_alerts(db, found, ROUTE, message, NOW)
    return found[0].story_id


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@pytest.mark.parametrize("page", ["alerts", "feeds", "runs"])
def test_pages_are_there_before_anything_has_happened(browser: TestClient, page: str) -> None:
    answer = browser.get(f"/{page}")
    assert answer.status_code == 200
    assert "No " in answer.text
    assert f'href="/{page}" aria-current="page"' in answer.text


def test_the_front_leads_to_the_alerts(browser: TestClient) -> None:
    answer = browser.get("/")
    assert answer.url.path == "/alerts"
    assert "News monitor" in answer.text


def test_an_alert_waits_for_slack_and_says_how_to_connect_it(browser: TestClient, engine: Engine) -> None:
    story = _story_with_alert(engine)
    with begin(engine) as db:
        outbox.park(db, NOW)
    page = browser.get("/alerts").text
    assert "Sanctions adopted" in page
    assert "waits for Slack" in page
    assert "MONITOR_SLACK_TOKEN" in page
    assert f'href="/stories/{story}"' in page


@pytest.mark.parametrize(
    ("posted", "said", "tone"),
    [
        (Posted(PostOutcome.SENT, "C1", "1.2"), "delivered at 08:00 UTC", "good"),
        (Posted(PostOutcome.UNKNOWN), "being looked up in Slack", "busy"),
        (Posted(PostOutcome.NOT_SENT, error="no route"), "on its way, last try: no route", "busy"),
        (Posted(PostOutcome.CONTENT_BROKEN, error="invalid_blocks"), "not take it: invalid_blocks", "bad"),
    ],
)
def test_an_alert_says_how_far_it_got(
    browser: TestClient, engine: Engine, posted: Posted, said: str, tone: str
) -> None:
    _story_with_alert(engine)
    with begin(engine) as db:
        delivery = sending.due(db, NOW, 1)[0]
        assert sending.mark_sending(db, delivery.id, "test", NOW, timedelta(minutes=1))
        sending.settle(db, delivery.id, posted, NOW)
    page = browser.get("/alerts").text
    assert said in page
    assert f'class="chip {tone}"' in page


def test_connecting_is_not_explained_to_those_who_have(database_url: str) -> None:
    settings = Settings(database_url=database_url, slack_token="xoxb-1")
    page = TestClient(create_app(settings)).get("/alerts").text
    assert "MONITOR_SLACK_TOKEN" not in page
    assert "xoxb-1" not in page


def test_connecting_is_not_explained_where_another_process_delivers(
    browser: TestClient, engine: Engine
) -> None:
    """Airflow's connection holds the token: these pages know of it only by what arrived."""
    assert "MONITOR_SLACK_TOKEN" in browser.get("/alerts").text
    with begin(engine) as db:
        destinations.sent(db, "#news", NOW)
    assert "MONITOR_SLACK_TOKEN" not in browser.get("/alerts").text


def test_a_message_is_shown_once_with_what_followed_it_and_why(browser: TestClient, engine: Engine) -> None:
    _story_with_alert(engine)
    with begin(engine) as db:
        parent = sending.due(db, NOW, 1)[0]
        drafts = [
            Draft(
                "r1", DeliveryKind.REPLY, "", Message(f"New actor: NATO {EVIL}", ()), parent=parent.dedup_key
            ),
            Draft("u1", DeliveryKind.UPDATE, "", Message("Edited headline", ()), parent=parent.dedup_key),
            Draft("e1", DeliveryKind.ESCALATION, "#duty", Message("Loud", ()), parent=parent.dedup_key),
        ]
        sending.mark_sending(db, parent.id, "test", NOW, timedelta(minutes=1))
        sending.settle(db, parent.id, Posted(PostOutcome.SENT, "C1", "1.2"), NOW)
        outbox.enqueue(db, drafts, NOW)
    page = browser.get("/alerts").text
    assert page.count("<article") == 1
    assert "Edited headline" in page
    assert "New actor: NATO &lt;script&gt;" in page
    assert "Escalation to #duty" in page
    assert "unless somebody acknowledges" in page
    assert "sanctions 0.93, needs 0.50; route all" in page
    with begin(engine) as db:
        outbox.cancel(db, ["e1"], "acknowledged by anna (U1)")
    page = browser.get("/alerts").text
    assert "not sent: acknowledged by anna (U1)" in page


def test_what_keeps_alerts_from_channels_stands_above_them(browser: TestClient, engine: Engine) -> None:
    now = datetime.now(UTC)
    with begin(engine) as db:
        destinations.refuse(db, "#news", "not_in_channel", NOW, now)
        listeners.seen(db, Listener("desk-1", "socket", NOW, now))
    page = browser.get("/alerts").text
    assert "Slack takes nothing in #news since" in page
    assert "(not_in_channel)" in page
    assert "listener" not in page
    with begin(engine) as db:
        listeners.seen(db, Listener("desk-1", "socket", NOW, now - timedelta(minutes=10)))
    assert "The Slack listener was last in touch at" in browser.get("/alerts").text


def test_one_alert_by_itself(browser: TestClient, engine: Engine) -> None:
    _story_with_alert(engine)
    page = browser.get("/alerts", params={"only": 1}).text
    assert "Sanctions adopted" in page
    assert "The newest" not in page
    assert browser.get("/alerts", params={"only": 2}).status_code == 404


def test_a_story_says_why_each_report_is_there(browser: TestClient, engine: Engine) -> None:
    page = browser.get(f"/stories/{_story_with_alert(engine)}").text
    said = [
        "first report",
        "same text as Publisher 1, 1 (97% shared)",
        "same event as Publisher 1, 1 (likeness 0.61)",
        "3 reports, 1 of them copies, from 3 publishers, 2 of them independent",
        "1 copy of this text",
        "The council adopted sanctions.",
        "sanctions +1.5",
        "best score 0.93, a hit from 0.50",
    ]
    assert [line for line in said if line not in page] == []


def test_a_story_that_is_not_there_is_one_line(browser: TestClient) -> None:
    answer = browser.get("/stories/404")
    assert answer.status_code == 404
    assert "There is no story 404" in answer.text


def test_what_others_wrote_is_never_markup(browser: TestClient, engine: Engine) -> None:
    story = _story_with_alert(engine, title=f"A {EVIL}", author=EVIL, summary=EVIL)
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("javascript:alert(1)", EVIL, EVIL)], NOW)
    for path in ("/alerts", f"/stories/{story}", "/feeds"):
        page = browser.get(path).text
        assert EVIL not in page
        assert 'href="javascript:' not in page


def test_feeds_are_shown_with_their_health(browser: TestClient, engine: Engine) -> None:
    _story_with_alert(engine)
    page = browser.get("/feeds").text
    assert "1 feeds: 1 not polled yet" in page
    assert "https://news.example/rss" in page
    assert "not polled yet" in page


def test_the_shards_of_a_run_are_shown_as_one(browser: TestClient, engine: Engine) -> None:
    with begin(engine) as db:
        for shard, count in (("1", 30), ("2", 12)):
            id_ = runs.open_run(db, RunKey("airflow", "monitor_ingest", "scheduled__1+00:00"), NOW)
            ends = {"fetched": count - 2, "dead_host": 2}
            runs.write(db, id_, [Ledger(Step.FETCH, "feeds", count, ends)], NOW, shard=shard)
            runs.close_run(db, id_, NOW + timedelta(seconds=9), "")
        other = runs.open_run(db, RunKey("airflow", "monitor_process", "asset__1"), NOW)
        runs.write(db, other, [Ledger(Step.SCORE, "articles", 3, {"hit": 1})], NOW)
    page = browser.get("/runs").text
    assert ["42" in page, "38 fetched" in page, "4 dead host" in page, "9 s" in page] == [True] * 4
    assert page.count("does not balance") == 1
    one = browser.get("/runs", params={"dag": "monitor_ingest", "run": "scheduled__1+00:00"}).text
    assert one == browser.get("/runs?dag=monitor_ingest&run=scheduled__1+00:00").text
    assert "38 fetched" in one
    assert "monitor_process" not in one


def test_pages_may_be_mounted_anywhere(database_url: str, engine: Engine) -> None:
    story = _story_with_alert(engine)
    outer = FastAPI()
    outer.mount("/monitor", create_app(Settings(database_url=database_url)))
    client = TestClient(outer)
    links = re.findall(r'href="(/[^"]*)"', client.get("/monitor/").text)
    assert f"/monitor/stories/{story}" in links
    assert {client.get(path).status_code for path in links} == {200}


def test_who_mounts_the_pages_says_who_may_read_them(database_url: str) -> None:
    def nobody() -> None:
        raise HTTPException(401)

    app = create_app(Settings(database_url=database_url), dependencies=[Depends(nobody)])
    client = TestClient(app)
    asked = [
        (method, re.sub(r"{\w+}", "1", route.path))  # type: ignore[attr-defined]
        for route in app.routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    assert len(asked) >= 24
    assert [one for one in asked if client.request(*one, data={"token": "a"}).status_code != 401] == []


def test_pages_load_nothing_from_elsewhere(browser: TestClient, engine: Engine) -> None:
    _story_with_alert(engine)
    answer = browser.get("/alerts")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r'(?:src|@import|url\()\s*=?\s*["\']?http', answer.text) == []


def test_a_database_without_schema_is_one_line(tmp_path: object) -> None:
    answer = TestClient(create_app(Settings(database_url=f"sqlite:///{tmp_path}/none.db"))).get("/alerts")
    assert answer.status_code == 500
    assert "monitor db upgrade" in answer.text


def test_a_database_that_is_down_is_one_line_without_its_password() -> None:
    settings = Settings(database_url="postgresql://monitor:hidden@127.0.0.1:1/news")
    answer = TestClient(create_app(settings)).get("/alerts")
    assert answer.status_code == 503
    assert "does not answer" in answer.text
    assert "hidden" not in answer.text


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "now"), (-3, "3 min ago"), (4, "in 4 min"), (-125, "2 h ago"), (3 * 1440, "in 3 d")],
)
def test_ago(minutes: int, said: str) -> None:
    assert ago(NOW + timedelta(minutes=minutes), NOW) == said
    assert ago(None, NOW) == "never"


def test_when() -> None:
    moment = datetime(2026, 5, 7, 8, 5, tzinfo=UTC)
    shown = '<time datetime="2026-05-07T08:05:00+00:00" title="2026-05-07 08:05:00 UTC">7 May 08:05</time>'
    assert when(moment) == shown
    assert when(None) == "&ndash;"


def test_links_lead_to_the_web_only() -> None:
    assert link("javascript:alert(1)", "a < b") == "a &lt; b"
    assert 'href="https://a.example/?q=&#34;"' in link('https://a.example/?q="', "text")
