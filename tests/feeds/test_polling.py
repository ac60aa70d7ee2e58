from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.polling import LONGEST, SHORTEST, asks_whole, plan
from monitor.records import (
    FETCH_SUCCEEDED,
    Entry,
    EntryOutcome,
    Feed,
    FeedState,
    Fetched,
    FetchOutcome,
    Pace,
    ParsedFeed,
    Polled,
    PollPlan,
)

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FEED = Feed(1, "https://a.example/rss", "A", last_success_at=NOW - timedelta(hours=1))


def polled(feed: Feed, outcome: FetchOutcome, entries: int = 0, **fetched: object) -> Polled:
    document = ParsedFeed("rss20", "A", tuple(Entry(str(n), "u", "t", "s") for n in range(entries)))
    end = Fetched(feed.url, outcome, feed.url, **fetched)  # type: ignore[arg-type]
    return Polled(feed, end, document if outcome is FetchOutcome.FETCHED else None)


def planned(feed: Feed, poll: Polled, seen: int = 0, fresh: int = 0, random: float = 0.5) -> PollPlan:
    return plan(feed, poll, seen=seen, fresh=fresh, now=NOW, random=random, odd={})


@given(
    st.sampled_from(FetchOutcome),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)),
    st.integers(0, 400),
    st.floats(0, 1, exclude_max=True),
    st.none() | st.integers(0, 10**7).map(lambda s: timedelta(seconds=s)),
)
def test_the_next_poll_is_between_five_minutes_and_a_day_away(o, seen, fresh, interval, failures, r, asked):
    feed = replace(FEED, interval=interval, failures=failures)
    made = planned(feed, polled(feed, o, 3, retry_after=asked, max_age=asked), seen, fresh, r)
    assert SHORTEST <= made.next_check_at - NOW <= LONGEST
    assert made.outcome is o
    assert made.health
    if o is FetchOutcome.POSTPONED:
        assert (made.failures, made.state, made.interval) == (failures, feed.state, interval)
    else:
        assert (made.failures == 0) == (o in FETCH_SUCCEEDED) == (made.error is None)
        assert (made.failing_since is None) == (o in FETCH_SUCCEEDED)


@given(st.integers(1, 60), st.integers(10, 400), st.integers(15, 60))
def test_polling_settles_where_a_third_to_two_thirds_are_known(per_hour, listed, start_minutes):
    """A feed of `listed` entries that gains `per_hour` new ones: played until its interval rests."""
    feed = replace(FEED, interval=timedelta(minutes=start_minutes))
    for _ in range(60):
        fresh = min(round(per_hour * feed.interval / timedelta(hours=1)), listed)
        made = planned(feed, polled(feed, FetchOutcome.FETCHED, listed), listed - fresh, fresh)
        feed = replace(feed, interval=made.interval)
    share = 1 - min(per_hour * (feed.interval / timedelta(hours=1)), listed) / listed
    at_bound = feed.interval in {SHORTEST, LONGEST}
    assert at_bound or 0.2 <= share <= 0.8


@pytest.mark.parametrize("listed", [12, 30, 100, 400])
@pytest.mark.parametrize("per_day", [6, 24, 100, 500, 2_000])
def test_in_the_long_run_between_a_third_and_two_thirds_are_known(per_day, listed):
    """News come at random, polls with their jitter, for 300 polls; what the bounds decide is left out."""
    chance = Random(per_day * listed)
    feed, wait, known, at_bound = FEED, FEED.interval, [], 0
    for _ in range(300):
        mean = per_day * (wait / timedelta(days=1))
        fresh = min(max(round(chance.gauss(mean, mean**0.5)), 0), listed)
        poll = polled(feed, FetchOutcome.FETCHED, listed)
        made = planned(feed, poll, listed - fresh, fresh, chance.random())
        feed, wait = replace(feed, interval=made.interval), made.next_check_at - NOW
        known.append(1 - fresh / listed)
        at_bound += made.interval in {SHORTEST, LONGEST}
    share = sum(known[50:]) / len(known[50:])
    if at_bound < 25:
        assert 1 / 3 <= share <= 2 / 3
    else:  # too slow for a poll a day, or too fast for one every five minutes
        assert share >= 1 / 3 or feed.interval == SHORTEST


