from __future__ import annotations

from fixtures_alerts import TITLES, delivery, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.render import alert_message, check
from monitor.alerts.sender import PLAIN_LIMIT, Pace, degrade, overflow
from monitor.alerts.spans import first_link
from monitor.records import Message, Route


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 3)), max_size=30), st.floats(0, 2))
def test_two_posts_to_a_channel_are_an_interval_apart(posts, interval):
    clock = Clock()
    pace = Pace(interval, clock.monotonic, clock.sleep)
    last: dict[str, float] = {}
    for channel, passes in posts:
        clock.now += passes
        before = clock.now
        pace.wait(channel)
        earliest = last.get(channel, before) + interval if channel in last else before
        assert abs(clock.now - max(before, earliest)) < 1e-6  # neither too soon nor later than needed
        last[channel] = clock.now
    assert all(seconds > 0 for seconds in clock.slept)


def test_channels_do_not_wait_for_each_other():
    clock = Clock()
    pace = Pace(1.0, clock.monotonic, clock.sleep)
    for channel in ("#a", "#b", "#c"):
        pace.wait(channel)
    assert clock.slept == []
    pace.wait("#a")
    assert clock.slept == [1.0]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_what_is_over_the_cap_is_folded(number, sent, cap):
    mine = [delivery(n, Message(f"{n}", ())) for n in range(number)]
    over = overflow(mine, sent, cap)
    alone = mine[: len(mine) - len(over)]
    assert alone + over == mine  # none is dropped, the newest are folded
    assert len(over) != 1
    room = max(cap - sent, 0)
    assert len(alone) == min(number, room) or (not over and number == room + 1)


def test_a_degraded_alert_keeps_its_link():
    url = "https://harbour-herald.example/a?b=1&c=2"
    found = degrade(alert_message(hit(url=url), Route("r", "#c", ("*",)), TITLES, "http://localhost"))
    assert found.blocks == ()
    assert found.text.startswith("Sanctions: Council freezes assets")
    assert found.text.endswith("\n<https://harbour-herald.example/a?b=1&amp;c=2>")
    assert first_link(found) == url
    assert degrade(found) == found


@given(st.text(st.sampled_from("&<x é"), max_size=4_000), st.booleans())
def test_a_degraded_message_fits_and_is_whole(text, linked):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    link = {"type": "link", "text": "x", "url": "https://a.example/" + "x" * 900}
    part = {"type": "rich_text_section", "elements": [link]}
    blocks = ({"type": "rich_text", "elements": [part]},) if linked else ()
    plain = degrade(Message("x" + escaped, blocks))
    assert len(plain.text) <= PLAIN_LIMIT
    assert check(plain) == []
    left = plain.text.replace("&amp;", "").replace("&lt;", "")
    assert "&" not in left
