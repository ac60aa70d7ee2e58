"""A delivery that lingers sends what is due soon, on time; and the loop rests where others send."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import TOKEN, changed, put, run, states

from monitor.pipeline import deliver, keep_delivering
from monitor.records import Ledger
from monitor.settings import Settings
from monitor.store import leases
from monitor.store.database import begin, open_database


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk",), rate=None) as fake:
        yield fake


@pytest.fixture
def settings(database_url: str, slack: FakeSlack) -> Settings:
    known = {"slack_token": TOKEN, "slack_url": slack.url, "slack_pace": 0.0, "slack_settle": 0.0}
    return changed(Settings(), database_url=database_url, slack_channel="#desk", **known)


def test_what_is_due_soon_is_waited_for_and_what_comes_meanwhile_goes_out(
    settings: Settings, slack: FakeSlack
) -> None:
    now = datetime.now(UTC)
    put(settings, "now")
    put(settings, "soon", not_before=now + timedelta(seconds=3))
    put(settings, "later", not_before=now + timedelta(hours=1))
    put(settings, "between", not_before=now + timedelta(seconds=1))
    (ledger,) = deliver(settings, run(), linger=timedelta(minutes=1))
    assert slack.texts() == ["now", "between", "soon"]
    assert (ledger.items_in, ledger.outcomes["sent"], ledger.balances) == (3, 3, True)


def test_without_lingering_nothing_is_waited_for(settings: Settings, slack: FakeSlack) -> None:
    put(settings, "soon", not_before=datetime.now(UTC) + timedelta(seconds=3))
    deliver(settings, run())
    assert slack.texts() == []


def test_it_stops_between_two_messages_when_it_is_told_to(settings: Settings, slack: FakeSlack) -> None:
    put(settings, *"abc")
    deliver(settings, run(), until=lambda: len(slack.messages) >= 2, linger=timedelta(minutes=1))
    assert slack.texts() == ["a", "b"]
    assert states(settings) == {"pending": 1, "sent": 2}


def test_the_loop_rests_while_another_sender_has_the_channel(settings: Settings, slack: FakeSlack) -> None:
    put(settings, "one")
    with begin(open_database(settings.database_url)) as db:
        leases.take(db, "deliver #desk", "another", datetime.now(UTC), timedelta(minutes=1))
    done: list[tuple[Ledger, ...]] = []
    end = time.monotonic() + 2
    keep_delivering(lambda: settings, run(), until=lambda: time.monotonic() > end, told=done.append)
    assert len(done) == 1  # and not one each half second
    assert slack.messages == []
