"""Why a story alerted or did not, in words: what the terminal and `/monitor why` say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fixtures_alerts import SEEN, TITLES, delivery, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.matching import Fit, Verdict
from monitor.alerts.why import explain, overlaps
from monitor.records import (
    DeliveryState,
    Judged,
    Message,
    Route,
    Severity,
    Silence,
    SilenceMatcher,
    Subject,
    Thread,
    Told,
    TopicScore,
)

DESK = Route("desk", "#desk", line=2)
GULF = Route("gulf", "#desk", ("sanctions",), min_score=0.95, line=6)
ARMS = Route("arms", "#arms", ("arms_transfers",), line=10)
WIDE = Route("wide", "#wide", min_publishers=3, line=14)
STOP = Route("stop", "#desk", ("sanctions",), stop=True, line=1)
SEVERITIES = {"sanctions": Severity.HIGH}
MUTE = Silence(3, SilenceMatcher(topic="sanctions"), "anna", "", SEEN, SEEN + timedelta(days=1))


def thread(**changes: object) -> Thread:
    values = {
        "id": 1, "token": "t", "parent_key": "alert:t", "story_id": 7, "article_id": 1, "channel": "#desk",
        "route": "desk", "severity": Severity.HIGH, "topics": ("sanctions",), "articles": 1, "revision": 0,
        "held": False, "opened_at": SEEN, "told_at": SEEN,
    }  # fmt: skip
    return Thread(**(values | changes))  # type: ignore[arg-type]


def told(state: DeliveryState = DeliveryState.SENT, **changes: object) -> Told:
    parent = delivery(1, Message("x", ()), state=state, **changes)
    return Told(thread(), parent)


def asked(*judged: Judged, routes: tuple[Route, ...] = (DESK,), silences: tuple[Silence, ...] = (), **more):  # type: ignore[no-untyped-def]
    return explain(Subject("Story 7: X", judged, **more), routes, SEVERITIES, TITLES, silences, SEEN)


def test_each_route_gives_its_reason_with_its_line():
    one = Judged(hit(), SEEN, "alert", "as it was")
    assert asked(one, routes=(DESK, GULF, ARMS, WIDE), told=(told(sent_at=SEEN),)) == [
        "Story 7: X",
        "Sanctions: score 0.93, threshold 0.50, severity high, article 1 of Harbour Herald",
        "  route desk (routes.toml, line 2): takes it (score 0.93, needs 0.50), to #desk",
        "  route gulf (routes.toml, line 6): score 0.93 is under its 0.95",
        "  route arms (routes.toml, line 10): topic sanctions is not one of arms_transfers",
        "  route wide (routes.toml, line 14): waits: 1 of 3 independent publishers so far",
        "  decided 17 May 08:00 UTC as alert: as it was",
        "Message in #desk (Sanctions), by route desk: sent 17 May 08:00 UTC.",
    ]


def test_a_route_that_stops_and_one_that_shares_a_channel():
    lines = asked(Judged(hit()), routes=(STOP, DESK))
    assert "  route desk (routes.toml, line 2): not tried: stop, above it, stops" in lines
    assert "  not decided yet: the next `monitor decide` does it" in lines
    lines = asked(Judged(hit(score=0.96)), routes=(DESK, GULF))
    assert (
        "Overlap: desk and gulf lead to #desk: one message there, and desk, the first of them in the file, "
        "says when and how it is told." in lines
    )
    lines = asked(Judged(hit()), Judged(hit(2, topic="arms_transfers")), routes=(DESK, ARMS))
    assert "Several channels: #desk, #arms get a message each." in lines


def test_silences_that_hid_it_and_that_hide_it_now():
    lines = asked(Judged(hit(), SEEN, "silenced", "hidden by silence 2 of bo", (2,)), silences=(MUTE,))
    assert "  silence 2 hid it when it was decided" in lines
    assert "  silence 3 on topic Sanctions hides it now, until 18 May 08:00 UTC" in lines
    assert lines[-1] == "No message of this story went out."
    forever = replace(MUTE, expires_at=None)
    assert any(line.endswith("until somebody ends it") for line in asked(Judged(hit()), silences=(forever,)))
    again = asked(Judged(hit(), SEEN, "silenced", "", (3,)), silences=(MUTE,))
    assert sum("silence 3" in line for line in again) == 1  # not twice


def test_old_news_asks_no_route():
    lines = asked(Judged(hit(stale=True), SEEN, "stale", "older than four days"))
    assert lines[2].startswith("  the article was old when it was first seen")


def test_the_hit_that_alerted_speaks_for_its_topic():
    lines = asked(Judged(hit(1, score=0.99), SEEN, "repeat"), Judged(hit(2, score=0.8), SEEN, "alert"))
    assert lines[1].endswith("article 2 of Harbour Herald (and 1 more hit of the story)")


def test_what_is_no_hit_names_the_nearest_topics():
    scores = (TopicScore("sanctions", 0.2, 0.5), TopicScore("arms_transfers", 0.45, 0.5))
    assert asked(scores=scores)[1:] == [
        "No topic reaches its threshold, so no route was asked.",
        "  Arms transfers: score 0.45, threshold 0.50",
        "  Sanctions: score 0.20, threshold 0.50",
    ]
    assert asked(missing="It has no words.")[1:] == ["It has no words."]


LATER = SEEN + timedelta(hours=1)


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (told(DeliveryState.HELD, batch="quiet:#desk", not_before=LATER), "in quiet hours."),
        (
            told(DeliveryState.HELD, batch="late:#desk", not_before=LATER),
            "held until 17 May 09:00 UTC, since",
        ),
        (
            told(DeliveryState.HELD, batch="overflow:#desk", not_before=LATER),
            "number of messages of the hour.",
        ),
        (told(DeliveryState.PENDING, not_before=LATER), "waits until 17 May 09:00 UTC, for more sources."),
        (told(DeliveryState.PENDING), "goes out with the next delivery."),
        (told(DeliveryState.DEAD, last_error="no_text"), "Slack does not take it (no_text)."),
        (told(DeliveryState.NO_DESTINATION), "waits for a Slack token."),
        (told(DeliveryState.UNKNOWN), "it is looked up in the channel."),
        (told(DeliveryState.FOLDED, batch="late:#desk"), "a message with others, since its news was"),
        (replace(told(sent_at=SEEN), edits=2, replies=1), "; since then 2 edits and 1 reply."),
        (replace(told(), thread=thread(joined_to=4)), "its story was merged"),
        (told(place="#spare", sent_at=SEEN), "Message in #spare (Sanctions)"),
    ],
)
def test_what_became_of_the_message(one, says):
    assert says in asked(Judged(hit()), told=(one,))[-1]


@given(st.text(), st.text(), st.sampled_from(DeliveryState))
def test_every_line_is_one_line(title, publisher, state):
    found = hit(title=title, publisher=publisher)
    lines = asked(Judged(found, SEEN, "alert", "because"), told=(told(state),))
    assert all(line and "\n" not in line for line in lines)


routes = st.builds(Route, st.sampled_from("abcdef"), st.sampled_from(["#x", "#y"]), line=st.integers(1, 99))


@given(st.lists(st.builds(Verdict, routes, st.sampled_from(Fit), st.just(""))))
def test_an_overlap_is_named_exactly_where_two_routes_take_a_story_to_one_channel(answers):
    taking = {(one.route.channel, one.route) for one in answers if one.fit is Fit.TAKES}
    by_channel = [{route for goal, route in taking if goal == channel} for channel in ("#x", "#y")]
    lines = overlaps(answers)
    assert sum(line.startswith("Overlap") for line in lines) == sum(len(mine) > 1 for mine in by_channel)
    assert sum(line.startswith("Several") for line in lines) == all(by_channel)
