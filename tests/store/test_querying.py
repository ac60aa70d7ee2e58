"""The questions of docs/querying.md, each asked of a small archive whose answers are known."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fixtures_alerts import raise_alerts
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection, text

from monitor.records import (
    Actor,
    ActorKind,
    ArticleActors,
    Development,
    DevelopmentKind,
    Event,
    FeedSpec,
    KeptEvent,
    Ledger,
    Mark,
    Message,
    NamedActor,
    NewLabel,
    Placement,
    PlacementKind,
    Posted,
    PostOutcome,
    Publisher,
    Route,
    RunKey,
    Scored,
    Shown,
    SilenceMatcher,
    Status,
    Step,
    Verdict,
)
from monitor.store import (
    articles,
    developments,
    events,
    feeds,
    hits,
    labels,
    mentions,
    runs,
    sending,
    silences,
    stories,
)

PAGE = Path(__file__).parents[2] / "docs" / "querying.md"
RUSSIA = Actor("RUS", ActorKind.STATE, "Russia", "RUS")
KOREA = Actor("PRK", ActorKind.STATE, "North Korea", "PRK")


def questions() -> list[tuple[int, str]]:
    """Number and SQL of each question of the page, in its order."""
    found = re.findall(
        r"^\*\*(\d+)\. [^*]+\?\*\*[^`]*```sql\n(.*?)```", PAGE.read_text(), re.DOTALL | re.MULTILINE
    )
    return [(int(number), query) for number, query in found]


@pytest.fixture
def archive(db: Connection) -> Connection:
    """Three articles of one story, one of them a copy, and two of another; one alert, one silence."""
    feeds.add(db, [FeedSpec("https://a.example/", "Feed A", "World")], NOW)
    publishers = "Post", "Globe", "Herald", "Post", "Post"
    admitted = [new_article(place, publisher=name) for place, name in enumerate(publishers, 1)]
    articles.admit(db, admitted, NOW)
    stories.place(
        db,
        [
            Placement(1, PlacementKind.NEW_STORY),
            Placement(2, PlacementKind.COPY, 1, 0.9),
            Placement(3, PlacementKind.SAME_STORY, 1, 0.5),
            Placement(4, PlacementKind.NEW_STORY),
            Placement(5, PlacementKind.SAME_STORY, 4, 0.4),
        ],
        NOW,
    )
    both, arms = scored(1, 0.9), scored(1, 0.7, "arms_transfers")
    first = Scored(1, (*both.scores, *arms.scores), (*both.hits, *arms.hits))
    ends = [first, scored(3, 0.8), scored(4, 0.6, "mutual_defense"), scored(5, 0.45)]
    hits.record_scores(db, ends, "v1", NOW)
    _tell(db)
    _name(db)
    _alert_and_silence(db)
    shown = Shown("Title 1", "Summary 1", "", "The council adopted sanctions.")
    labels.give(db, NewLabel(1, "sanctions", Verdict.NO, "ana", "cli", shown), NOW)
    labels.give(db, NewLabel(1, "sanctions", Verdict.YES, "ana", "cli", shown), NOW)
    labels.give(db, NewLabel(3, "sanctions", Verdict.NO, "ana", "cli", shown), NOW)
    run = runs.open_run(db, RunKey("cli", "run", "1"), NOW)
    runs.write(db, run, [Ledger(Step.FETCH, "feeds", 1, {"fetched": 1})], NOW)
    return db


def _tell(db: Connection) -> None:
    def told(article: int, topic: str, status: Status, sides: str, *marks: Mark) -> KeptEvent:
        source, target = sides.split(">")
        thing = "ammunition" if topic == "arms_transfers" else None
        event = Event(
            topic, (source,), (target,), status, "sent", thing, frozenset(marks), "It was sent.", 0, 12
        )
        return KeptEvent(article, event, "AID", "1")

    kept = [
        told(1, "arms_transfers", Status.DELIVERED, "PRK>RUS"),
        told(3, "arms_transfers", Status.DELIVERED, "PRK>RUS", Mark.NEGATED),
        told(1, "sanctions", Status.ANNOUNCED, "USA>PRK"),
    ]
    events.keep(db, [1, 3], kept, NOW)


def _name(db: Connection) -> None:
    def named(actor: Actor) -> NamedActor:
        return NamedActor(actor, 1, in_title=True, in_lead=False, first=0, salience=0.8)

    found = [ArticleActors(1, (named(RUSSIA), named(KOREA))), ArticleActors(3, (named(RUSSIA),))]
    mentions.record(db, found)
    mentions.record_publishers(db, [Publisher("Post", "USA", "list"), Publisher("Globe", "CAN", "list")])
    seen = Development(1, 3, DevelopmentKind.STATUS, "signed", "Both signed on Monday.", NOW)
    developments.record(db, [seen])


def _alert_and_silence(db: Connection) -> None:
    found = hits.undecided(db, 10)
    raise_alerts(db, found[:1], Route("desk", "#desk"), Message("Text", ()), NOW)
    raise_alerts(db, found[-1:], Route("night", "#night"), Message("Text", ()), NOW)
    sending.mark_sending(db, 1, "me", NOW, timedelta(hours=1))
    sending.settle(db, 1, Posted(PostOutcome.SENT, "C1", "1700000000.000100"), NOW)
    quiet = silences.add(db, SilenceMatcher(topic="sanctions"), "ana", "known", NOW, None)
    silences.hide(db, [(quiet.id, found[1].hit_id, "#desk")], NOW)


# The first row that each question must bring, by the columns that matter.
FIRST: dict[int, dict[str, Any]] = {
    1: {"publisher": "Herald", "why_sentence": "The council adopted sanctions."},
    2: {"topic": "arms_transfers", "hits": 1, "stories": 1},
    3: {"story_id": 1, "publishers": 3, "articles": 3},
    4: {"kind": "status", "value": "signed", "publisher": "Herald"},
    5: {"story_id": 1, "topics": 2, "top_score": 0.9},
    6: {"publisher": "Post", "title": "Title 1"},
    7: {"name": "Russia", "articles": 2, "stories": 1},
    8: {"one": "PRK", "other": "RUS", "stories": 1},
    9: {"publishers": 1},
    10: {"publisher": "Post", "articles": 3, "copies": 0, "with_hits": 2},
    11: {"slack_channel": "#desk", "delivery_state": "sent"},
    12: {"hits": 1},
    13: {"score": 0.9, "decision": "alert"},
    14: {"owner": "ana", "hidden_hits": 1},
    15: {"kind": "alert", "channel": "#night", "state": "pending"},
    16: {"hits": 2},
    17: {"topic": "sanctions", "score": 0.45},
    18: {"topic": "sanctions", "labels": 2, "relevant": 1, "precision_percent": 50},
    19: {"title": "Feed A", "articles": 5},
    20: {"step": "fetch", "unit": "feeds", "items_in": 1},
    21: {"sources": "PRK", "status": "delivered", "instrument": "ammunition", "publisher": "Herald"},
    22: {"source": "USA", "target": "PRK", "stories": 1},
    23: {"story_id": 1, "tells": "Post", "denies": "Herald"},
    24: {"topic": "arms_transfers", "status": "delivered", "events": 2},
}


def test_the_questions_are_numbered() -> None:
    assert [number for number, _ in questions()] == list(range(1, 25))


@pytest.mark.parametrize("number", FIRST)
def test_a_question_is_answered_on_both_databases(archive: Connection, number: int) -> None:
    query = dict(questions())[number]
    first = archive.execute(text(query.replace(":", r"\:"))).mappings().first()
    assert first is not None
    assert {name: first[name] for name in FIRST[number]} == pytest.approx(FIRST[number])
