"""Which silence is worth an alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.habits import alarms, habit
from monitor.records import Alarm, AlarmKind, Feed, FeedState, Volume

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
DAY = timedelta(days=1)
FEED = Feed(
    7, "https://a.example/rss", "Courier", "World", last_checked_at=NOW, last_new_at=NOW - timedelta(hours=1)
)


def days(*counts: int) -> tuple[tuple[int, int], ...]:
    """The last days before today, oldest first."""
    first = NOW - len(counts) * DAY
    return tuple(((first + place * DAY).weekday(), count) for place, count in enumerate(counts))


def volume(last_24h: int, *counts: int, **feed: object) -> Volume:
    return Volume(replace(FEED, **feed), NOW - 40 * DAY, last_24h, days(*counts))  # type: ignore[arg-type]


def kinds(found: list[Alarm]) -> list[tuple[AlarmKind, str]]:
    return [(alarm.kind, alarm.subject) for alarm in found]


STEADY = (20, 22, 18, 21, 19, 23, 17) * 4


def test_a_feed_that_falls_silent_is_told_of_with_its_habit() -> None:
    [alarm] = alarms([volume(0, *STEADY)], NOW)
    assert (alarm.kind, alarm.subject) == (AlarmKind.FEED_QUIET, "7")
    assert alarm.line == (
        "Courier brought 0 new articles in 24 hours; its habit is 20.0 a day, give or take 2.0"
    )


@pytest.mark.parametrize(("last_24h", "quiet"), [(16, True), (17, False), (20, False), (90, False)])
def test_one_and_a_half_sigma_is_the_border(last_24h: int, quiet: bool) -> None:
    """Mean 20 and spread 2: below 17."""
    assert bool(alarms([volume(last_24h, *STEADY)], NOW)) is quiet


def test_a_weekday_that_is_always_quiet_is_no_alarm() -> None:
    """Sundays bring two; today is one."""
    sunday = NOW - 2 * DAY
    first = sunday - 28 * DAY
    week = tuple((first + n * DAY).weekday() for n in range(28))
    known = tuple((weekday, 2 if weekday == 6 else 40) for weekday in week)
    feed = replace(FEED, last_checked_at=sunday, last_new_at=sunday)
    usual = habit(known)
    assert usual is not None
    assert usual.least > 2
    assert alarms([Volume(feed, NOW - 40 * DAY, 2, known)], sunday) == []
    assert kinds(alarms([Volume(feed, NOW - 40 * DAY, 1, known)], sunday)) == [(AlarmKind.FEED_QUIET, "7")]


def test_a_feed_without_a_habit_is_not_judged() -> None:
    assert alarms([volume(0, *STEADY[:6])], NOW) == []
    assert alarms([volume(0, 0, 1, 0, 0, 2, 0, 1)], NOW) == []  # a day without news is its habit


def test_a_failing_feed_says_why_it_is_quiet() -> None:
    [alarm, _] = alarms(
        [volume(0, *STEADY, failures=4, state=FeedState.FAILING, last_error="the host does not answer")], NOW
    )
    assert alarm.line.endswith("give or take 2.0 (the host does not answer)")


@pytest.mark.parametrize("state", [FeedState.SUSPENDED, FeedState.RETIRED])
def test_no_feed_is_silently_off(state: FeedState) -> None:
    off = volume(0, *STEADY, state=state, last_error="the server says 410 Gone", next_check_at=NOW + DAY)
    healthy = volume(20, *STEADY, id=8)
    [alarm] = alarms([off, healthy], NOW)
    assert (alarm.kind, alarm.subject) == (AlarmKind.FEED_OFF, "7")
    assert "the server says 410 Gone" in alarm.line
    assert ("tried again 2026-11-25 12:00 UTC" in alarm.line) is (state is FeedState.SUSPENDED)


def test_a_group_whose_healthy_feeds_are_silent() -> None:
    silent = volume(0, last_new_at=NOW - 25 * 60 * timedelta(minutes=1))
    failing = volume(9, id=8, state=FeedState.FAILING)
    [alarm] = alarms([silent, failing], NOW)
    assert kinds([alarm]) == [(AlarmKind.GROUP_SILENT, "World")]
    assert alarm.line == (
        "no healthy feed of the group 'World' has brought anything new for 24 hours "
        "(last on 2026-11-23 11:00 UTC); 1 of 2 are healthy"
    )
    assert alarms([silent, failing, volume(1, id=9)], NOW) == []


def test_a_group_that_is_new_or_rarely_speaks_is_no_alarm() -> None:
    silent = volume(0, last_new_at=None)
    assert kinds(alarms([silent], NOW)) == [(AlarmKind.GROUP_SILENT, "World")]
    assert alarms([replace(silent, added_at=NOW - timedelta(hours=20))], NOW) == []
    assert alarms([replace(silent, days=days(*[0, 0, 0, 1, 0, 0, 0]))], NOW) == []


def test_after_an_outage_of_ours_only_what_was_polled_since_is_judged() -> None:
    before = volume(0, *STEADY, last_checked_at=NOW - timedelta(hours=5), last_new_at=NOW - 2 * DAY)
    since = NOW - timedelta(hours=1)
    assert alarms([before], NOW, since) == []
    assert (
        len(alarms([before, replace(before, feed=replace(before.feed, last_checked_at=NOW))], NOW, since))
        == 2
    )


@given(st.lists(st.integers(0, 200), min_size=7, max_size=28), st.integers(0, 200))
def test_what_is_at_its_mean_is_never_quiet(counts: list[int], more: int) -> None:
    usual = habit(days(*counts))
    assert usual is not None
    assert usual.least < usual.mean
    assert alarms([volume(round(usual.mean) + 1 + more, *counts)], NOW) == []
