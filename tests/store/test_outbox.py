from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from fixtures_store import NOW
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from monitor.records import DeliveryKind, Draft, Message, Posted, PostOutcome
from monitor.store import outbox, sending
from monitor.store import tables as t
from monitor.store.database import begin

LEASE = timedelta(minutes=5)
SETTLE = timedelta(seconds=75)
SENT = Posted(PostOutcome.SENT, "C1", "1.5")


def draft(number: int, channel: str = "#desk") -> Draft:
    return Draft(
        f"key-{number}", DeliveryKind.ALERT, channel, Message(f"Text {number}", ({"type": "divider"},))
    )


def state(db: Connection, id_: int = 1) -> str:
    return str(db.execute(select(t.deliveries.c.state).where(t.deliveries.c.id == id_)).scalar_one())


@pytest.fixture
def one(db: Connection) -> Connection:
    outbox.enqueue(db, [draft(1)], NOW)
    return db


def send(db: Connection, posted: Posted, now: datetime = NOW) -> str:
    assert sending.mark_sending(db, 1, "me", now, LEASE)
    sending.settle(db, 1, posted, now)
    return state(db)


def test_a_key_enters_once(db: Connection) -> None:
    assert outbox.enqueue(db, [draft(1), draft(2), draft(1)], NOW) == 2
    assert outbox.enqueue(db, [draft(1)], NOW) == 0
    first, second = sending.due(db, NOW, 10)
    assert first.message == draft(1).message
    assert first.delivery_id != second.delivery_id
    assert [delivery.id for delivery in sending.due(db, NOW, 1)] == [1]


def test_sent(one: Connection) -> None:
    assert send(one, SENT) == "sent"
    assert sending.due(one, NOW, 10) == []
    assert not sending.mark_sending(one, 1, "me", NOW, LEASE)


@pytest.mark.parametrize(
    ("outcome", "after", "rests"),
    [
        (PostOutcome.NOT_SENT, "pending", sending.FIRST_REST),
        (PostOutcome.DESTINATION_BROKEN, "pending", timedelta(0)),
        (PostOutcome.CREDENTIAL_BROKEN, "pending", timedelta(0)),
        (PostOutcome.UNKNOWN, "unknown", None),
        (PostOutcome.CONTENT_BROKEN, "dead", None),
    ],
)
def test_ends(one: Connection, outcome: PostOutcome, after: str, rests: timedelta | None) -> None:
    assert send(one, Posted(outcome, error="why")) == after
    if rests != timedelta(0):
        assert sending.due(one, NOW, 10) == []
    again = sending.due(one, NOW + rests, 10) if rests is not None else []
    kept = [("why", 1, NOW)] if rests is not None else []
    assert [(d.last_error, d.attempts, d.first_try_at) for d in again] == kept


def test_a_rate_limit_rests_as_long_as_slack_says(one: Connection) -> None:
    wait = timedelta(seconds=7)
    assert send(one, Posted(PostOutcome.RATE_LIMITED, retry_after=wait)) == "pending"
    assert sending.due(one, NOW + wait - timedelta(seconds=1), 10) == []
    assert len(sending.due(one, NOW + wait, 10)) == 1


def test_rests_double_up_to_an_hour(one: Connection) -> None:
    now, rests = NOW, []
    for _ in range(10):
        send(one, Posted(PostOutcome.NOT_SENT), now)
        until = one.execute(select(t.deliveries.c.not_before)).scalar_one()
        rests.append(until - now)
        now = until
    assert rests[:3] == [sending.FIRST_REST * n for n in (1, 2, 4)]
    assert rests[-1] == sending.LONGEST_REST


def test_a_sender_that_dies_leaves_an_unknown_end(one: Connection) -> None:
    sending.mark_sending(one, 1, "me", NOW, LEASE)
    assert sending.expire(one, NOW) == 0
    assert sending.expire(one, NOW + LEASE) == 1
    assert sending.due(one, NOW + LEASE, 10) == []  # never simply due again
    assert sending.unknown(one, NOW + SETTLE - timedelta(seconds=1), SETTLE) == []
    (lost,) = sending.unknown(one, NOW + SETTLE, SETTLE)
    sending.absent(one, lost.id, NOW + LEASE)
    (again,) = sending.due(one, NOW + LEASE, 10)
    assert again.delivery_id == lost.delivery_id


