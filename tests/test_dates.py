# ruff: noqa: DTZ001  # the zone is added where the times are compared
from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.dates import _as_it_can_be, _by_the_book, judge, read
from monitor.records import DateStatus

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Wed, 04 Mar 2026 10:30:00 +0100", datetime(2026, 3, 4, 9, 30)),
        ("4 Mar 26 10:30 GMT", datetime(2026, 3, 4, 10, 30)),
        ("Wed, 04 Mar 2026 10:30:00 EST", datetime(2026, 3, 4, 15, 30)),
        ("Wed,4 Mar 2026 9:5:7 GMT+9", datetime(2026, 3, 4, 0, 5, 7)),
        ("Wed, 04 Mar 2026 24:00:00 GMT", datetime(2026, 3, 5)),
        ("2026-03-04T10:30:00.123Z", datetime(2026, 3, 4, 10, 30)),
        ("2026-03-04T10:30:00-0500", datetime(2026, 3, 4, 15, 30)),
        ("2026-03-04 10:30", datetime(2026, 3, 4, 10, 30)),
        ("20260304T103000Z", datetime(2026, 3, 4)),
        ("2026-03", datetime(2026, 3, 1)),
        ("2020/1/10 14:33:00", datetime(2020, 1, 10, 14, 33)),
        ("Sat, Dec 16 2023 02:02:33 PM", datetime(2023, 12, 16, 14, 2, 33)),
        ("Friday, January 29, 2021 04:42 PM", datetime(2021, 1, 29, 16, 42)),
        ("Seg, 24 Set 2018 19:42:40 -0300", datetime(2018, 9, 24, 22, 42, 40)),
        ("4. März 2026, 10:30 Uhr", datetime(2026, 3, 4, 10, 30)),
        ("4 марта 2026 10:30", datetime(2026, 3, 4, 10, 30)),
        ("22.11.2022 12:16:00", datetime(2022, 11, 22, 12, 16)),
        ("25/12/2022", datetime(2022, 12, 25)),
        ("Fri, 05/03/2019 - 15:21", datetime(2019, 5, 3, 15, 21)),
    ],
)
def test_dates_that_mean_one_time_are_read(text: str, time: datetime) -> None:
    found = read(text)
    assert found is not None
    assert found.replace(microsecond=0) == time.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["05/03/2019", "2020/13/10", "some day soon", "31 Feb 2026", "null", "12:30", "9" * 200]
)
def test_dates_that_mean_none_or_several_are_not(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("", DateStatus.MISSING),
        ("tomorrow", DateStatus.IMPOSSIBLE),
        ("Thu, 01 Jan 1970 00:00:00 GMT", DateStatus.IMPOSSIBLE),
        ("Fri, 01 Jan 2099 00:00:00 GMT", DateStatus.FUTURE),
    ],
)
def test_what_cannot_be_is_marked(text: str, status: DateStatus) -> None:
    assert judge(text, NOW) == (None, status)


@given(
    st.text(max_size=60)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,2} \w{3} \d{2,4} \d\d:\d\d:\d\d [+-]\d{4}", fullmatch=True)
)
def test_any_text_gives_a_time_in_utc_or_none(text: str) -> None:
    found = read(text)
    assert found is None or found.utcoffset() == timedelta(0)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2049, 12, 31)), st.integers(-720, 720))
def test_what_the_formats_ask_for_is_read_to_the_second(time: datetime, minutes: int) -> None:
    aware = time.replace(microsecond=0, tzinfo=UTC)
    sign, (hours, rest) = "+-"[minutes < 0], divmod(abs(minutes), 60)
    local = aware + timedelta(minutes=minutes)
    assert read(f"{local:%a, %d %b %Y %H:%M:%S} {sign}{hours:02}{rest:02}") == aware
    assert read(f"{local:%Y-%m-%dT%H:%M:%S}{sign}{hours:02}:{rest:02}") == aware


by_the_book = st.builds(
    "{}{} {} {} {}{}".format,
    st.sampled_from(["", "Wed, ", "Mon, "]),
    st.sampled_from(["1", "04", "31", "30", "0"]),
    st.sampled_from(["Mar", "Feb", "Sep", "Mai", "Xyz"]),
    st.sampled_from(["2026", "1969", "9999", "0001"]),
    st.sampled_from(["10:30:00", "23:59:60", "24:00:00", "00:00:00", "10:61:00"]),
    st.sampled_from([" GMT", " +0100", " -0530", " +1500", " +2400", " Z", " UTC", " CET", ""]),
) | st.builds(
    "{}-{}T{}{}".format,
    st.sampled_from(["2026", "0001", "9999"]),
    st.sampled_from(["03-04", "02-30", "13-01", "12-31"]),
    st.sampled_from(["10:30:00", "10:30:00.123", "23:59:60", "24:00:00"]),
    st.sampled_from(["Z", "+01:00", "-0530", "+15:00", "+24:00", ""]),
)


@given(by_the_book)
def test_the_short_way_to_a_time_leads_where_the_long_one_does(text: str) -> None:
    assert _by_the_book(text) in {None, _as_it_can_be(text)}


def test_most_dates_take_the_short_way() -> None:
    assert _by_the_book("Wed, 04 Mar 2026 10:30:00 +0100") == _by_the_book("2026-03-04T09:30:00Z")
