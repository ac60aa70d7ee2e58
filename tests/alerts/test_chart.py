"""The chart of a digest, as a picture and in words."""

from __future__ import annotations

import struct
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.chart import COLOURS, SHOWN, hits_chart, in_words, shown_topics
from monitor.records import HitDays

FIRST = date(2026, 5, 11)


@st.composite
def hit_days(draw: st.DrawFn) -> HitDays:
    length = draw(st.integers(1, 28))
    names = draw(st.lists(st.text(max_size=12), max_size=12, unique=True))
    counts = st.lists(st.integers(0, 10**6), min_size=length, max_size=length).map(tuple)
    return HitDays(FIRST, {name: draw(counts) for name in names})


@given(hit_days())
def test_no_hit_is_lost_between_topics(hits):
    shown = shown_topics(hits, {})
    assert len(shown) <= len(COLOURS)
    assert sum(sum(counts) for _, counts in shown) == sum(map(sum, hits.counts.values()))
    assert all(len(counts) == len(hits.days) for _, counts in shown)
    totals = [sum(counts) for _, counts in shown[:SHOWN]]
    assert totals == sorted(totals, reverse=True)


@settings(max_examples=8)
@given(hit_days())
def test_whatever_the_counts_and_names_it_is_a_picture_as_wide_as_a_phone(hits):
    picture = hits_chart(hits, {name: f"$\\frac{name}" for name in hits.counts})
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (900, 525)


def test_the_same_counts_are_the_same_picture():
    hits = HitDays(FIRST, {"sanctions": (1, 2, 0)})
    assert hits_chart(hits, {}) == hits_chart(hits, {})
    assert hits_chart(hits, {}) != hits_chart(HitDays(FIRST, {"sanctions": (1, 2, 1)}), {})


def test_the_chart_in_words():
    hits = HitDays(FIRST, {"arms": (0, 0), "sanctions": (1, 2)} | {f"t{n}": (0, 9 - n) for n in range(7)})
    words = in_words(hits, {"sanctions": "Sanctions"})
    assert words == (
        "Hits by topic and day, 11 May to 12 May: t0 0, 9; t1 0, 8; t2 0, 7; t3 0, 6; t4 0, 5; t5 0, 4; "
        "other topics 1, 5"
    )
