from __future__ import annotations

from fixtures_alerts import TITLES, hit
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.checks import check
from monitor.alerts.message import Look, alert_message
from monitor.alerts.sender import PLAIN_LIMIT, degrade
from monitor.alerts.spans import first_link
from monitor.records import Message, Severity


def test_a_degraded_alert_keeps_its_link():
    url = "https://harbour-herald.example/a?b=1&c=2"
    found = degrade(alert_message([hit(url=url)], Severity.HIGH, "t", Look(TITLES)))
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
