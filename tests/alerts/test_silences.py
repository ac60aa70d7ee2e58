from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fixtures_alerts import SEEN, TITLES, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.checks import check
from monitor.alerts.silences import fits, hiding, report_message, what
from monitor.alerts.terminal import plain
from monitor.records import Hidden, Silence, SilenceCount, SilenceMatcher

HIT = hit(actors=("IRGC", "IRN"), countries=("IRN",))
DAY = timedelta(days=1)
RUNNING = Silence(3, SilenceMatcher(topic="sanctions"), "Ada", "known wave", SEEN, SEEN + DAY)


@pytest.mark.parametrize(
    ("matcher", "hides"),
    [
        (SilenceMatcher(topic="sanctions"), True),
        (SilenceMatcher(topic="arms_transfers"), False),
        (SilenceMatcher(story_id=7), True),
        (SilenceMatcher(story_id=8), False),
        (SilenceMatcher(publisher="harbour herald"), True),
        (SilenceMatcher(publisher="Harbour"), False),
        (SilenceMatcher(actor="irgc"), True),
        (SilenceMatcher(actor="NATO"), False),
        (SilenceMatcher(country="irn"), True),
        (SilenceMatcher(country="RUS"), False),
        (SilenceMatcher(words="TANKER  firms"), True),
        (SilenceMatcher(words="tanker firm"), False),  # whole words
        (SilenceMatcher(words="barred their ships"), True),  # of the matched sentence
        (SilenceMatcher(words="a.b(c"), False),
        (SilenceMatcher(topic="sanctions", publisher="Harbour Herald", country="IRN"), True),
        (SilenceMatcher(topic="sanctions", publisher="Harbour Herald", country="RUS"), False),
    ],
)
def test_all_that_is_given_has_to_fit(matcher, hides):
    assert fits(matcher, HIT) is hides


@given(
    st.builds(
        SilenceMatcher,
        st.sampled_from(("", "sanctions", "arms_transfers")),
        st.sampled_from((None, 7, 8)),
        st.sampled_from(("", "Harbour Herald", "Meridian")),
        st.sampled_from(("", "IRGC", "NATO")),
        st.sampled_from(("", "IRN", "RUS")),
        st.sampled_from(("", "tanker", "ferry")),
    )
)
def test_one_more_condition_never_hides_more(matcher):
    empty = SilenceMatcher()
    for name in ("topic", "story_id", "publisher", "actor", "country", "words"):
        looser = replace(matcher, **{name: getattr(empty, name)})
        assert fits(looser, HIT) or not fits(matcher, HIT)


def test_every_silence_that_hides_is_named():
    other = replace(RUNNING, id=4, matcher=SilenceMatcher(story_id=9))
    third = replace(RUNNING, id=5, matcher=SilenceMatcher(words="tanker"))
    assert [one.id for one in hiding([RUNNING, other, third], HIT)] == [3, 5]


def test_in_words():
    matcher = SilenceMatcher("sanctions", 7, "Herald", "NATO", "IRN", "ferry")
    told = "topic Sanctions, story 7, publisher Herald, actor NATO, country IRN, the words “ferry”"
    assert what(matcher, TITLES) == told


def hidden(number: int, score: float, headline: str = "Fleet") -> Hidden:
    return Hidden(
        number, "sanctions", f"{headline} {number}", f"https://a.example/{number}", "Herald", score, 2
    )


def test_the_report_counts_all_and_names_what_scored_high():
    found = [hidden(1, 0.97), hidden(2, 0.9), hidden(3, 0.89)]
    message = report_message(SilenceCount(RUNNING, 200, 3, 1), found, TITLES, SEEN + DAY)
    assert check(message) == []
    assert message.text == (
        "Silence on topic Sanctions ran out: It hid 200 hits in 3 stories and 1 development."
    )
    shown = plain(message)
    assert "Set by Ada: known wave. From 17 May 08:00 to 18 May 08:00 UTC." in shown
    assert "• Fleet 1 (https://a.example/1) · Herald (a.example) · Sanctions 0.97, 2 hits" in shown
    assert ("Fleet 2" in shown, "Fleet 3" in shown) == (True, False)


def test_a_silence_that_hid_nothing_says_so():
    ended = replace(RUNNING, ended_at=SEEN, ended_by="Ben")
    message = report_message(SilenceCount(ended, 0, 0, 0), [], TITLES, SEEN)
    assert message.text == "Silence on topic Sanctions ended by Ben: It hid nothing."


@given(st.text(), st.text(max_size=3_000), st.integers(0, 40))
def test_any_report_is_one_that_slack_takes(words, headline, number):
    silence = replace(RUNNING, matcher=SilenceMatcher(words=words), owner=headline, reason=headline)
    found = [hidden(n, 0.95, headline) for n in range(number)]
    message = report_message(SilenceCount(silence, number, number, 0), found, TITLES, SEEN)
    assert check(message) == []
    assert "<" not in message.text
