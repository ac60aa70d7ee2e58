"""The outbox against a strict Slack: each message once, whatever breaks on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import TOKEN, changed, follow, put, run, send, states, wake
from sqlalchemy import select, update

from monitor.alerts.slack import connect
from monitor.errors import Misconfigured, Transient
from monitor.pipeline import deliver
from monitor.records import DeliveryKind, Draft, Message
from monitor.store import destinations, leases, outbox, sending, tables
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
    patient = changed(settings, slack_settle=75.0)
    assert send(patient) == {}  # the last try is a moment ago
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
    slack.read_faults.extend(["", fault])
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
    assert slack.calls == ["auth.test"]
    assert send(settings) == {"sent": 2}
    assert sorted(slack.texts()) == ["one", "two"]


def test_told_to_wait(settings, slack):
    put(settings, "one", "two")
    slack.faults.append("429")
    assert send(settings) == {"pending": 1}  # the channel rests, and with it what is behind
    assert send(settings) == {}
    assert slack.calls.count("chat.postMessage") == 1
    with begin(open_database(settings.database_url)) as db:
        rest = destinations.known(db, ["#desk"])["#desk"].free_at - datetime.now(UTC)
        assert timedelta(seconds=5) < rest < timedelta(seconds=8)
        destinations.rest(db, "#desk", datetime.now(UTC))
    wake(settings)
    assert send(settings) == {"sent": 2}
    assert slack.texts() == ["one", "two"]


def test_our_pace_is_slow_enough_for_slack(settings):
    with FakeSlack(TOKEN, ("desk",), rate=5.0) as slack:
        put(settings, *(f"message {number}" for number in range(5)))
        assert send(changed(settings, slack_url=slack.url, slack_pace=0.4)) == {"sent": 5}
        assert slack.refusals == []
    with FakeSlack(TOKEN, ("desk",), rate=0.5) as slack:
        put(settings, *(f"again {number}" for number in range(5)))
        send(changed(settings, slack_url=slack.url))
        assert slack.refusals  # without a pace it is too fast: this test can fail


def test_a_broken_channel_holds_its_messages_and_no_others(settings):
    with FakeSlack(TOKEN, ("desk", "ops"), outside=("board",), rate=None) as slack:
        put(settings, "a", "b", channel="#board")
        put(settings, "c")
        held = changed(settings, slack_url=slack.url, slack_ops_channel="#ops", slack_probe=600.0)
        assert send(held) == {"pending": 1, "sent": 1}
        assert send(held) == {"sent": 1}  # the notice; nothing is tried before the probe
        assert slack.texts("ops") == ["Slack takes nothing in #board: not_in_channel"]
        with begin(open_database(settings.database_url)) as db:
            (ill,) = destinations.broken(db)
            assert (ill.name, ill.broken_why) == ("#board", "not_in_channel")
            destinations.refuse(db, "#board", ill.broken_why, datetime.now(UTC), datetime.now(UTC))
        assert send(held) == {}  # the probe says that nobody has acted
        slack.joined.add("board")
        with begin(open_database(settings.database_url)) as db:
            destinations.refuse(db, "#board", ill.broken_why, datetime.now(UTC), datetime.now(UTC))
        assert send(held) == {"sent": 2}
        assert slack.texts("board") == ["a", "b"]
        with begin(open_database(settings.database_url)) as db:
            assert destinations.broken(db) == []


def test_a_broken_channel_has_a_fall_back_and_replies_follow(settings):
    with FakeSlack(TOKEN, ("desk", "spare"), archived=("board",), rate=None) as slack:
        connected = changed(settings, slack_url=slack.url, slack_probe=600.0)
        put(settings, "a", "b", channel="#board", fallback="#spare")
        follow(settings, "reply", parent="a")
        assert send(connected) == {"pending": 1, "sent": 3}
        assert send(connected) == {"sent": 1}  # the notice in #desk
        (a, _, reply) = [m for m in slack.messages if m["channel"] == slack.ids["spare"]]
        assert (a["text"], reply["text"], reply["thread_ts"]) == ("a", "reply", a["ts"])
        slack.archived.clear()
        put(settings, "c", channel="#board", fallback="#spare")
        with begin(open_database(settings.database_url)) as db:
            destinations.refuse(db, "#board", "is_archived", datetime.now(UTC), datetime.now(UTC))
        assert send(connected) == {"sent": 1}
        assert slack.texts("board") == ["c"]


def test_a_reply_an_edit_and_a_locked_thread(settings, slack):
    put(settings, "one")
    assert send(settings) == {"sent": 1}
    follow(settings, "reply", broadcast=True)
    follow(settings, "better", kind=DeliveryKind.UPDATE)
    assert send(settings) == {"sent": 2}
    one, reply = slack.messages
    assert (one["text"], reply["thread_ts"], reply["broadcast"]) == ("better", one["ts"], True)
    assert one["metadata"]["event_payload"]["delivery_id"]  # the edit keeps it
    slack.locked.add(one["ts"])
    follow(settings, "second")
    assert send(settings) == {"pending": 1, "sent": 1}
    assert [m["text"] for m in slack.messages if m["thread_ts"] is None] == ["better", "second"]


def test_an_edit_of_a_deleted_message_is_posted(settings, slack):
    put(settings, "one")
    send(settings)
    slack.messages.clear()
    follow(settings, "better", kind=DeliveryKind.UPDATE)
    assert send(settings) == {"pending": 1, "sent": 1}
    follow(settings, "reply")
    assert send(settings) == {"sent": 1}
    better, reply = slack.messages
    assert reply["thread_ts"] == better["ts"]


@pytest.mark.parametrize("fault", ["drop_after", "http_500_after", "drop_before"])
def test_a_reply_that_nobody_knows_of_is_looked_up_in_its_thread(settings, slack, fault):
    put(settings, "one")
    send(settings)
    follow(settings, "reply")
    follow(settings, "later")
    slack.faults.append(fault)
    assert send(settings) == {"unknown": 1}
    send(settings)
    assert slack.texts() == ["one", "reply", "later"]
    assert "conversations.replies" in slack.calls


def test_a_second_copy_is_deleted(settings, slack):
    put(settings, "one")
    slack.faults.append("drop_before")
    assert send(settings) == {"unknown": 1}
    with begin(open_database(settings.database_url)) as db:
        (lost,) = sending.unknown(db, datetime.now(UTC) + timedelta(seconds=1), timedelta(0))
    assert send(settings)["sent"] == 1
    connect(TOKEN, slack.url).post("#desk", lost.message, lost.delivery_id)  # the first try came late
    assert slack.texts() == ["one", "one"]
    kept = slack.messages[0]["ts"]
    with begin(open_database(settings.database_url)) as db:
        db.execute(update(tables.deliveries).values(swept_at=None))
    send(settings)
    assert [m["ts"] for m in slack.messages] == [kept]


def test_three_unknown_ends_in_a_row_leave_the_channel_to_a_later_run(settings, slack):
    put(settings, *"abcde")
    slack.faults.extend(["http_500_before"] * 5)
    assert send(settings) == {"unknown": 3}


@pytest.mark.parametrize("secret", ["xoxb-canary-5f3c"])
def test_the_token_reaches_neither_log_nor_error_nor_database(settings, caplog, secret):
    caplog.set_level("DEBUG")
    with FakeSlack(secret, ("desk",), rate=None) as slack:
        known = changed(settings, slack_url=slack.url, slack_token=secret)
        put(settings, *"abcd")
        echo = f"error:{secret}"
        slack.faults.extend([echo, "drop_after", "429", "garbage_after"])
        said = [str(send(known)) for _ in range(2)]
        slack.token = "another"
        with pytest.raises(Misconfigured) as raised:
            deliver(known, run())
        slack.token = secret
        slack.read_faults.append(echo)
        with pytest.raises(Transient) as asked:
            deliver(known, run())
    with begin(open_database(settings.database_url)) as db:
        stored = [
            str(row) for table in tables.Tables.metadata.sorted_tables for row in db.execute(select(table))
        ]
    assert any("the answer is not Slack's" in row for row in stored)  # where it was repeated to us
    for text in (*said, caplog.text, str(raised.value), str(asked.value), *stored):
        assert secret not in text


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
    assert send(settings) == {"dead": 1, "sent": 2}
    assert states(settings) == {"dead": 1, "sent": 2}
    assert "(invalid_blocks, and as text alone no_text)" in slack.texts()[1]


def test_two_runs_do_not_send_to_one_channel_at_once(settings, slack):
    put(settings, "one")
    with begin(open_database(settings.database_url)) as db:
        leases.take(db, "deliver #desk", "another", datetime.now(UTC), timedelta(minutes=1))
    assert send(settings) == {}
    assert slack.texts() == []
