from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import dates

LATEST = datetime(2026, 6, 1, tzinfo=UTC)
seconds = st.integers(0, 36 * 365 * 86_400)
times = seconds.map(lambda count: datetime(1990, 1, 2, tzinfo=UTC) + timedelta(seconds=count))
zones = st.integers(-12 * 4, 14 * 4).map(lambda quarters: timezone(timedelta(minutes=15 * quarters)))
shifts = st.integers(-(10**8), 10**8).map(lambda seconds: timedelta(seconds=seconds))
forms = st.sampled_from(
    [
        lambda t: t.isoformat(),
        lambda t: t.isoformat(" "),
        format_datetime,
        lambda t: t.strftime("%d %b %y %H:%M:%S %z"),
        lambda t: t.strftime("%A, %d %B %Y %H:%M:%S %z"),
    ]
)


@given(times, zones, shifts, forms)
def test_a_moved_date_reads_as_the_shifted_time(time, zone, shift, form):
    text = form(time.replace(tzinfo=zone))
    moved = dates.moved(text, shift)
    before = dates.read(text)
    assert before == time.replace(tzinfo=zone)
    if 1970 <= (time + shift).year < 2068:  # what two digits of a year can say
        assert dates.read(moved) == before + shift
        if "May" not in moved:  # which is both the short and the long name
            assert dates.moved(moved, -shift) == text


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("Mon, 02 Mar 2026 23:30:00 GMT", "Wed, 04 Mar 2026 00:30:00 GMT"),
        ("Mon, 2 Mar 2026 9:05 EST", "Tue, 3 Mar 2026 10:05 EST"),
        ("MON, 02 MAR 2026 23:30:00 +0100 (CET)", "WED, 04 MAR 2026 00:30:00 +0100 (CET)"),
        ("28 February 2025 12:00:00", "01 March 2025 13:00:00"),
        ("Mon Mar  2 23:30:00 2026", "Wed Mar  4 00:30:00 2026"),
        ("2026-12-31T23:00:00.125Z", "2027-01-02T00:00:00.125Z"),
        ("2026-03-02", "2026-03-03"),
        ("2026-03-02 10:00:00", "2026-03-03 11:00:00"),
    ],
)
def test_the_form_of_a_date_is_kept(text, later):
    assert dates.moved(text, timedelta(hours=25)) == later


@pytest.mark.parametrize(
    "text", ["yesterday", "2020/1/10 14:33:00", "Mon, 31 Feb 2026 10:00:00 GMT", "Lu, 2 Gfo 2026"]
)
def test_what_is_no_date_stays(text):
    assert dates.read(text) is None
    assert dates.moved(text, timedelta(days=3)) == text


RSS = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0"><channel><title>Прогноз</title><lastBuildDate>Sun, 31 May 2026 10:00:00 GMT</lastBuildDate>
<item><title>А 2026-05-01</title><pubDate><![CDATA[Fri, 01 May 2026 10:00:00 GMT]]></pubDate></item>
<item><pubDate> Sat, 02 May 2026 10:00:00 +0300 </pubDate></item>
<item><pubDate>Sat, 02 May 2099 10:00:00 GMT</pubDate></item>
<item><pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate></item>
<item><pubDate>once upon a time</pubDate></item></channel></rss>"""


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16"])
def test_only_sane_dates_change_in_any_encoding(encoding):
    document = RSS.format(encoding=encoding).encode(encoding)
    assert dates.newest(document, LATEST) == datetime(2026, 5, 2, 7, tzinfo=UTC)
    moved = dates.shifted(document, timedelta(days=1), LATEST).decode(encoding)
    assert moved == RSS.format(encoding=encoding).replace("Sun, 31 May", "Mon, 01 Jun").replace(
        "Fri, 01 May", "Sat, 02 May"
    ).replace("Sat, 02 May 2026 10:00:00 +0300", "Sun, 03 May 2026 10:00:00 +0300")
    assert dates.shifted(document, timedelta(0), LATEST) == document


def test_an_entry_counts_as_published_not_as_revised():
    atom = b"""<feed><updated>2026-05-09T00:00:00Z</updated><entry><updated>2026-05-08T00:00:00Z</updated>
    <published>2026-05-01T00:00:00Z</published></entry><entry><updated>2026-04-08T00:00:00Z</updated></entry></feed>"""
    assert [time for _, time in dates.items(atom)] == [
        datetime(2026, 5, 1, tzinfo=UTC),
        datetime(2026, 4, 8, tzinfo=UTC),
    ]


def test_json_members_move():
    item = b'{"title": "2026-05-01", "date_published": "2026-05-01T10:00:00+12:00"}'
    document = b'\xef\xbb\xbf{"items": [' + item + b"]}"
    assert dates.newest(document, LATEST) == datetime(2026, 4, 30, 22, tzinfo=UTC)
    moved = dates.shifted(document, timedelta(days=31), LATEST)
    assert moved == document.replace(b'ed": "2026-05-01', b'ed": "2026-06-01')


@pytest.mark.parametrize(
    "document", [b"", b"{", b'{"items": 3}', b'{"items": ["x", {"date_published": 7}]}', b"<rss/>"]
)
def test_a_broken_document_has_no_newest_item(document):
    assert dates.newest(document, LATEST) is None
    assert dates.shifted(document, timedelta(days=1), LATEST) == document
