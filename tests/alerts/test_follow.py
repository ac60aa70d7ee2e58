"""What a channel hears of a story after its first message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures_alerts import SEEN
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.follow import REST, SPOKEN, follow, in_words
from monitor.records import Development, DevelopmentKind, Route, Severity, Thread, UpdatePolicy

KINDS = list(DevelopmentKind)
NOISY, THREADED, MUTE = (
    Route("desk", "#desk", updates=policy)
    for policy in (UpdatePolicy.BROADCAST_ON_ESCALATION, UpdatePolicy.THREAD, UpdatePolicy.EDIT_ONLY)
)


def thread(**changes: object) -> Thread:
    values = {
        "id": 1, "token": "t", "parent_key": "alert:t", "story_id": 7, "article_id": 1, "channel": "#desk",
        "route": "desk", "severity": Severity.MEDIUM, "topics": ("sanctions",), "articles": 3, "revision": 0,
        "held": False, "opened_at": SEEN, "told_at": SEEN,
    }  # fmt: skip
    return Thread(**(values | changes))  # type: ignore[arg-type]


def news(*kinds: DevelopmentKind) -> list[Development]:
    return [Development(7, n, kind, f"{n}", "", SEEN) for n, kind in enumerate(kinds)]


def told(route=NOISY, *, kinds=(), mine=None, articles=3, topics=("sanctions",), severity=Severity.MEDIUM):  # type: ignore[no-untyped-def]
    mine = mine or thread()
    return follow(
        mine, route, news(*kinds), articles=articles, topics=topics, severity=severity, now=SEEN + REST
    )


policies = st.sampled_from((NOISY, THREADED, MUTE))
states = st.fixed_dictionaries(
    {
        "kinds": st.lists(st.sampled_from(KINDS), max_size=4),
        "articles": st.integers(3, 6),
        "topics": st.sampled_from((("sanctions",), ("sanctions", "arms_transfers"))),
        "severity": st.sampled_from([Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL]),
    }
)


@given(policies, states)
def test_a_reply_says_something_new_and_no_more_than_that(route, state):
    found = told(route, **state)
    spoken = [kind for kind in state["kinds"] if kind in SPOKEN]
    assert [one.kind for one in found.reply] == (spoken if route is not MUTE else [])
    assert found.topics == (state["topics"][1:] if route is not MUTE else ())
    assert found.says is bool(found.reply or found.topics or (found.escalates and route is not MUTE))


@given(policies, states)
def test_a_channel_is_called_only_when_the_story_is_graver(route, state):
    found = told(route, **state)
    graver = state["severity"] is not Severity.MEDIUM
    assert found.escalates is graver
    assert found.broadcast is (graver and route is NOISY)


@given(policies, states)
def test_a_message_that_is_not_true_any_more_is_edited_unless_the_reply_waits(route, state):
    found = told(route, **state)
    changed = state["articles"] != 3 or len(state["topics"]) > 1 or state["severity"] is not Severity.MEDIUM
    assert found.edit is changed


@given(policies, states, st.integers(0, 4))
def test_within_the_rest_nothing_but_an_escalation_is_said_and_nothing_is_lost(route, state, minutes):
    resting = thread(replied_at=SEEN + REST - timedelta(minutes=minutes))
    found, free = told(route, mine=resting, **state), told(route, **state)
    if free.escalates or not (free.reply or free.topics):
        assert found == free
    else:  # told later, all of it: nothing is marked as told, and the edit comes with it
        assert (found.reply, found.topics, found.edit, found.told) == ((), (), False, False)


def test_more_articles_alone_are_no_reply():
    found = told(articles=9)
    assert (found.edit, found.reply, found.topics, found.broadcast) == (True, (), (), False)


def test_nothing_new_is_nothing():
    assert told() == follow(
        thread(), NOISY, [], articles=3, topics=("sanctions",), severity=Severity.LOW, now=SEEN
    )
    assert not told().edit


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (
            [
                Development(7, 1, DevelopmentKind.PUBLISHERS, "3", "", SEEN),
                Development(7, 1, DevelopmentKind.PUBLISHERS, "10", "", SEEN),
                Development(7, 1, DevelopmentKind.STATUS, "signed", "It was signed.", SEEN),
                Development(7, 1, DevelopmentKind.ACTOR, "OMN", "", SEEN),
                Development(7, 2, DevelopmentKind.ACTOR, "X", "X came.", SEEN),
            ],
            [
                ("New step: signed", "It was signed."),
                ("New actor: Oman, X", "X came."),
                ("Now carried by 10 independent publishers", ""),
            ],
        ),
        ([], []),
    ],
)
def test_developments_in_words(found, lines):
    assert in_words(found, {"OMN": "Oman"}) == lines


@given(
    st.lists(
        st.builds(
            Development, st.just(7), st.just(1), st.sampled_from(KINDS), st.text(), st.text(), st.just(SEEN)
        )
    )
)
def test_every_kind_that_was_noticed_has_one_line(found):
    assert len(in_words(found, {})) == len({one.kind for one in found})
