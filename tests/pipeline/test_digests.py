"""Digests of routes, and their charts: made once, uploaded once, whatever breaks on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from fakes.slack import SCOPES, FakeSlack
from fixtures_outbox import TOKEN, run, send, wake
from fixtures_routes import with_routes
from fixtures_store import new_article, scored
from sqlalchemy import Connection, select, update

from monitor.alerts.slack import connect
from monitor.alerts.terminal import plain
from monitor.pipeline import decide, digest, pictures
from monitor.pipeline.desk import Desk, sit_down
from monitor.pipeline.notify import read_digests
from monitor.records import (
    Alarm,
    AlarmKind,
    Delivery,
    DeliveryKind,
    Development,
    DevelopmentKind,
    DigestSpan,
    FeedSpec,
    NewLabel,
    Placement,
    PlacementKind,
    Shown,
    Verdict,
)
from monitor.settings import Settings
from monitor.store import alarms, articles, developments, feeds, hits, labels, stories, tables
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC).replace(microsecond=0)
ROUTES = """
[[route]]
name = "desk"
topics = ["*"]

[[route]]
name = "arms"
channel = "#arms"
topics = ["arms_transfers"]
digests = ["weekly"]
"""
FILES = (*SCOPES, "files:write")


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk", "arms"), rate=None, scopes=FILES) as fake:
        yield fake


@pytest.fixture
def news(settings: Settings, tmp_path: Path) -> Settings:
    """Story 1 on sanctions and story 2 on arms transfers; both have alerted, the first went on."""
    mine = with_routes(settings, tmp_path / "seeds", ROUTES)
    with begin(open_database(mine.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        fresh = [new_article(n, publisher=f"P{n}", published_at=NOW, first_seen_at=NOW) for n in (1, 2)]
        articles.admit(db, fresh, NOW)
        new = PlacementKind.NEW_STORY
        stories.place(db, [Placement(1, new), Placement(2, new)], NOW)
        hits.record_scores(db, [scored(1, 0.8), scored(2, 0.9, "arms_transfers")], "v1", NOW)
    decide(mine, run(), patient=False)
    later = datetime.now(UTC) + timedelta(seconds=1)
    with begin(open_database(mine.database_url)) as db:
        step = Development(1, 1, DevelopmentKind.STATUS, "in force", "It is in force.", later)
        figure = Development(1, 1, DevelopmentKind.NUMBER, "40 ships", "Of 40 ships.", later)
        developments.record(db, [step, figure])
        for number, topic, verdict in ((1, "sanctions", Verdict.YES), (2, "arms_transfers", Verdict.NO)):
            labels.give(db, NewLabel(number, topic, verdict, "anna", "slack", Shown("x")), NOW)
        alarms.raised(db, [Alarm(AlarmKind.FEED_QUIET, "1", "A: nothing since Friday", NOW)])
        alarms.raised(db, [Alarm(AlarmKind.FEED_OFF, "2", "B: is off", NOW)])
    return mine


SOON = timedelta(hours=2)  # the suite may run for a while between NOW and the decisions


def shown(slack: FakeSlack, channel: str = "desk") -> list[dict[str, object]]:
    """The digests of a channel."""
    mine = [m for m in slack.messages if m["channel"] == slack.ids[channel]]
    return [m for m in mine if m["text"].startswith(("Digest", "Week"))]


def image(message: dict[str, object]) -> str | None:
    blocks = message["blocks"]
    assert isinstance(blocks, list)
    return next((block["slack_file"]["id"] for block in blocks if block["type"] == "image"), None)


def test_each_route_has_the_digests_that_it_wants(news, slack):
    now = NOW + SOON
    (daily,) = digest(news, run(), now=now)
    (weekly,) = digest(news, run(), now=now, span=DigestSpan.WEEKLY)
    assert (daily.outcomes, daily.note) == ({"in_digest": 2}, "1 of 1 daily digests are new")
    assert (weekly.outcomes, weekly.note) == ({"in_digest": 3}, "2 of 2 weekly digests are new")
    (again,) = digest(news, run(), now=now + timedelta(days=0), span=DigestSpan.WEEKLY)
    assert (again.outcomes, again.balances) == ({"repeat": 3}, True)
    send(news)
    assert [m["text"].split(":")[0].split(" · ")[1] for m in shown(slack)] == ["desk", "desk"]
    assert [m["text"].split(" · ")[1] for m in shown(slack, "arms")] == ["arms: 1 alert (Arms transfers 1)"]


def test_what_a_digest_tells(news):
    text = plain(read_digests(news, now=NOW + SOON)["desk"])
    assert (
        "Arms transfers: 1\n• Title 2 (https://news.example/2?ref=rss) · P2 · almost certain (0.90)" in text
    )
    assert "Developments: 1\n• Title 1 (https://news.example/1?ref=rss) · New step: in force\n" in text
    assert "40 ships" not in text  # a figure alone is no news
    assert "Right, by your labels of 7 days: Arms transfers 0 of 1, Sanctions 1 of 1" in text
    assert "Quiet feeds: 1\n• A: nothing since Friday" in text
    assert "is off" not in text
    zeros = "0, " * 6
    assert f"Picture: Hits by topic and day, {NOW - timedelta(days=6):%d %b} to {NOW:%d %b}: " in text
    assert f"Arms transfers {zeros}1; Sanctions {zeros}1" in text
    assert "2 new articles from 1 feed, all well" in text
    arms = plain(read_digests(news, DigestSpan.WEEKLY, now=NOW + SOON)["arms"])
    assert "Sanctions" not in arms
    assert "Developments" not in arms  # of the other route's story
    late = plain(read_digests(news, now=NOW + timedelta(days=3))["desk"])
    assert "No alerts in the last 24 hours." in late


def test_the_chart_is_uploaded_to_no_channel_and_shown_by_its_file(news, slack):
    digest(news, run(), now=NOW + SOON)
    send(news)
    (message,) = shown(slack)
    (id_, file), *others = slack.files.items()
    assert (image(message), file["done"], others) == (id_, True, [])
    assert file["bytes"].startswith(b"\x89PNG")
    assert [call for call in slack.calls if call.startswith("files.")] == [
        "files.getUploadURLExternal",
        "files.completeUploadExternal",
    ]
    digest(news, run(), now=NOW + SOON, span=DigestSpan.WEEKLY)
    send(news)
    assert len(slack.files) == 3  # another chart each: other days, other topics


def test_without_the_scope_a_digest_goes_without_its_chart(news, slack):
    slack.scopes = SCOPES
    digest(news, run(), now=NOW + SOON)
    send(news)
    (message,) = shown(slack)
    assert (image(message), slack.files) == (None, {})
    assert "rich_text" in [block["type"] for block in message["blocks"]]


@pytest.mark.parametrize("fault", ["drop_before", "http_500_before", "error:ratelimited"])
@pytest.mark.parametrize("place", ["read", "bytes"])
def test_an_upload_that_breaks_is_made_again(news, slack, fault, place):
    send(news)
    digest(news, run(), now=NOW + SOON)
    if place == "bytes" and fault.startswith("error"):
        fault = "drop_before"
    if place == "read":
        slack.read_faults.extend(["", fault])  # the first call says who we are
    else:
        slack.upload_faults.append(fault)
    assert send(news) == {}
    assert shown(slack) == []
    wake(news)
    assert send(news) == {"sent": 1}
    assert [image(m) for m in shown(slack)] == [id_ for id_, file in slack.files.items() if file["done"]]


def test_a_digest_does_not_wait_for_its_chart_for_ever(news, slack):
    digest(news, run(), now=NOW + SOON)
    with begin(open_database(news.database_url)) as db:
        long_ago = datetime.now(UTC) - pictures.PATIENCE - timedelta(minutes=1)
        db.execute(update(tables.deliveries).values(created_at=long_ago))
    slack.upload_faults.extend(["drop_before"] * 9)
    send(news)
    assert [image(m) for m in shown(slack)] == [None]


def test_a_file_that_slack_is_not_done_with_is_waited_for(news, slack):
    send(news)
    digest(news, run(), now=NOW + SOON)
    slack.slow_files = 1
    ends = send(news)
    while not shown(slack):
        wake(news)
        ends = send(news)
    assert ends == {"sent": 1}
    assert image(shown(slack)[0]) in slack.files
    assert len(slack.files) == 1


def test_a_file_that_slack_never_takes_is_left_out_and_the_rest_goes(news, slack):
    send(news)
    digest(news, run(), now=NOW + SOON)
    slack.slow_files = 10**6
    send(news)
    with begin(open_database(news.database_url)) as db:
        long_ago = datetime.now(UTC) - pictures.FRESH - timedelta(minutes=1)
        db.execute(update(tables.pictures).values(uploaded_at=long_ago))
        db.execute(update(tables.destinations).values(free_at=None))
    wake(news)
    assert send(news) == {"sent": 1}
    (message,) = shown(slack)
    assert image(message) is None
    assert len(message["blocks"]) > 2


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True, slots=True)
class DyingDesk(Desk):
    """A desk whose process dies before, or just after, one of its transactions commits."""

    left: list[int] = field(default_factory=list)

    def begin(self) -> AbstractContextManager[Connection]:
        return self._begin()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        with begin(self.engine) as db:
            yield db
            self._live()
        self._live()

    def _live(self) -> None:
        self.left[0] -= 1
        if self.left[0] == 0:
            raise Killed


def digest_of(settings: Settings) -> Delivery:
    from monitor.store import outbox

    with begin(open_database(settings.database_url)) as db:
        (mine,) = outbox.listed(db, tables.deliveries.c.kind == str(DeliveryKind.DIGEST), None)
    return mine


@pytest.mark.parametrize("line", range(1, 8))
def test_a_process_that_dies_at_any_line_leaves_one_file(news, slack, line):
    digest(news, run(), now=NOW + SOON)
    mine, desk = digest_of(news), sit_down(news, run("2"))
    dying = DyingDesk(*(getattr(desk, name) for name in ("settings", "run", "run_id", "engine")), [line])
    try:
        pictures.shown(dying, connect(TOKEN, slack.url), mine)
    except Killed:
        died = True
    else:
        died = False
    assert died is (line < 7)  # three transactions, each with two lines to die at
    found = pictures.shown(desk, connect(TOKEN, slack.url), mine)
    again = pictures.shown(desk, connect(TOKEN, slack.url), mine)
    assert found is not None
    assert again is not None
    assert pictures.keys_of(found.message) == pictures.keys_of(again.message)
    assert pictures.keys_of(found.message) == [id_ for id_, file in slack.files.items() if file["done"]]


def test_a_picture_that_is_gone_is_left_out(news, slack):
    digest(news, run(), now=NOW + SOON)
    with begin(open_database(news.database_url)) as db:
        db.execute(tables.pictures.delete())
    send(news)
    assert [image(m) for m in shown(slack)] == [None]


def test_days_lie_side_by_side_and_no_hit_is_counted_twice(news):
    from monitor.store.digests import hits_by_day, items

    with begin(open_database(news.database_url)) as db:
        whole = hits_by_day(db, ["*"], NOW.date(), 28)
        assert {topic: sum(counts) for topic, counts in whole.counts.items()} == {
            "arms_transfers": 1,
            "sanctions": 1,
        }
        assert all(later - one == timedelta(days=1) for one, later in pairwise(whole.days))
        assert hits_by_day(db, ["sanctions"], NOW.date(), 7).counts.keys() == {"sanctions"}
        at = db.execute(select(tables.alerts.c.decided_at)).scalars().first()
        assert items(db, "desk", at - SOON, at) == []  # until: not with it
        assert len(items(db, "desk", at, at + SOON)) == 2
    assert replace(whole, counts={}).days == []
