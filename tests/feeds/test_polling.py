from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.polling import LONGEST, SHORTEST, plan
from monitor.records import (
    FETCH_SUCCEEDED,
    Entry,
    EntryOutcome,
    Feed,
    FeedState,
    Fetched,
    FetchOutcome,
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
    assert (made.failures == 0) == (o in FETCH_SUCCEEDED) == (made.error is None)


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


def test_the_first_poll_says_nothing_of_the_pace():
    feed = replace(FEED, last_success_at=None)
    assert planned(feed, polled(feed, FetchOutcome.FETCHED, 40), 0, 40).interval == feed.interval


def test_a_server_that_asks_for_peace_gets_it():
    made = planned(FEED, polled(FEED, FetchOutcome.NOT_MODIFIED, max_age=timedelta(hours=3)))
    assert made.next_check_at - NOW == timedelta(hours=3)
    made = planned(FEED, polled(FEED, FetchOutcome.RATE_LIMITED, retry_after=timedelta(hours=2)))
    assert timedelta(hours=2) <= made.next_check_at - NOW < timedelta(hours=2.3)


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
