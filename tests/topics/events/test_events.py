"""Who did what to whom, in sentences and labelled hits: pinned floors; laws of direction and order."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import permutations
from typing import Any

import pytest

from monitor.articles.actors import find
from monitor.articles.gazetteer import of
from monitor.records import Event, Mark, Status
from monitor.settings import PROJECT
from monitor.topics import cards
from monitor.topics.events.find import in_text
from monitor.topics.events.lexicon import Lexicon, compile_lexicon
from monitor.topics.events.merge import in_one
from monitor.topics.events.plover import plover

DATA = PROJECT / "tests" / "data" / "events"
NEWS = PROJECT.parent / "shared" / "corpus" / "labelled" / "news-dev.jsonl"
DAY = date(2026, 5, 17)
# `tuning` and `news-tuning` were read while the rules were made, the others were not.
FLOORS = {
    "tuning": {"roles": 0.94, "status": 0.96, "instrument": 0.97, "marks": 0.90},
    "held-out": {"roles": 0.91, "status": 0.94, "instrument": 0.96, "marks": 0.90},
}
NEWS_FLOORS = {
    "news-tuning": {"roles": 0.75, "status": 0.74, "instrument": 0.91},
    "news-measured": {"roles": 0.63, "status": 0.66, "instrument": 0.82},
}
Pairs = list[tuple[set[Any], set[Any]]]


@cache
def lexicons() -> dict[str, Lexicon]:
    known = {
        card.name: compile_lexicon(card.ladder, card.instruments) for card in cards.load(PROJECT / "seeds")
    }
    return {topic: lexicon for topic, lexicon in known.items() if lexicon}


def told(
    text: str, title: str = "", topics: Iterable[str] | None = None, day: date | None = DAY
) -> list[Event]:
    named = find(of(PROJECT / "seeds"), title, text, language="en", day=day)
    whole = f"{title}\n{text}"
    return in_text(whole, named, lexicons(), topics=None if topics is None else set(topics), day=day)


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def f1(pairs: Pairs) -> float:
    right = sum(len(gold & found) for gold, found in pairs)
    return 2 * right / sum(len(gold) + len(found) for gold, found in pairs)


def gold_slots(events: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {(e["topic"], role, key) for e in events for role in ("sources", "targets") for key in e[role]}


def found_slots(events: Iterable[Event]) -> set[tuple[str, str, str]]:
    sides = [(e.topic, "sources", e.sources) for e in events] + [
        (e.topic, "targets", e.targets) for e in events
    ]
    return {(topic, role, key) for topic, role, keys in sides for key in keys}


def measure(judged: list[tuple[list[dict[str, Any]], list[Event]]]) -> dict[str, float]:
    """F1 of actors with their roles and of instruments; shares of right statuses and marks."""
    roles: Pairs = []
    instruments: Pairs = []
    statuses, marks = [], []
    for gold, events in judged:
        roles.append((gold_slots(gold), found_slots(events)))
        for one in gold:
            mine = [event for event in events if event.topic == one["topic"]]
            event = next((e for e in mine if e.status == one["status"]), mine[0] if mine else None)
            statuses.append((event.status if event else None) == one["status"])
            instruments.append(({one["instrument"]} - {None}, {event.instrument if event else None} - {None}))
            if "marks" in one:
                marks.append(event is not None and sorted(event.marks) == one["marks"])
    scores = {
        "roles": f1(roles),
        "status": sum(statuses) / len(statuses),
        "instrument": f1(instruments),
    }
    return scores | ({"marks": sum(marks) / len(marks)} if marks else {})


def below(scores: dict[str, float], floors: dict[str, float]) -> dict[str, float]:
    return {key: round(score, 3) for key, score in scores.items() if score < floors[key]}


@pytest.mark.parametrize("name", FLOORS)
def test_scores_on_written_sentences_stay_above_their_floors(name: str) -> None:
    scores = measure([(row["events"], told(row["text"])) for row in rows(name)])
    print(name, {key: round(score, 3) for key, score in scores.items()})
    assert below(scores, FLOORS[name]) == {}


@pytest.mark.parametrize("name", NEWS_FLOORS)
def test_scores_on_labelled_hits_stay_above_their_floors(name: str) -> None:
    if not NEWS.exists():
        pytest.skip("the labelled news is not at hand")
    items = {one["id"]: one for one in map(json.loads, NEWS.read_text(encoding="utf-8").splitlines())}
    judged = []
    for row in rows(name):
        item = items[row["id"]]
        day = date.fromisoformat(item["date"][:10]) if item["date"] else None
        found = told(item["summary"] or "", item["title"] or "", {one["topic"] for one in row["events"]}, day)
        judged.append((row["events"], list(in_one(found).values())))
    scores = measure(judged)
    print(name, {key: round(score, 3) for key, score in scores.items()})
    assert below(scores, NEWS_FLOORS[name]) == {}


def test_amounts_and_numbers_are_those_of_the_sentence() -> None:
    labelled = [
        (row["text"], one) for name in FLOORS for row in rows(name) for one in row["events"] if len(one) > 6
    ]
    for slot, floor in (("amount", 0.95), ("currency", 0.95), ("quantity", 0.85)):
        mine = [(text, one) for text, one in labelled if slot in one]
        right = [any(getattr(event, slot) == one[slot] for event in told(text)) for text, one in mine]
        assert len(right) >= 15
        assert sum(right) / len(right) >= floor, slot


@pytest.mark.parametrize(
    ("active", "passive"),
    [
        ("Canada sanctioned Iran.", "Iran was sanctioned by Canada."),
        ("Norway delivered tanks to Ukraine.", "Tanks were delivered to Ukraine by Norway."),
        ("The EU imposed sanctions on Russia.", "Sanctions were imposed on Russia by the EU."),
        ("Turkey supplied drones to Mali.", "Mali was supplied drones by Turkey."),
        ("Japan froze the assets of Myanmar.", "The assets of Myanmar were frozen by Japan."),
        ("Spain bought missiles from Norway.", "Missiles were bought by Spain from Norway."),
    ],
)
def test_active_and_passive_have_one_direction(active: str, passive: str) -> None:
    (one,), (other,) = told(active), told(passive)
    assert (one.sources, one.targets, one.status) == (other.sources, other.targets, other.status)


def test_the_order_of_sentences_changes_no_event() -> None:
    parts = (
        "Canada sanctioned Iran.",
        "Norway delivered tanks to Ukraine.",
        "Rain fell on Lisbon.",
        "Japan and the Philippines signed a defence pact.",
    )

    def facts(text: str) -> set[Event]:
        return {replace(event, start=0, end=0) for event in told(text)}

    wanted = facts(" ".join(parts))
    assert len(wanted) == 3
    assert all(facts(" ".join(order)) == wanted for order in permutations(parts))


def test_each_slot_keeps_its_place() -> None:
    text = "It rained. Canada delivered 40 howitzers to Latvia for $120 million. Then it stopped."
    (event,) = told(text)
    assert f"\n{text}"[event.start : event.end] == event.sentence
    words = {slot: event.sentence[start:end] for slot, start, end in event.spans}
    assert words == {
        "action": "delivered",
        "instrument": "howitzers",
        "source": "Canada",
        "target": "Latvia",
        "amount": "$120 million",
        "quantity": "40",
    }
    assert (event.quantity, event.amount, event.currency) == (40, 120_000_000, "USD")
    assert plover(event) == "AID"


def test_who_claims_it_is_kept_apart() -> None:
    (event,) = told("South Korea accused North Korea of shipping shells to Russia.")
    assert (event.claimed_by, event.sources, event.targets) == ("KOR", ("PRK",), ("RUS",))
    assert event.status is Status.ALLEGED
    (event,) = told("Iran has shipped drones to Russia, Kyiv says.")
    assert (event.claimed_by, event.status, event.marks) == ("UKR", Status.ALLEGED, {Mark.REPORTED})


def test_a_pronoun_is_who_the_sentence_before_is_about() -> None:
    (event,) = told("Canada lost patience on Friday. It imposed sanctions on Iran the same day.")
    assert (event.sources, event.targets) == (("CAN",), ("IRN",))


def test_the_seed_document_tells_its_three_events() -> None:
    documents = sorted((PROJECT.parent / "shared" / "seed").glob("*.txt"))
    if not documents:
        pytest.skip("the document that the project was started from is not at hand")
    events = told(documents[0].read_text(encoding="utf-8"))
    facts = {(e.topic, e.sources, e.targets, e.status, e.instrument) for e in events}
    pair = ("RUS", "PRK")
    assert ("mutual_defense", pair, pair, Status.SIGNED, "clause") in facts
    vetoes = [e for e in events if e.status is Status.VETOED]
    assert [(e.sources, e.instrument) for e in vetoes] == [(("RUS",), "sanctions panel")]
    arms = [e for e in events if e.status is Status.ALLEGED]
    assert any((e.sources, e.targets, e.instrument) == (("PRK",), ("RUS",), "ammunition") for e in arms)


def test_what_is_not_news_of_today_is_marked() -> None:
    assert told("In 1987 Iran bought missiles from China.")[0].marks == {Mark.HISTORY}
    assert told("Iran would sell drones to Russia.")[0].marks == {Mark.HYPOTHETICAL}
    assert told("Iran denied selling drones to Russia.")[0].marks == {Mark.NEGATED}
    assert told("Iran sold drones to Russia.")[0].marks == frozenset()
