"""From hits to alerts and the day's digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fixtures_outbox import changed, run, send
from fixtures_store import new_article, scored
from sqlalchemy import update

from monitor.pipeline import decide, deliver, digest
from monitor.records import (
    DeliveryKind,
    DeliveryState,
    FeedSpec,
    Ledger,
    Placement,
    PlacementKind,
    RunKey,
    Step,
)
from monitor.settings import Settings
from monitor.store import alerts, articles, feeds, hits, runs, sending, stories, tables
from monitor.store.database import begin, open_database

NOON = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def news(settings: Settings) -> Settings:
    """Two stories, the first of two articles, all three hits on sanctions; one feed of two is ill."""
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A"), FeedSpec("https://b.example/", "B")], NOON)
        fresh = [
            new_article(
                n, publisher=f"P{n}", published_at=NOON, first_seen_at=NOON, title=f"Ships & sums {n}"
            )
            for n in (1, 2, 3)
        ]
        articles.admit(db, fresh, NOON)
        new, same = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY
        stories.place(db, [Placement(1, new), Placement(2, same, 1, 0.4), Placement(3, new)], NOON)
        hits.record_scores(db, [scored(1, 0.8), scored(2, 0.9), scored(3, 0.7)], "v1", NOON)
        run_id = runs.open_run(db, RunKey("cli", "run", "ingest"), NOON)
        counted = {"new": 2, "new_undated": 1, "duplicate": 40}
        runs.write(db, run_id, [Ledger(Step.FETCH, "entries", 43, counted)], NOON)
        db.execute(update(tables.feeds).where(tables.feeds.c.id == 2).values(state="failing"))
    return settings


def test_a_story_alerts_once_and_the_digest_lists_it_once(news, slack):
    (ledger,) = decide(news, run(), patient=False)
    assert (ledger.outcomes, ledger.balances) == ({"alert": 2, "repeat": 1}, True)
    assert decide(news, run(), patient=False)[0].outcomes == {}
    assert send(news) == {"sent": 2}
    assert slack.texts()[0] == "Sanctions: Ships &amp; sums 2 (P2, almost certain)"
    (ledger,) = digest(news, run(), now=NOON + timedelta(hours=1))
    assert (ledger.step, ledger.unit, ledger.outcomes, ledger.balances) == (
        Step.DIGEST,
        "alerts",
        {"in_digest": 2},
        True,
    )
    (again,) = digest(news, run("2"), now=NOON + timedelta(hours=1))
    assert (again.outcomes, again.balances) == ({"repeat": 2}, True)
    assert send(news) == {"sent": 1}
    assert slack.texts()[2].endswith("2 alerts (Sanctions 2)")
    foot = slack.messages[2]["blocks"][-1]["elements"][0]["text"]
    assert foot.startswith("3 new articles from 2 feeds, 1 of them not well")


def test_a_day_without_alerts_has_a_digest_too(news, slack):
    decide(news, run(), patient=False)
    for day in (2, 2, 3):
        digest(news, run(str(day)), now=NOON + timedelta(days=day))
    with begin(open_database(news.database_url)) as db:
        kinds = [d.kind for d in sending.due(db, datetime.now(UTC), 10)]
    assert kinds.count(DeliveryKind.DIGEST) == 2
    assert send(news) == {"sent": 4}
    assert [text.split(": ")[1] for text in slack.texts() if text.startswith("Digest")] == [
        "no alerts in the last 24 hours"
    ] * 2


def test_the_alerts_page_knows_how_far_a_message_got(news):
    decide(news, run(), patient=False)
    deliver(changed(news, slack_token=""), run())
    send(news)
    with begin(open_database(news.database_url)) as db:
        rows = alerts.recent(db, 10)
    assert {row.state for row in rows} == {DeliveryState.FOLDED}
    assert all(row.slack_ts for row in rows)  # the place of the summary
