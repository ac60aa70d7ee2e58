"""A story's first message in a channel: which there are, when each goes out, and whether alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fixtures_alerts import SEEN, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.opening import CATCH_UP, late_before, openings, timed, wakes
from monitor.alerts.policy import decide
from monitor.records import HoldReason, Opening, QuietHours, Route, Severity

DESK = Route("desk", "#desk", hourly=3, group_wait=timedelta(minutes=3))
GULF = Route("gulf", "#desk", ("sanctions",))
ARMS = Route("arms", "#arms", ("arms_transfers",))
ORDER = (DESK, GULF, ARMS)
SEVERITIES = {"sanctions": Severity.HIGH, "arms_transfers": Severity.LOW}
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = QuietHours(time(22), time(7), "Europe/Berlin")
LONG_AGO = SEEN - timedelta(days=9)

hits = st.lists(
    st.builds(
        lambda number, story, topic, score: (number, story, topic, score),
        st.integers(1, 99), st.integers(1, 4), st.sampled_from(list(SEVERITIES)), st.sampled_from((0.6, 0.9)),
    ),
    unique_by=lambda row: row[0],
    max_size=10,
)  # fmt: skip


def opened(rows, open_=frozenset(), routes=ORDER):
    found = [hit(number, story_id=story, topic=topic, score=score) for number, story, topic, score in rows]
    return openings(decide(found, routes, frozenset(), SEVERITIES), routes, open_, SEVERITIES)


@given(hits, st.frozensets(st.tuples(st.integers(1, 4), st.sampled_from(("#desk", "#arms")))))
def test_a_story_has_one_message_in_each_channel_that_it_is_led_to(rows, open_):
    made = opened(rows, open_)
    wanted = {(story, "#desk") for _, story, _, _ in rows}
    wanted |= {(story, "#arms") for _, story, topic, _ in rows if topic == "arms_transfers"}
    assert Counter((one.story_id, one.channel) for one in made) == Counter(wanted - open_)


@given(hits)
def test_a_message_shows_each_of_its_topics_once_by_the_best_hit(rows):
    for one in opened(rows):
        mine = [row for row in rows if row[1] == one.story_id]
        if one.channel == "#arms":
            mine = [row for row in mine if row[2] == "arms_transfers"]
        best = {topic: max(score for _, _, other, score in mine if other == topic) for _, _, topic, _ in mine}
        assert {shown.hit.topic: shown.hit.score for shown in one.hits} == best
        assert one.severity is max((SEVERITIES[topic] for topic in best), key=lambda each: each.rank)


def test_the_first_route_of_the_file_has_the_say():
    (one,) = opened([(1, 7, "sanctions", 0.9)])
    assert one.route is DESK
    (other,) = opened([(1, 7, "sanctions", 0.9)], routes=(GULF, DESK))
    assert other.route is GULF


def opening(
    number: int = 1, *, route: Route = DESK, severity: Severity = Severity.HIGH, age: timedelta = MINUTE
):  # type: ignore[no-untyped-def]
    found = hit(number, story_id=number)
    article = replace(found.article, effective_at=SEEN - age)
    return Opening(number, route.channel, route, (replace(found, article=article),), severity)


def when(*made: Opening, now: datetime = SEEN, opened: dict[str, int] | None = None, **more):  # type: ignore[no-untyped-def]
    late = more.pop("late", now - timedelta(hours=12))
    return [(one.hold, one.not_before) for one in timed(made, now, late=late, opened=opened or {}, **more)]


def test_the_group_wait_is_that_of_the_route_and_none_when_critical():
    assert when(opening()) == [(None, SEEN + 3 * MINUTE)]
    assert when(opening(), patient=False) == [(None, None)]
    assert when(opening(severity=Severity.CRITICAL)) == [(None, None)]
    assert when(opening(route=GULF)) == [(None, None)]


def test_late_news_is_gathered():
    old = opening(age=timedelta(hours=13))
    assert when(old) == [(HoldReason.LATE, SEEN)]
    assert when(old, catch_up=CATCH_UP) == [(HoldReason.LATE, SEEN + CATCH_UP)]
    mixed = replace(old, hits=(*old.hits, *opening().hits))  # something of it is new
    assert when(mixed)[0][0] is None


def test_after_a_gap_an_hour_is_late():
    assert late_before(SEEN, None) == SEEN - 12 * HOUR
    assert late_before(SEEN, SEEN - 5 * HOUR) == SEEN - 12 * HOUR
    assert late_before(SEEN, SEEN - 7 * HOUR) == SEEN - HOUR


@given(st.integers(0, 12), st.integers(0, 6), st.integers(0, 5))
def test_over_the_cap_is_held_for_the_next_hour_and_none_is_dropped(number, before, cap):
    route = replace(DESK, hourly=cap)
    made = [opening(n, route=route) for n in range(1, number + 1)]
    found = timed(made, SEEN + MINUTE, late=LONG_AGO, opened={"desk": before})
    assert [one.story_id for one in found] == [one.story_id for one in made]
    alone = [one for one in found if one.hold is None]
    assert len(alone) == min(number, max(cap - before, 0))
    held = found[len(alone) :]  # the gravest and surest come first, and go out alone
    assert all((one.hold, one.not_before) == (HoldReason.OVERFLOW, SEEN + HOUR) for one in held)


def test_a_critical_story_passes_cap_quiet_hours_and_lateness():
    night = datetime(2026, 5, 17, 23, tzinfo=UTC)
    route = replace(DESK, hourly=0, quiet=NIGHT)
    found = when(opening(route=route, severity=Severity.CRITICAL, age=timedelta(days=2)), now=night)
    assert found == [(None, None)]


def test_the_caps_of_two_routes_are_two():
    one, other = replace(DESK, hourly=1), replace(GULF, hourly=1)
    made = [opening(1, route=one), opening(2, route=other), opening(3, route=one)]
    assert [hold for hold, _ in when(*made)] == [None, None, HoldReason.OVERFLOW]


def berlin(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (berlin(2026, 5, 17, 21, 59), None),
        (berlin(2026, 5, 17, 22, 0), berlin(2026, 5, 18, 7, 0)),
        (berlin(2026, 5, 18, 6, 59), berlin(2026, 5, 18, 7, 0)),
        (berlin(2026, 5, 18, 7, 0), None),
        (berlin(2026, 3, 28, 23, 0), berlin(2026, 3, 29, 7, 0)),  # the night that is an hour short
        (berlin(2026, 10, 24, 23, 0), berlin(2026, 10, 25, 7, 0)),  # the night that is an hour long
        (datetime(2026, 3, 29, 4, 59, tzinfo=UTC), datetime(2026, 3, 29, 5, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 5, 30, tzinfo=UTC), datetime(2026, 10, 25, 6, 0, tzinfo=UTC)),
    ],
)
def test_a_night_follows_summer_time(now, end):
    assert wakes(NIGHT, now) == end
    route = replace(DESK, quiet=NIGHT)
    assert when(opening(route=route), now=now, late=LONG_AGO)[0][0] is (HoldReason.QUIET if end else None)


def test_quiet_days_are_those_on_which_the_hours_begin():
    weekend = replace(NIGHT, days=(5,))  # Saturday evening to Sunday morning
    assert wakes(weekend, berlin(2026, 5, 16, 23, 0)) == berlin(2026, 5, 17, 7, 0)
    assert wakes(weekend, berlin(2026, 5, 17, 6, 0)) == berlin(2026, 5, 17, 7, 0)
    assert wakes(weekend, berlin(2026, 5, 17, 23, 0)) is None
    assert wakes(None, SEEN) is None


zones = st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Dubai", "Australia/Lord_Howe", "UTC"))
clocks = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


@given(
    st.builds(QuietHours, clocks, clocks, zones),
    st.integers(0, 366 * 24 * 60).map(lambda minutes: SEEN + minutes * MINUTE),
)
def test_whoever_waits_for_the_end_of_the_quiet_hours_is_out_of_them(quiet, now):
    end = wakes(quiet, now)
    if end is None:
        return
    assert now < end <= now + timedelta(hours=25)
    local = end.astimezone(ZoneInfo(quiet.zone))
    skipped = local.utcoffset() != (local - HOUR).utcoffset()  # the clock's time may not exist that day
    assert skipped or (local.hour, local.minute) == (quiet.end.hour, quiet.end.minute)
    again = wakes(quiet, end)
    assert again is None or quiet.start == quiet.end  # a day of quiet hours has no end