def test_the_first_poll_says_nothing_of_the_pace():
    feed = replace(FEED, last_success_at=None)
    assert planned(feed, polled(feed, FetchOutcome.FETCHED, 40), 0, 40).interval == feed.interval


def test_a_server_that_asks_for_peace_gets_it():
    made = planned(FEED, polled(FEED, FetchOutcome.NOT_MODIFIED, max_age=timedelta(hours=3)))
    assert made.next_check_at - NOW == timedelta(hours=3)
    made = planned(FEED, polled(FEED, FetchOutcome.RATE_LIMITED, retry_after=timedelta(hours=2)))
    assert timedelta(hours=2) <= made.next_check_at - NOW < timedelta(hours=2.3)


def test_the_pace_of_a_feed_holds_while_it_says_304():
    feed = replace(FEED, pace=Pace(ttl=timedelta(hours=6)))
    made = planned(feed, polled(feed, FetchOutcome.NOT_MODIFIED))
    assert made.next_check_at - NOW == timedelta(hours=6)


def test_hours_and_days_that_a_feed_wants_skipped_are():
    """NOW is a Wednesday at noon."""
    feed = replace(FEED, pace=Pace(skip_hours=frozenset(range(12, 16))))
    assert planned(feed, polled(feed, FetchOutcome.UNCHANGED)).next_check_at == NOW.replace(hour=16)
    feed = replace(FEED, pace=Pace(skip_days=frozenset({2})))
    assert planned(feed, polled(feed, FetchOutcome.UNCHANGED)).next_check_at == NOW.replace(day=5, hour=0)
    feed = replace(FEED, pace=Pace(skip_days=frozenset({2, 3, 4})))
    assert planned(feed, polled(feed, FetchOutcome.UNCHANGED)).next_check_at == NOW + LONGEST


@given(st.frozensets(st.integers(0, 23), max_size=23), st.frozensets(st.integers(0, 6), max_size=6))
def test_a_day_is_the_longest_whatever_is_to_be_skipped(hours, days):
    feed = replace(FEED, pace=Pace(skip_hours=hours, skip_days=days))
    wait = planned(feed, polled(feed, FetchOutcome.UNCHANGED)).next_check_at - NOW
    assert SHORTEST <= wait <= LONGEST
    at = NOW + wait
    assert wait == LONGEST or (at.hour not in hours and at.weekday() not in days)


def test_a_document_is_asked_for_whole_once_a_week():
    assert not asks_whole(FEED, NOW)
    assert not asks_whole(replace(FEED, whole_at=NOW - timedelta(days=6)), NOW)
    assert asks_whole(replace(FEED, whole_at=NOW - timedelta(days=7)), NOW)
    assert asks_whole(replace(FEED, validators_lie=True), NOW)


@pytest.mark.parametrize(
    ("validators", "fresh", "age", "lies"),
    [
        ({"etag": "e1"}, 3, 8, True),
        ({"etag": "e2"}, 3, 8, False),
        ({"etag": "e1"}, 0, 8, False),  # another date of making, no other news
        ({"etag": "e1"}, 3, 1, False),  # it sent the document although it was told the validators
    ],
)
def test_a_server_that_says_304_to_news_is_found_out(validators, fresh, age, lies):
    feed = replace(FEED, etag="e1", whole_at=NOW - timedelta(days=age))
    made = planned(feed, polled(feed, FetchOutcome.FETCHED, 3, **validators), 0, fresh)
    assert made.validators_lie is lies
    assert ("cannot be trusted" in made.health) is lies


def test_what_was_not_asked_changes_nothing():
    feed = replace(FEED, failures=9, failing_since=NOW, last_error="the host cannot be reached")
    poll = polled(feed, FetchOutcome.POSTPONED, retry_after=timedelta(hours=1), detail="not asked")
    made = planned(feed, poll)
    assert (made.failures, made.state, made.failing_since) == (9, FeedState.ACTIVE, NOW)
    assert made.next_check_at - NOW >= timedelta(hours=1)
    assert made.health == f"not asked; tried again {made.next_check_at:%Y-%m-%d %H:%M} UTC"


def test_one_that_is_gone_is_asked_twice_a_day_until_that_is_certain():
    made = planned(FEED, polled(FEED, FetchOutcome.GONE))
    assert made.next_check_at - NOW >= timedelta(hours=12)
    assert made.state is FeedState.ACTIVE


