"""The step that tells of silent feeds, on stored polls."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Engine, select

from monitor import pipeline
from monitor.feeds.outage import DETAIL
from monitor.records import Feed, FeedSpec, FeedState, Fetched, FetchOutcome, Polled, PollPlan, RunKey
from monitor.settings import Settings
from monitor.store import articles, feeds
from monitor.store import tables as t
from monitor.store.database import begin
from monitor.store.polls import PollRow, record_polls

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, database_url=database_url, slack_ops_channel="#ops")


def poll(
    engine: Engine,
    feed: Feed,
    at: datetime,
    new: int = 0,
    outcome: FetchOutcome = FetchOutcome.FETCHED,
    state: FeedState = FeedState.ACTIVE,
    detail: str = "",
) -> None:
    status = 200 if outcome is FetchOutcome.FETCHED else None
    end = Fetched(feed.url, outcome, feed.url, status=status, detail=detail)
    plan = PollPlan(state, HOUR, at + HOUR, 0, outcome, detail, "one line")
    with begin(engine) as db:
        known = next(one for one in feeds.listing(db) if one.id == feed.id)
        record_polls(db, [PollRow(Polled(replace(known), end), plan, 10, new, None)], at)


@pytest.fixture
def feed(engine: Engine) -> Feed:
    """A feed of ten a day for three weeks, up to an hour before NOW."""
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "Courier", "World")], NOW - 22 * DAY)
        (found,) = feeds.listing(db)
    for day in range(22, -1, -1):
        poll(engine, found, NOW - day * DAY - HOUR, 9 + day % 3)
    with begin(engine) as db:
        fresh = [new_article(n, first_seen_at=NOW - HOUR) for n in range(10)]
        articles.admit(db, fresh, NOW - HOUR)
    return found


def outcomes(settings: Settings, now: datetime) -> dict[str, int]:
    [ledger] = pipeline.health(settings, RunKey("cli", "health", f"{now:%d-%H}"), now=now)
    assert ledger.balances
    return dict(ledger.outcomes)


def notices(engine: Engine) -> list[tuple[str, str]]:
    with begin(engine) as db:
        rows = db.execute(select(t.deliveries).order_by(t.deliveries.c.id))
        return [(row.channel, row.payload["text"]) for row in rows]


def test_a_silent_feed_is_told_of_once_an_event(settings: Settings, engine: Engine, feed: Feed) -> None:
    assert outcomes(settings, NOW) == {}
    late = NOW + DAY + HOUR
    poll(engine, feed, late)
    assert outcomes(settings, late) == {"raised": 2}  # the feed, and with it the only voice of its group
    assert outcomes(settings, late + HOUR) == {"lasting": 2}
    [(channel, text)] = notices(engine)
    assert channel == "#ops"
    assert "Courier brought 0 new articles in 24 hours" in text
    with begin(engine) as db:
        articles.admit(db, [new_article(n, first_seen_at=late) for n in range(100, 112)], late)
    poll(engine, feed, late + HOUR, 12)
    assert outcomes(settings, late + 2 * HOUR) == {"ended": 2}
    silent_again = late + 30 * HOUR
    poll(engine, feed, silent_again)
    assert outcomes(settings, silent_again) == {"raised": 2}
    assert len(notices(engine)) == 2


def test_a_feed_that_is_off_is_told_of(settings: Settings, engine: Engine, feed: Feed) -> None:
    poll(engine, feed, NOW, 0, FetchOutcome.GONE, FeedState.RETIRED, "the server says 410 Gone")
    assert outcomes(settings, NOW) == {"raised": 1}
    [(_, text)] = notices(engine)
    assert "Courier is retired: the server says 410 Gone" in text


def test_our_own_outage_is_one_alarm(settings: Settings, engine: Engine, feed: Feed) -> None:
    late = NOW + 2 * DAY
    poll(engine, feed, late, 0, FetchOutcome.POSTPONED, detail=DETAIL)
    assert outcomes(settings, late) == {"raised": 1}
    assert [text for _, text in notices(engine)] == [f"A feed needs a look: {DETAIL}"]
    poll(engine, feed, late + HOUR)
    assert outcomes(settings, late + 2 * HOUR) == {"ended": 1}  # it has not been polled since that look
    poll(engine, feed, late + 3 * HOUR)
    assert outcomes(settings, late + 4 * HOUR) == {"raised": 2}
