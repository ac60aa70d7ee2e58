"""What follows another message: replies in order, edits that take each other's place, escalations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures_store import NOW
from sqlalchemy import Connection, select

from monitor.records import Delivery, DeliveryKind, Draft, Message, Posted, PostOutcome
from monitor.store import outbox, sending
from monitor.store import tables as t
from monitor.store.database import begin, downgrade, open_database, upgrade

LEASE = timedelta(minutes=1)
MINUTE = timedelta(minutes=1)
REPLY, UPDATE, ESCALATION = DeliveryKind.REPLY, DeliveryKind.UPDATE, DeliveryKind.ESCALATION


def head(key: str = "parent", **options: object) -> Draft:
    return Draft(key, DeliveryKind.ALERT, "#desk", Message(key, ()), **options)  # type: ignore[arg-type]


def follow(key: str, kind: DeliveryKind = REPLY, parent: str = "parent", **options: object) -> Draft:
    return Draft(key, kind, "#other", Message(key, ()), parent=parent, **options)  # type: ignore[arg-type]


def due(db: Connection, now=NOW) -> list[str]:  # type: ignore[no-untyped-def]
    return [delivery.dedup_key for delivery in sending.due(db, now, 100)]


def of(db: Connection, key: str) -> Delivery:
    return outbox.of_keys(db, [key])[key]


def send(db: Connection, key: str, ts: str = "1.0", now=NOW, **end: object) -> Delivery:  # type: ignore[no-untyped-def]
    """One try of a message; as it was marked."""
    marked = sending.mark_sending(db, of(db, key).id, "me", now, LEASE)
    assert marked is not None
    posted = Posted(PostOutcome.SENT, "C1", ts) if not end else Posted(**end)  # type: ignore[arg-type]
    sending.settle(db, marked.id, posted, now)
    return marked


def test_replies_wait_for_their_parent_and_for_each_other(db: Connection) -> None:
    outbox.enqueue(db, [follow("first"), follow("second"), head()], NOW)  # in whatever order
    assert due(db) == ["parent"]
    assert sending.mark_sending(db, of(db, "first").id, "me", NOW, LEASE) is None
    send(db, "parent", "7.5")
    assert due(db) == ["first"]
    marked = send(db, "first", "8.0")
    assert (marked.slack_channel_id, marked.thread, marked.place) == ("C1", "7.5", "#desk")
    assert due(db) == ["second"]


@pytest.mark.parametrize("outcome", [PostOutcome.UNKNOWN, PostOutcome.NOT_SENT])
def test_a_reply_whose_end_is_open_holds_up_the_next(db: Connection, outcome: PostOutcome) -> None:
    outbox.enqueue(db, [head(), follow("first"), follow("second")], NOW)
    send(db, "parent")
    send(db, "first", outcome=outcome)
    assert due(db, NOW + timedelta(seconds=1)) == []


def test_the_first_reply_takes_the_place_of_a_dead_parent(db: Connection) -> None:
    outbox.enqueue(db, [head(), follow("first"), follow("second"), follow("third")], NOW)
    send(db, "parent", outcome=PostOutcome.CONTENT_BROKEN)
    assert due(db) == ["first"]
    assert (send(db, "first", "2.0").thread, send(db, "second", "3.0").thread) == (sending.OWN, "2.0")
    assert send(db, "third", "4.0").thread == "2.0"


def test_a_reply_to_a_message_that_is_gone_becomes_one_of_its_own(db: Connection) -> None:
    outbox.enqueue(db, [head(), follow("first"), follow("second")], NOW)
    send(db, "parent", "1.0")
    assert send(db, "first", outcome=PostOutcome.PARENT_BROKEN).thread == "1.0"
    assert due(db, NOW + MINUTE) == ["first"]
    assert send(db, "first", "2.0", NOW + MINUTE).thread == sending.OWN
    assert send(db, "second", "3.0", NOW + MINUTE).thread == "2.0"


def test_of_the_edits_that_wait_the_newest_goes_out(db: Connection) -> None:
    outbox.enqueue(db, [head()], NOW)
    send(db, "parent", "1.0")
    outbox.enqueue(db, [follow("two", UPDATE)], NOW)
    outbox.enqueue(db, [follow("three", UPDATE), follow("reply")], NOW)
    assert due(db) == ["three", "reply"]
    assert of(db, "two").state == "folded"
    marked = send(db, "three")
    assert (marked.slack_ts, marked.slack_channel_id, sending.is_edit(marked)) == ("1.0", "C1", True)
    outbox.enqueue(db, [follow("four", UPDATE)], NOW)
    assert due(db, NOW + MINUTE / 2) == ["reply"]  # at most one a minute
    assert due(db, NOW + MINUTE) == ["reply", "four"]


def test_an_edit_of_an_untried_message_changes_it(db: Connection) -> None:
    outbox.enqueue(db, [head()], NOW)
    outbox.enqueue(db, [follow("better", UPDATE)], NOW)
    assert [d.message.text for d in sending.due(db, NOW, 10)] == ["better"]
    assert outbox.counts(db) == {"pending": 1, "folded": 1}


def test_an_edit_whose_sender_died_is_due_again(db: Connection) -> None:
    outbox.enqueue(db, [head()], NOW)
    send(db, "parent")
    outbox.enqueue(db, [follow("edit", UPDATE)], NOW)
    sending.mark_sending(db, of(db, "edit").id, "me", NOW, LEASE)
    assert sending.expire(db, NOW + LEASE) == 1
    assert due(db, NOW + LEASE) == ["edit"]


def test_an_edit_of_a_message_that_is_gone_becomes_a_new_one_for_all_that_follows(db: Connection) -> None:
    outbox.enqueue(db, [head()], NOW)
    send(db, "parent", "1.0")
    outbox.enqueue(db, [follow("edit", UPDATE), follow("reply")], NOW)
    send(db, "edit", outcome=PostOutcome.PARENT_BROKEN)
    assert not sending.is_edit(send(db, "edit", "5.0", NOW + MINUTE))
    assert of(db, "parent").slack_ts == "5.0"
    assert send(db, "reply", "6.0").thread == "5.0"


def test_replies_of_a_folded_message_go_to_its_summary(db: Connection) -> None:
    outbox.enqueue(db, [head(), head("another"), follow("reply"), follow("edit", UPDATE)], NOW)
    ids = [of(db, key).id for key in ("parent", "another")]
    outbox.fold(db, ids, Draft("all", DeliveryKind.SUMMARY, "#desk", Message("all", ())), NOW)
    assert due(db) == ["all"]
    send(db, "all", "9.0")
    assert due(db) == ["reply"]
    assert send(db, "reply").thread == "9.0"


def test_an_escalation_waits_for_its_moment_unless_it_is_cancelled(db: Connection) -> None:
    later = NOW + 15 * MINUTE
    drafts = [follow(key, ESCALATION, not_before=later) for key in ("loud", "louder")]
    outbox.enqueue(db, [head(), *drafts], NOW)
    send(db, "parent")
    assert due(db) == []
    assert outbox.cancel(db, ["loud"], "acknowledged by U1") == 1
    assert due(db, later) == ["louder"]
    assert send(db, "louder", now=later).place == "#other"
    assert outbox.cancel(db, ["louder"], "too late") == 0


def test_what_waited_for_a_token_with_its_parent_is_folded_with_it(db: Connection) -> None:
    outbox.enqueue(db, [head("old")], NOW)
    send(db, "old")
    outbox.enqueue(db, [head(), follow("reply"), follow("to old", parent="old")], NOW)
    assert outbox.park(db, NOW) == 3
    assert [d.dedup_key for d in outbox.waiting(db)] == ["parent"]
    outbox.fold(db, [of(db, "parent").id], Draft("all", DeliveryKind.SUMMARY, "#desk", Message("", ())), NOW)
    assert outbox.unpark(db) == 1
    assert due(db) == ["to old", "all"]


def test_rest_until(db: Connection) -> None:
    outbox.enqueue(db, [head(not_before=NOW + MINUTE)], NOW)
    assert due(db) == []
    assert outbox.postpone(db, ["parent"], NOW + 2 * MINUTE) == 1
    assert (due(db, NOW + MINUTE), due(db, NOW + 2 * MINUTE)) == ([], ["parent"])


@pytest.mark.parametrize("draft", [follow("a", parent=""), follow("a", parent="none"), head(parent="b")])
def test_who_follows_whom_is_checked(db: Connection, draft: Draft) -> None:
    with pytest.raises(ValueError, match=r"parent|to follow"):
        outbox.enqueue(db, [draft], NOW)


def test_the_older_schema_forgets_what_it_cannot_hold(database_url: str) -> None:
    engine = open_database(database_url)
    with begin(engine) as db:
        outbox.enqueue(db, [head(), head("off"), follow("reply"), follow("second")], NOW)
        outbox.cancel(db, ["off"], "why")
    downgrade(database_url, "0003")
    with begin(engine) as db:
        old = select(t.deliveries.c.dedup_key, t.deliveries.c.state).order_by(t.deliveries.c.id)
        assert [tuple(row) for row in db.execute(old)] == [("parent", "pending"), ("off", "dead")]
    upgrade(database_url)
    with begin(engine) as db:
        assert due(db) == ["parent"]
        assert not of(db, "parent").broadcast
