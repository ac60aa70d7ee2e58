"""A story in a channel over time, from hits to the strict fake Slack: one message, its edits, its replies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fakes.slack import FakeSlack
from fixtures_newsroom import ROUTE, Newsroom
from fixtures_outbox import TOKEN, changed, send, wake
from sqlalchemy import func, select, update

from monitor.records import DevelopmentKind, SilenceMatcher
from monitor.settings import Settings
from monitor.store import silences, tables
from monitor.store.database import begin, open_database


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk", "chiefs"), rate=None) as fake:
        yield fake


@pytest.fixture
def desk(settings: Settings, slack: FakeSlack, tmp_path: Path) -> Newsroom:
    return Newsroom(changed(settings, slack_edit_pace=0.0), slack, tmp_path)


def test_a_reply_comes_only_on_a_development(desk):
    first = desk.report()
    desk.go()
    desk.report(against=first, score=None)
    desk.go()
    assert (len(desk.parents), desk.replies, len(desk.slack.edits)) == (1, [], 1)
    desk.report(against=first, score=None)
    desk.notice(1, DevelopmentKind.NUMBER, "40 ships")
    desk.go()
    assert desk.replies == []  # a figure alone is an edit
    desk.report(against=first, score=None)
    desk.notice(1, DevelopmentKind.STATUS, "in force", "It is in force.")
    desk.go()
    assert len(desk.parents) == 1
    assert [text.split(" · ")[0] for text in desk.replies] == ["New step: in force"]
    (parent,) = (m for m in desk.slack.messages if m["thread_ts"] is None)
    assert "4 articles" in str(parent["blocks"])


def test_what_comes_within_the_rest_is_one_reply_and_nothing_is_lost(desk):
    first = desk.report()
    desk.go()
    for value in ("proposed", "signed", "ratified"):
        desk.report(against=first, score=None)
        desk.notice(1, DevelopmentKind.STATUS, value)
        desk.go()
    assert [text.split(" · ")[0] for text in desk.replies] == ["New step: proposed"]
    edits = len(desk.slack.edits)
    desk.rest()
    desk.go()
    assert [text.split(" · ")[0] for text in desk.replies] == [
        "New step: proposed",
        "New step: signed, ratified",
    ]
    assert len(desk.slack.edits) == edits + 1
    desk.rest()
    desk.go()
    assert len(desk.replies) == 2  # told once


def test_edits_come_at_most_once_a_minute_and_the_last_is_the_truth(desk):
    desk.settings = changed(desk.settings, slack_edit_pace=60.0)
    first = desk.report()
    desk.go()
    for _ in range(5):
        desk.report(against=first, score=None)
        desk.go()
    assert len(desk.slack.edits) == 1
    with begin(open_database(desk.settings.database_url)) as db:
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        db.execute(update(tables.deliveries).values(sent_at=an_hour_ago))
    desk.go()
    assert len(desk.slack.edits) == 2
    assert "6 articles" in str(desk.slack.messages[0]["blocks"])


@pytest.mark.parametrize(
    ("policy", "replies", "called"),
    [("thread", 2, 0), ("broadcast_on_escalation", 2, 1), ("edit_only", 0, 0)],
)
def test_the_policy_says_what_a_channel_hears(desk, policy, replies, called):
    desk.routes(f'{ROUTE}updates = "{policy}"\n')
    first = desk.report()
    desk.go()
    desk.report(against=first, score=None)
    desk.notice(1, DevelopmentKind.STATUS, "in force")
    desk.go()
    for _ in range(10):  # so widely carried that the story is a step graver
        desk.report(against=first, score=None)
    desk.go()
    assert len(desk.parents) == 1
    assert len(desk.replies) == replies
    assert sum(m["broadcast"] for m in desk.slack.messages) == called
    assert "critical" in str(desk.slack.messages[0]["blocks"])  # the edit says it in any case


def test_a_new_topic_joins_the_message_and_is_told_in_its_thread(desk):
    first = desk.report()
    desk.go()
    desk.report(against=first, topic="arms_transfers")
    desk.go()
    assert len(desk.parents) == 1
    assert [text.split(" · ")[0] for text in desk.replies] == ["New topic: Arms transfers"]
    assert desk.threads == 1


def test_a_critical_story_is_told_again_elsewhere_unless_somebody_acknowledges(desk):
    desk.routes(f'{ROUTE}escalate_to = "#chiefs"\nescalate_after = "1m"\n')
    first = desk.report()
    desk.go()
    for _ in range(10):
        desk.report(against=first, score=None)
    desk.go()
    assert desk.slack.texts("chiefs") == []
    wake(desk.settings)
    send(desk.settings)
    assert len(desk.slack.texts("chiefs")) == 1
    desk.go()
    wake(desk.settings)
    send(desk.settings)
    assert len(desk.slack.texts("chiefs")) == 1


def quiet_now(zone: str, hours: int = 2) -> str:
    """Quiet hours from an hour ago on, by the clock of a zone."""
    now = datetime.now(ZoneInfo(zone))
    start, end = now - timedelta(hours=1), now + timedelta(hours=hours)
    return f'quiet_hours = {{ from = "{start:%H:%M}", to = "{end:%H:%M}", zone = "{zone}" }}\n'


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Dubai", "America/New_York"])
def test_what_comes_in_quiet_hours_is_one_message_in_the_morning(desk, zone):
    desk.routes(ROUTE + quiet_now(zone))
    for _ in range(3):
        desk.report()
        desk.go()
    assert desk.parents == []
    with begin(open_database(desk.settings.database_url)) as db:
        waits = set(db.execute(select(tables.deliveries.c.not_before)).scalars())
        assert len(waits) == 1
        assert timedelta(hours=1.9) < waits.pop() - datetime.now(UTC) <= timedelta(hours=2)
        db.execute(update(tables.deliveries).values(not_before=datetime.now(UTC)))
    desk.go()
    assert len(desk.parents) == 1
    assert desk.parents[0].startswith("Came in during quiet hours: Sanctions: Title")
    assert desk.parents[0].endswith("and 2 more")


def test_a_development_in_quiet_hours_waits_for_the_morning(desk):
    desk.routes(ROUTE)
    first = desk.report()
    desk.go()
    desk.routes(ROUTE + quiet_now("Europe/Berlin"))
    desk.report(against=first, score=None)
    desk.notice(1, DevelopmentKind.STATUS, "in force")
    desk.go()
    assert desk.replies == []
    wake(desk.settings)
    send(desk.settings)
    assert len(desk.replies) == 1


def test_what_is_over_the_cap_of_an_hour_is_one_message_and_none_is_dropped(desk):
    desk.routes(f"{ROUTE}hourly = 2\n")
    for _ in range(7):
        desk.report()
    desk.go()
    assert len(desk.parents) == 2
    with begin(open_database(desk.settings.database_url)) as db:
        held = tables.deliveries.c.state == "held"
        assert db.execute(select(func.count()).where(held)).scalar() == 5
        db.execute(update(tables.deliveries).where(held).values(not_before=datetime.now(UTC)))
    desk.go()
    assert len(desk.parents) == 3
    assert desk.parents[2].startswith("More stories than this channel takes in an hour: ")
    assert str(desk.slack.messages[2]["blocks"]).count("Title ") == 5


def test_the_group_wait_gathers_sources(desk):
    desk.routes(f'{ROUTE}group_wait = "2m"\n')
    first = desk.report()
    desk.go(patient=True)
    assert desk.parents == []
    desk.report(against=first, score=None)
    desk.go(patient=True)
    wake(desk.settings)
    send(desk.settings)
    (parent,) = desk.slack.messages
    assert "2 articles" in str(parent["blocks"])
    assert desk.slack.edits == []  # the waiting message was changed itself


def test_a_muted_story_is_edited_and_says_nothing(desk):
    first = desk.report()
    desk.go()
    with begin(open_database(desk.settings.database_url)) as db:
        silences.add(db, SilenceMatcher(story_id=1), "anna", "", datetime.now(UTC), None)
    desk.report(against=first, score=None)
    desk.notice(1, DevelopmentKind.STATUS, "in force")
    desk.go()
    assert (len(desk.slack.edits), desk.replies) == (1, [])
    with begin(open_database(desk.settings.database_url)) as db:
        (one,) = silences.listing(db, datetime.now(UTC))
    assert one.replies == 1
