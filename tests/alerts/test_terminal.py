from __future__ import annotations

import io
from typing import Any

import pytest
from fixtures_alerts import TITLES, hit
from rich.console import Console

from monitor.alerts.html import to_html
from monitor.alerts.message import Look, alert_message
from monitor.alerts.spans import Line, LineKind, Span, first_link, lines, mrkdwn
from monitor.alerts.terminal import plain, show
from monitor.records import Message, Severity


def printed(message: Message, **options: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=100, highlight=False, **options).print(show(message))
    return out.getvalue()


def alert(**changes: Any) -> Message:
    return alert_message([hit(**changes)], Severity.HIGH, "token", Look(TITLES))


def section(text: str, kind: str = "mrkdwn") -> Message:
    return Message("x", ({"type": "section", "text": {"type": kind, "text": text}},))


def test_the_terminal_shows_the_message_in_a_box():
    shown = printed(alert()).splitlines()
    assert shown[0].startswith("╭")
    assert shown[-1].startswith("╰")
    assert "Council freezes assets of eleven tanker firms" in shown[1]
    assert any("▎ The council froze" in line for line in shown)
    assert any("First seen 17 May 08:00 UTC · Story 7" in line for line in shown)


def test_links_can_be_clicked_in_a_terminal():
    text = printed(alert(), force_terminal=True, color_system="truecolor")
    assert "https://www.harbour-herald.example/tankers?ref=rss" in text


def test_nothing_in_a_message_commands_the_terminal():
    nasty = "[bold red]x[/] [link=https://evil.example]y[/link] \x1b]0;title\x07 \x9b2J"
    for text in (printed(section(nasty, "plain_text")), printed(alert(title=nasty))):
        assert "[bold red]x[/]" in text
        assert not {"\x1b", "\x07", "\x9b"} & set(text)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("plain &amp; simple", [Span("plain & simple")]),
        ("see <https://a.example/?x=1&amp;y=2|the page> now", None),
        ("<https://a.example/>", [Span("https://a.example/", "https://a.example/")]),
        ("<!date^1779004800^{date} {time}|17 May>", [Span("17 May")]),
        ("*loud* words", [Span("loud", bold=True), Span(" words")]),
        ("1 < 2 * 3", [Span("1 < 2 * 3")]),
        ("", []),
    ],
)
def test_markup(text, spans):
    wanted = [Span("see "), Span("the page", "https://a.example/?x=1&y=2"), Span(" now")]
    assert list(mrkdwn(text)) == (wanted if spans is None else spans)


def test_a_message_without_blocks_is_its_text():
    message = Message("first\nsecond <https://a.example/|link>", ())
    assert plain(message) == "first\nsecond link (https://a.example/)"
    assert first_link(message) == "https://a.example/"
    assert first_link(Message("none", ())) == ""


def test_all_kinds_of_lines():
    message = Message(
        "x",
        (
            {"type": "header", "text": {"type": "plain_text", "text": "Head"}},
            {"type": "divider"},
            {"type": "video"},  # one that we do not write
            {"type": "section", "text": {"type": "plain_text", "text": "*as it is*\nnext"}},
        ),
    )
    assert lines(message) == [
        Line(LineKind.TITLE, (Span("Head", bold=True),)),
        Line(LineKind.RULE),
        Line(LineKind.TEXT, (Span("*as it is*"),)),
        Line(LineKind.TEXT, (Span("next"),)),
    ]
    assert plain(message) == "Head\n---\n*as it is*\nnext"
    assert to_html(message) == (
        '<div class="message"><h3><strong>Head</strong></h3><hr><p>*as it is*</p><p>next</p></div>'
    )


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&lt;b&gt;"])
def test_html_is_escaped(text):
    page = to_html(section(text, "plain_text"))
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>" not in to_html(section(text))


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", 'https://a.example/"onclick="x'])
def test_html_links_only_to_web_addresses(url):
    part = {"type": "rich_text_section", "elements": [{"type": "link", "text": "x", "url": url}]}
    page = to_html(Message("x", ({"type": "rich_text", "elements": [part]},)))
    assert "javascript:" not in page
    assert "data:" not in page
    assert 'onclick="' not in page


def test_a_list_is_one_list():
    items = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": name}]} for name in ("one", "two")
    ]
    block = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_list", "style": "bullet", "elements": items}],
    }
    assert to_html(Message("x", (block,))) == ('<div class="message"><ul><li>one</li><li>two</li></ul></div>')
