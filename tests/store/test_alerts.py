from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection, Engine, func, select

from monitor.records import (
    AlertKey,
    DecideOutcome,
    Decision,
    DeliveryKind,
    DeliveryState,
    Draft,
    FeedSpec,
    HitInStory,
    Message,
    Opening,
    Placement,
    PlacementKind,
    Posted,
    PostOutcome,
    Route,
    Severity,
    TopicText,
)
from monitor.store import alerts, articles, feeds, hits, outbox, sending, stories
from monitor.store import tables as t
from monitor.store.database import begin

DESK = Route("desk", "#desk", ("*",))


@pytest.fixture(autouse=True)
def two_stories(engine: Engine) -> None:
    """Story 1 of articles 1 (a hit) and 2 (a hit), story 2 of article 3 (below the threshold)."""
    with begin(engine) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        articles.admit(db, [new_article(n, publisher=f"P{n}") for n in (1, 2, 3)], NOW)
        new, same = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY
        stories.place(db, [Placement(1, new), Placement(2, same, 1, 0.4), Placement(3, new)], NOW)
        hits.record_scores(db, [scored(1), scored(2, 0.8), scored(3, 0.1)], "v1", NOW)


def decide(
    found: HitInStory, outcome: DecideOutcome = DecideOutcome.ALERT
) -> tuple[Decision, list[tuple[str, Opening, Draft]]]:
    routes = (DESK,) if outcome is DecideOutcome.ALERT else ()
    message = Message(found.article.title, ({"type": "divider"},))
    draft = Draft(f"alert:t{found.hit_id}", DeliveryKind.ALERT, DESK.channel, message, hit_id=found.hit_id)
    opening = Opening(found.story_id, DESK.channel, DESK, (found,), Severity.HIGH)
    return Decision(found, outcome, routes, "because"), [
        (f"t{found.hit_id}", opening, draft)
    ] if routes else []


def outcomes(db: Connection) -> list[str | None]:
    return list(db.execute(select(t.hits.c.decide_outcome).order_by(t.hits.c.id)).scalars())


def test_scores_and_hits_are_stored_once(db: Connection) -> None:
    assert articles.unscored(db, 10) == []
    hits.record_scores(db, [scored(1, 0.6), scored(3, 0.2)], "v2", NOW)
    kept = db.execute(select(t.scores.c.article_id, t.scores.c.score).order_by(t.scores.c.article_id)).all()
    assert [tuple(row) for row in kept] == [(1, 0.6), (2, 0.8), (3, 0.2)]
    assert [(hit.article_id, hit.score) for hit in hits.of_story(db, 1)] == [(1, 0.9), (2, 0.8)]
    assert hits.of_story(db, 1)[0] == scored(1).hits[0]


def test_undecided_hits_come_with_their_story(db: Connection) -> None:
    first, second = hits.undecided(db, 10)
    assert (first.article.id, second.article.id) == (1, 2)
    assert (first.story_id, first.story_headline, first.articles, first.copies) == (1, "Title 1", 2, 0)
    assert first.publishers == ("P1", "P2")
    assert [hit.hit_id for hit in hits.since(db, NOW)] == [2, 1]
    assert hits.since(db, NOW + timedelta(seconds=1)) == []


def test_an_alert_its_message_and_its_decision_are_one(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), begin(engine) as db:
        decision, drafts = decide(hits.undecided(db, 10)[0])
        alerts.record(db, [decision], drafts, NOW)
        raise ZeroDivisionError
    with begin(engine) as db:
        assert (alerts.recent(db, 10), outbox.counts(db), outcomes(db)) == ([], {}, [None, None])
        first, second = hits.undecided(db, 10)
        alert, drafts = decide(first)
        repeat, _ = decide(second, DecideOutcome.REPEAT)
        assert alerts.record(db, [alert, repeat], drafts, NOW) == 1
        assert alerts.record(db, [alert, repeat], drafts, NOW) == 0
    with begin(engine) as db:
        assert hits.undecided(db, 10) == []
        assert outcomes(db) == ["alert", "repeat"]
        assert alerts.existing(db, [1, 2]) == {AlertKey(1, "sanctions", "desk")}
        assert alerts.existing(db, []) == set()
        (row,) = alerts.recent(db, 10)
        assert (row.story_id, row.route, row.score, row.state) == (1, "desk", 0.9, DeliveryState.PENDING)
        assert (row.message, row.channel) == (drafts[0][2].message, "#desk")
        assert alerts.recent(db, 10, since=NOW + timedelta(seconds=1)) == []


def test_a_key_that_has_alerted_is_a_repeat(db: Connection) -> None:
    """Two workers read the same state and both decide to alert: the second one's hit is a repeat."""
    first, second = hits.undecided(db, 10)
    for found in (first, second):
        decision, drafts = decide(found)
        alerts.record(db, [decision], drafts, NOW)
    assert outcomes(db) == ["alert", "repeat"]
    assert outbox.counts(db) == {"pending": 1}


def test_an_alert_without_a_message_is_refused(db: Connection) -> None:
    decision, _ = decide(hits.undecided(db, 1)[0])
    with pytest.raises(ValueError, match="differ"):
        alerts.record(db, [decision], [], NOW)


def test_two_workers_at_once_raise_one_alert(engine: Engine) -> None:
    ready = threading.Barrier(2)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            ready.wait(10)
            with begin(engine) as db:
                for found in hits.undecided(db, 1):
                    decision, drafts = decide(found)
                    alerts.record(db, [decision], drafts, NOW)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with begin(engine) as db:
        assert sorted(map(str, outcomes(db))) == ["alert", "repeat"]
        assert db.execute(select(func.count()).select_from(t.deliveries)).scalar() == 1


def test_a_folded_alert_shows_where_its_summary_is(db: Connection) -> None:
    decision, drafts = decide(hits.undecided(db, 1)[0])
    alerts.record(db, [decision], drafts, NOW)
    outbox.fold(db, [1], Draft("summary", DeliveryKind.SUMMARY, "#desk", Message("All", ())), NOW)
    sending.mark_sending(db, 2, "me", NOW, timedelta(minutes=5))
    sending.settle(db, 2, Posted(PostOutcome.SENT, "C1", "12.3"), NOW)
    (row,) = alerts.recent(db, 10)
    assert (row.state, row.slack_channel_id, row.slack_ts) == (DeliveryState.FOLDED, "C1", "12.3")


def test_a_hit_keeps_its_reasons_and_the_text_that_was_scored(db: Connection) -> None:

    (hit,) = scored(3, 0.9).hits
    text = TopicText("Title", "Summary \0", "Text")
    reason = replace(hit.reason, clause="asset freezes", passage="Funds", document="a.md", card_version="abc")
    whole = replace(hit, reason=reason, text=text)
    hits.record_scores(db, [replace(scored(3, 0.9), hits=(whole,))], "v1", NOW)
    ((number, found),) = hits.of_article(db, 3)
    assert found == replace(whole, text=TopicText("Title", "Summary ", "Text"))
    assert hits.get(db, number) == found
    assert hits.get(db, 99) is None
    assert hits.of_story(db, 2) == [replace(found, text=None)]
