"""Our own outage: nothing is held against a feed when nothing answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.outage import DETAIL, cut_off, is_down, judged, reaches
from monitor.records import Feed, Fetched, FetchOutcome, Polled, Reach

DEAD = FetchOutcome.DEAD_HOST


def poll(number: int, outcome: FetchOutcome = DEAD, status: int | None = None) -> Polled:
    url = f"https://host{number}.example/feed"
    return Polled(Feed(number, url, f"Feed {number}"), Fetched(url, outcome, url, status=status))


def ends(*polls: Polled, before: list[Reach] | None = None) -> dict[int, FetchOutcome]:
    return {one.feed.id: one.fetched.outcome for one in judged(polls, before or [])}


def test_where_nothing_answers_nothing_failed() -> None:
    found = list(judged([poll(1), poll(2, FetchOutcome.TIMED_OUT), poll(3, FetchOutcome.TLS_FAILED)]))
    assert {one.fetched.outcome for one in found} == {FetchOutcome.POSTPONED}
    assert {one.fetched.detail for one in found} == {DETAIL}


def test_one_answer_of_any_kind_shows_that_we_are_online() -> None:
    answer = poll(4, FetchOutcome.SERVER_ERROR, 500)
    assert ends(poll(1), poll(2), poll(3), answer) == {1: DEAD, 2: DEAD, 3: DEAD, 4: answer.fetched.outcome}
    assert ends(answer, poll(1), poll(2), poll(3))[3] is DEAD


def test_what_was_never_asked_shows_nothing() -> None:
    found = ends(poll(1), poll(2), poll(3), poll(4, FetchOutcome.BAD_URL), poll(5, FetchOutcome.POSTPONED))
    assert [found[number] for number in (1, 2, 3)] == [FetchOutcome.POSTPONED] * 3
    assert found[4] is FetchOutcome.BAD_URL


def test_one_host_alone_may_be_at_fault_itself() -> None:
    assert ends(poll(1), poll(1)) == {1: DEAD}
    silent = [Reach(f"{n}.example", False) for n in range(4)]
    assert ends(poll(1), before=silent) == {1: FetchOutcome.POSTPONED}
    assert ends(poll(1), before=[Reach("x.example", True), *silent]) == {1: DEAD}
    assert ends(poll(1), before=[Reach("host1.example", False)] * 5) == {1: DEAD}


def test_what_the_database_remembers() -> None:
    rows = [
        ("https://A.example/x", "fetched", 200, ""),
        ("http://[", "bad_url", None, ""),
        ("http://b/", "dead_host", None, ""),
        ("http://c/", "postponed", None, DETAIL),
    ]
    assert reaches(rows) == [Reach("a.example", True), Reach("b", False), Reach("c", False)]
    assert cut_off(rows[1:])
    assert not cut_off(rows)
    assert not cut_off([])
    assert not is_down([], [])


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(FetchOutcome), st.none() | st.just(200))))
def test_each_poll_comes_out_once(polls: list[tuple[int, FetchOutcome, int | None]]) -> None:
    made = [poll(*one) for one in polls]
    found = list(judged(made))
    assert sorted(one.feed.id for one in found) == sorted(one.feed.id for one in made)
    changed = [one for one in found if one not in made]
    assert not changed or not any(one.fetched.status for one in made)
