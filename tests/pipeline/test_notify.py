"""The outbox against a strict Slack: each message once, whatever breaks on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import NO_WAIT, TOKEN, changed, put, run, send, states, wake

from monitor.alerts.slack import connect
from monitor.errors import Misconfigured
from monitor.pipeline import deliver
from monitor.records import DeliveryKind, Draft, Message
from monitor.store import leases, outbox, sending
from monitor.store.database import begin, open_database


def test_each_message_once(settings, slack):
    put(settings, "one", "two")
    assert send(settings) == {"sent": 2}
    assert send(settings) == {}
    assert slack.texts() == ["one", "two"]


@pytest.mark.parametrize("fault", ["drop_after", "cut_after", "http_500_after", "error_after:internal_error"])
def test_what_arrived_unseen_is_not_posted_again(settings, slack, fault):
    put(settings, "one", "two")
    slack.faults.append(fault)
    assert send(settings) == {"unknown": 1, "sent": 1}
    assert send(settings) == {"reconciled": 1}
    assert slack.texts() == ["one", "two"]
    assert states(settings) == {"sent": 2}


@pytest.mark.parametrize("fault", ["drop_before", "http_500_before"])
def test_what_did_not_arrive_is_posted_again(settings, slack, fault):
    put(settings, "one")
    slack.faults.append(fault)
    assert send(settings) == {"unknown": 1}
    ends = send(settings)
    assert slack.texts() == ["one"]
    assert ends == {"pending": 1, "sent": 1}
    assert states(settings) == {"sent": 1}


def test_an_end_settles_before_it_is_looked_up(settings, slack):
    put(settings, "one")
    slack.faults.append("drop_after")
    send(settings)
    (ledger,) = deliver(settings, run())  # the last try is a moment ago
    assert ledger.outcomes == {}
    assert "conversations.history" not in slack.calls


def test_a_sender_that_died_leaves_an_unknown_end(settings, slack):
    put(settings, "one", "two")
    past = datetime.now(UTC) - timedelta(minutes=10)
    with begin(open_database(settings.database_url)) as db:
        first, second = sending.due(db, datetime.now(UTC), 10)
        for delivery in (first, second):
            sending.mark_sending(db, delivery.id, "dead", past, timedelta(minutes=5))
    connect(TOKEN, slack.url).post("#desk", first.message, first.delivery_id)  # one had gone out
    assert send(settings) == {"reconciled": 1, "pending": 1, "sent": 1}
    assert slack.texts() == ["one", "two"]


@pytest.mark.parametrize("fault", ["http_500_before", "error:missing_scope", "error:not_in_channel"])
def test_an_unread_history_holds_up_nothing_else(settings, slack, fault):
    put(settings, "one")
    slack.faults.append("drop_after")
    send(settings)
    put(settings, "two")
    slack.read_faults.append(fault)
    assert send(settings) == {"unknown": 1, "sent": 1}
    assert send(settings) == {"reconciled": 1}
    assert slack.texts() == ["one", "two"]


def test_without_a_token_alerts_wait_and_later_come_as_one_summary(settings, slack):
    put(settings, "one", "two", "three")
    offline = changed(settings, slack_token="")
    (ledger,) = deliver(offline, run())
    assert ledger.outcomes == {"no_destination": 3}
    assert "MONITOR_SLACK_TOKEN" in ledger.note
    assert slack.calls == []
    assert send(settings) == {"folded": 3, "sent": 1}
    (text,) = slack.texts()
    assert text == "Waited until Slack was connected: one and 2 more"
    assert states(settings) == {"folded": 3, "sent": 1}
    assert send(settings) == {}


def test_a_summary_for_each_channel(settings):
    with FakeSlack(TOKEN, ("desk", "arms"), rate=None) as slack:
        put(settings, "one", "two")
        put(settings, "three", channel="#arms")
        deliver(changed(settings, slack_token=""), run())
        assert send(changed(settings, slack_url=slack.url)) == {"folded": 3, "sent": 2}
        assert [len(slack.texts(name)) for name in ("desk", "arms")] == [1, 1]


def test_a_wrong_token_stops_and_loses_nothing(settings, slack):
    put(settings, "one", "two")
    with pytest.raises(Misconfigured, match=r"refuses the token \(invalid_auth\).*MONITOR_SLACK_TOKEN"):
        deliver(changed(settings, slack_token="xoxb-wrong"), run())
    assert states(settings) == {"pending": 2}
    assert slack.calls == ["chat.postMessage"]
    wake(settings)
    assert send(settings) == {"sent": 2}
    assert sorted(slack.texts()) == ["one", "two"]


def test_told_to_wait(settings, slack):
    put(settings, "one", "two")
    slack.faults.append("429")
    assert send(settings) == {"pending": 2}  # the channel rests, and with it what is behind
    assert slack.calls == ["chat.postMessage"]
    with begin(open_database(settings.database_url)) as db:
        later = datetime.now(UTC) + timedelta(seconds=8)
        assert [d.message.text for d in sending.due(db, later, 10)] == ["one", "two"]
        soon = datetime.now(UTC) + timedelta(seconds=4)
        assert [d.message.text for d in sending.due(db, soon, 10)] == ["two"]
    wake(settings)
    assert send(settings) == {"sent": 2}


def test_our_pace_is_slow_enough_for_slack(settings):
    with FakeSlack(TOKEN, ("desk",), rate=5.0) as slack:
        put(settings, *(f"message {number}" for number in range(5)))
        assert send(changed(settings, slack_url=slack.url, slack_pace=0.4)) == {"sent": 5}
        assert slack.refusals == []
    with FakeSlack(TOKEN, ("desk",), rate=0.5) as slack:
        put(settings, *(f"again {number}" for number in range(5)))
        send(changed(settings, slack_url=slack.url))
        assert slack.refusals  # without a pace it is too fast: this test can fail


def test_over_the_hourly_cap_comes_one_summary(settings, slack):
    put(settings, *(f"message {number}" for number in range(7)))
    capped = changed(settings, slack_hourly=3)
    assert send(capped) == {"folded": 4, "sent": 4}
    assert slack.texts() == [
        "message 0",
        "message 1",
        "message 2",
        "More than 3 alerts in an hour: message 3 and 3 more",
    ]
    put(settings, "late", "later")
    assert send(capped) == {"folded": 2, "sent": 1}
    assert len(slack.texts()) == 5


def test_a_broken_channel_does_not_hold_up_the_others(settings):
    with FakeSlack(TOKEN, ("desk",), outside=("board",), rate=None) as slack:
        put(settings, "a", "b", channel="#board")
        put(settings, "c")
        connected = changed(settings, slack_url=slack.url)
        assert send(connected) == {"pending": 2, "sent": 1}
        slack.joined.add("board")
        wake(settings)
        assert send(connected) == {"sent": 2}
        assert sorted(slack.texts()) == ["a", "b", "c"]


def test_a_message_that_slack_finds_broken_goes_out_plain(settings, slack):
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}
    with begin(open_database(settings.database_url)) as db:
        draft = Draft("broken", DeliveryKind.ALERT, "#desk", Message("broken", (block,)))
        outbox.enqueue(db, [draft], datetime.now(UTC))
    put(settings, "good")
    assert send(settings) == {"sent": 2}
    assert [(m["text"], len(m["blocks"])) for m in slack.messages] == [("broken", 0), ("good", 1)]


def test_a_message_that_slack_will_never_take_is_dead(settings, slack):
    slack.faults.extend(["error:invalid_blocks", "error:no_text"])
    put(settings, "one", "two")
    assert send(settings) == {"dead": 1, "sent": 1}
    assert states(settings) == {"dead": 1, "sent": 1}


def test_two_runs_do_not_send_at_once(settings, slack):
    put(settings, "one")
    with begin(open_database(settings.database_url)) as db:
        leases.take(db, "deliver", "another", datetime.now(UTC), timedelta(minutes=1))
    (ledger,) = deliver(settings, run(), settle=NO_WAIT)
    assert (ledger.outcomes, ledger.note, slack.calls) == ({}, "another run is delivering", [])