def test_an_unknown_end_that_slack_has(one: Connection) -> None:
    send(one, Posted(PostOutcome.UNKNOWN))
    sending.found(one, 1, SENT, NOW)
    assert state(one) == "sent"
    sending.absent(one, 1, NOW)  # a second look-up that came late changes nothing
    assert state(one) == "sent"


def test_a_late_answer_is_believed(one: Connection) -> None:
    sending.mark_sending(one, 1, "me", NOW, LEASE)
    sending.expire(one, NOW + LEASE)
    sending.settle(one, 1, Posted(PostOutcome.NOT_SENT), NOW + LEASE)
    assert state(one) == "unknown"  # another sender may have it by now: history decides
    sending.settle(one, 1, SENT, NOW + LEASE)
    assert state(one) == "sent"


def test_without_a_token_everything_waits_and_goes_out_in_one(db: Connection) -> None:
    outbox.enqueue(db, [draft(n) for n in (1, 2, 3)], NOW)
    assert outbox.park(db, NOW) == 3
    assert outbox.park(db, NOW) == 0
    waiting = [delivery.id for delivery in outbox.waiting(db)]
    assert waiting == [1, 2, 3]
    assert outbox.fold(db, waiting, draft(9), NOW) == 3
    assert outbox.fold(db, waiting, draft(9), NOW) == 0
    assert outbox.counts(db) == {"folded": 3, "pending": 1}
    assert [delivery.message.text for delivery in sending.due(db, NOW, 10)] == ["Text 9"]


def test_what_is_on_its_way_is_not_folded(db: Connection) -> None:
    outbox.enqueue(db, [draft(1), draft(2)], NOW)
    sending.mark_sending(db, 1, "me", NOW, LEASE)
    assert outbox.fold(db, [1], draft(8), NOW) == 0
    assert outbox.fold(db, [1, 2], draft(9), NOW) == 1
    assert outbox.counts(db) == {"sending": 1, "folded": 1, "pending": 1}


def test_two_senders_at_once_send_each_once(engine: Engine) -> None:
    with begin(engine) as db:
        outbox.enqueue(db, [draft(n) for n in range(20)], NOW)
    sent: list[int] = []

    def work(owner: str) -> None:
        with begin(engine, reading=True) as db:
            due = sending.due(db, NOW, 100)
        for delivery in due:
            with begin(engine) as db:
                mine = sending.mark_sending(db, delivery.id, owner, NOW, LEASE)
            if mine:
                sent.append(delivery.id)
                with begin(engine) as db:
                    sending.settle(db, delivery.id, SENT, NOW)

    threads = [threading.Thread(target=work, args=(owner,)) for owner in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sent) == list(range(1, 21))


class Channel:
    """A Slack that takes a message or not, and may hide which."""

    def __init__(self) -> None:
        self.messages: list[str] = []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["kill before", "kill after", "drop before", "drop after", "429", "refused", "ok"])
    )
)
def test_one_copy_arrives_whatever_happens(engine: Engine, faults: list[str]) -> None:
    """The whole protocol against a channel with faults: at the end one copy of the message is there."""
    channel = Channel()
    with engine.connect() as db, db.begin() as transaction:
        outbox.enqueue(db, [draft(1)], NOW)
        now = NOW
        for fault in [*faults, "ok", "ok"]:
            now += timedelta(hours=2)
            sending.expire(db, now)
            for lost in sending.unknown(db, now, SETTLE):
                if lost.delivery_id in channel.messages:
                    sending.found(db, lost.id, SENT, now)
                else:
                    sending.absent(db, lost.id, now)
            for due in sending.due(db, now, 10):
                assert sending.mark_sending(db, due.id, "me", now, LEASE)
                if fault in {"ok", "drop after", "kill after"}:
                    channel.messages.append(due.delivery_id)
                posted = {
                    "ok": SENT,
                    "drop before": Posted(PostOutcome.UNKNOWN),
                    "drop after": Posted(PostOutcome.UNKNOWN),
                    "429": Posted(PostOutcome.RATE_LIMITED, retry_after=timedelta(seconds=3)),
                    "refused": Posted(PostOutcome.NOT_SENT),
                }.get(fault)
                if posted:
                    sending.settle(db, due.id, posted, now)
        assert len(channel.messages) == 1
        assert outbox.counts(db) == {"sent": 1}
        transaction.rollback()