def test_a_suspended_feed_is_tried_once_a_day_and_says_when():
    feed = replace(FEED, failures=12, state=FeedState.SUSPENDED, failing_since=NOW - timedelta(days=3))
    made = planned(feed, polled(feed, FetchOutcome.DEAD_HOST, detail="the host x does not exist"))
    assert timedelta(hours=21) <= made.next_check_at - NOW <= LONGEST
    when = f"{made.next_check_at:%Y-%m-%d %H:%M} UTC"
    assert made.health == f"the host x does not exist; failed 13 times in a row, tried again {when}"
    assert made.failing_since == NOW - timedelta(days=3)


def test_a_move_is_believed_after_three_polls():
    feed, new = FEED, "https://b.example/rss"
    for times in (1, 2):
        made = planned(feed, polled(feed, FetchOutcome.NOT_MODIFIED, moved_to=new))
        assert (made.moved_to, made.moved_times, made.address) == (new, times, None)
        feed = replace(feed, moved_to=made.moved_to, moved_times=made.moved_times)
    made = planned(feed, polled(feed, FetchOutcome.FETCHED, 1, moved_to=new))
    assert (made.moved_to, made.moved_times, made.address) == (None, 0, new)
    assert made.health.endswith("; it has moved to https://b.example/rss for good")


@pytest.mark.parametrize(
    ("outcome", "target", "count"),
    [
        (FetchOutcome.FETCHED, None, 0),
        (FetchOutcome.FETCHED, "https://c.example/", 1),
        (FetchOutcome.NOT_A_FEED, "https://b.example/rss", 2),  # a page at the new address proves nothing
        (FetchOutcome.TIMED_OUT, None, 2),
    ],
)
def test_only_an_unbroken_way_to_one_address_counts(outcome, target, count):
    feed = replace(FEED, moved_to="https://b.example/rss", moved_times=2)
    made = planned(feed, polled(feed, outcome, 1, moved_to=target))
    assert (made.moved_times, made.address) == (count, None)


def test_an_address_with_a_password_is_not_left():
    feed = replace(FEED, url="https://me:secret@a.example/rss", moved_to="https://b.example/", moved_times=9)
    made = planned(feed, polled(feed, FetchOutcome.FETCHED, 1, moved_to="https://b.example/"))
    assert made.address is None


def test_lasting_failures_wait_longer_than_passing_ones():
    feed = replace(FEED, failures=4)
    passing, soft, hard = (
        planned(feed, polled(feed, outcome)).next_check_at
        for outcome in (FetchOutcome.TIMED_OUT, FetchOutcome.SERVER_ERROR, FetchOutcome.NOT_A_FEED)
    )
    assert passing < soft < hard


@pytest.mark.parametrize(
    ("failures", "outcome", "state"),
    [
        (0, FetchOutcome.DEAD_HOST, FeedState.ACTIVE),
        (2, FetchOutcome.DEAD_HOST, FeedState.FAILING),
        (9, FetchOutcome.NOT_FOUND, FeedState.SUSPENDED),
        (2, FetchOutcome.GONE, FeedState.RETIRED),
    ],
)
def test_states(failures, outcome, state):
    feed = replace(FEED, failures=failures, last_outcome=str(outcome))
    made = planned(feed, polled(feed, outcome, detail="the host does not answer"))
    assert made.state is state
    assert made.health.startswith("the host does not answer; ")


def test_one_success_mends_everything():
    feed = replace(FEED, failures=30, state=FeedState.SUSPENDED)
    made = planned(feed, polled(feed, FetchOutcome.NOT_MODIFIED))
    assert (made.state, made.failures, made.error) == (FeedState.ACTIVE, 0, None)


def test_the_health_names_what_was_odd():
    odd = {EntryOutcome.NO_LINK: 2, EntryOutcome.NEW_FUTURE_DATED: 1, EntryOutcome.NEW: 5}
    poll = polled(FEED, FetchOutcome.FETCHED, 8)
    made = plan(FEED, poll, seen=0, fresh=6, now=NOW, random=0.5, odd=odd)
    assert made.health == "8 entries, 6 new, 2 without a link, 1 dated in the future"
