from __future__ import annotations

import pytest
from fixtures_alerts import hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.policy import decide
from monitor.records import AlertKey, DecideOutcome, Decision, HitInStory, Route

ALL = Route("all", "#all", ("*",))
ARMS = Route("arms", "#arms", ("arms_transfers",), 0.9)
SURE = Route("sure", "#sure", ("sanctions", "arms_transfers"), 0.8)

TOPICS = ("sanctions", "arms_transfers", "mutual_defense")
routes_ = st.lists(
    st.builds(
        Route,
        st.sampled_from("abcd"),
        st.just("#c"),
        st.lists(st.sampled_from((*TOPICS, "*")), min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from((0.0, 0.5, 0.8, 0.95)),
    ),
    max_size=4,
    unique_by=lambda route: route.name,
)
keys = st.frozensets(
    st.builds(AlertKey, st.integers(1, 3), st.sampled_from(TOPICS), st.sampled_from("abcd")), max_size=8
)


@st.composite
def batches(draw: st.DrawFn) -> list[HitInStory]:
    size = draw(st.integers(0, 12))
    return [
        hit(
            number + 1,
            story_id=draw(st.integers(1, 3)),
            topic=draw(st.sampled_from(TOPICS)),
            score=draw(st.sampled_from((0.4, 0.5, 0.8, 0.85, 0.95, 1.0))),
            stale=draw(st.booleans()),
            minutes=draw(st.integers(0, 3)),
        )
        for number in range(size)
    ]


def raised(decisions: list[Decision]) -> list[AlertKey]:
    return [AlertKey(d.hit.story_id, d.hit.hit.topic, route.name) for d in decisions for route in d.routes]


@given(batches(), routes_, keys)
def test_every_hit_is_decided_once_in_its_order(hits, routes, existing):
    decisions = decide(hits, routes, existing)
    assert [decision.hit for decision in decisions] == hits
    assert all(bool(d.routes) == (d.outcome is DecideOutcome.ALERT) for d in decisions)


@given(batches(), routes_, keys)
def test_no_alert_twice(hits, routes, existing):
    alerts = raised(decide(hits, routes, existing))
    assert len(alerts) == len(set(alerts))
    assert not set(alerts) & existing


@given(st.data(), batches(), routes_, keys)
def test_the_order_of_the_batch_does_not_matter(data, hits, routes, existing):
    shuffled = data.draw(st.permutations(hits))

    def ends(batch):
        return sorted((d.hit.hit_id, d.outcome, d.routes) for d in decide(batch, routes, existing))

    assert ends(shuffled) == ends(hits)


@given(batches(), routes_, keys)
def test_an_alert_is_missed_only_for_a_reason(hits, routes, existing):
    """What is due by the words of the rules, counted without the code under test."""
    due = {
        AlertKey(h.story_id, h.hit.topic, r.name)
        for h in hits
        for r in routes
        if not h.article.stale and h.hit.score >= r.min_score and {h.hit.topic, "*"} & set(r.topics)
    }
    assert set(raised(decide(hits, routes, existing))) == due - existing


@given(batches(), routes_, keys)
def test_a_second_decision_raises_nothing(hits, routes, existing):
    first = raised(decide(hits, routes, existing))
    assert raised(decide(hits, routes, existing | set(first))) == []


@pytest.mark.parametrize(
    ("found", "routes", "outcome"),
    [
        (hit(), (ALL,), DecideOutcome.ALERT),
        (hit(stale=True), (ALL,), DecideOutcome.STALE),
        (hit(stale=True), (), DecideOutcome.STALE),
        (hit(), (), DecideOutcome.NO_ROUTE),
        (hit(), (ARMS,), DecideOutcome.NO_ROUTE),
        (hit(topic="arms_transfers", score=0.85), (ARMS,), DecideOutcome.BELOW_ROUTE),
        (hit(score=0.8), (SURE,), DecideOutcome.ALERT),
    ],
)
def test_outcomes(found, routes, outcome):
    assert [decision.outcome for decision in decide([found], routes, frozenset())] == [outcome]


def test_a_known_story_repeats_but_a_new_route_hears_of_it():
    known = {AlertKey(7, "sanctions", "all")}
    (repeat,) = decide([hit()], (ALL,), known)
    assert repeat.outcome is DecideOutcome.REPEAT
    (again,) = decide([hit()], (ALL, SURE), known)
    assert (again.outcome, again.routes) == (DecideOutcome.ALERT, (SURE,))
    (weak,) = decide([hit(score=0.6)], (ALL, SURE), known)
    assert weak.outcome is DecideOutcome.REPEAT  # not below_route: one of its routes has had the story


def test_the_highest_score_carries_the_alert_then_the_earliest():
    batch = [hit(1, score=0.7), hit(2, score=0.9, minutes=5), hit(3, score=0.9, minutes=2)]
    ends = [decision.outcome for decision in decide(batch, (ALL,), frozenset())]
    assert ends == [DecideOutcome.REPEAT, DecideOutcome.REPEAT, DecideOutcome.ALERT]
