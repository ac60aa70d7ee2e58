"""What a document says of how often it wants to be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.parse import parse
from monitor.records import Pace

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)
NONE: frozenset[int] = frozenset()


def read(channel: str) -> Pace:
    start = (
        "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>t</title>"
    )
    body = f"{start}{channel}<item><title>a</title><link>https://a.example/</link></item></channel></rss>"
    return parse(body.encode(), url="https://a.example/feed", content_type=None, now=NOW).pace


@pytest.mark.parametrize(
    ("channel", "ttl"),
    [
        ("", None),
        ("<ttl>30</ttl>", HOUR / 2),
        ("<ttl>-5</ttl>", None),
        ("<ttl>soon</ttl>", None),
        ("<ttl>٣</ttl>", None),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", HOUR),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", HOUR / 4),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", 24 * HOUR),
        ("<ttl>30</ttl><sy:updatePeriod>daily</sy:updatePeriod>", 24 * HOUR),
        ("<sy:updatePeriod>sometimes</sy:updatePeriod>", None),
    ],
)
def test_how_long_it_wants_to_be_left_alone(channel: str, ttl: timedelta | None) -> None:
    assert read(channel).ttl == ttl


def test_every_hour_and_day_of_its_lists_counts() -> None:
    hours = "<skipHours><hour>0</hour><hour> 1 </hour><hour>24</hour><hour>99</hour></skipHours>"
    days = "<skipDays><day>Saturday</day><day>sunday</day><day>Caturday</day></skipDays>"
    assert read(hours + days) == Pace(None, frozenset({0, 1}), frozenset({5, 6}))


def test_one_that_skips_everything_skips_nothing() -> None:
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    days = "<day>Monday</day><day>Tuesday</day><day>Wednesday</day><day>Thursday</day><day>Friday</day>"
    whole = f"<skipHours>{hours}</skipHours><skipDays>{days}<day>Saturday</day><day>Sunday</day></skipDays>"
    assert read(whole) == Pace()


@given(st.text(alphabet="<>/hourdaysk pHD0123456789", max_size=200))
def test_rubbish_in_the_lists_is_no_error(rubbish: str) -> None:
    found = read(f"<skipHours><![CDATA[{rubbish}]]></skipHours>")
    assert found.skip_hours <= frozenset(range(24))
    assert found.skip_days == NONE
