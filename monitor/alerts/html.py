"""Slack messages as HTML for the Alerts page (pure)."""

from __future__ import annotations

from html import escape

from monitor.alerts.blocks import address
from monitor.alerts.spans import Line, LineKind, Span, lines
from monitor.records import Message

_TAGS = {
    LineKind.TITLE: "h3",
    LineKind.TEXT: "p",
    LineKind.QUOTE: "blockquote",
    LineKind.BULLET: "li",
    LineKind.SMALL: "small",
}


def to_html(message: Message, *, buttons: bool = False) -> str:
    """The message as a fragment of HTML that is safe to put into a page, in one `div class="message"`.

    Args:
        buttons: whether its buttons are shown; they do nothing there.
    """
    parts = []
    inside = False
    for line in lines(message, buttons=buttons):
        bullet = line.kind is LineKind.BULLET
        if bullet != inside:
            parts.append("<ul>" if bullet else "</ul>")
            inside = bullet
        parts.append(_line(line))
    if inside:
        parts.append("</ul>")
    return f'<div class="message">{"".join(parts)}</div>'


def _line(line: Line) -> str:
    if line.kind is LineKind.RULE:
        return "<hr>"
    if line.kind is LineKind.BUTTONS:
        return "".join(f'<span class="button">{escape(span.text)}</span>' for span in line.spans)
    tag = _TAGS[line.kind]
    return f"<{tag}>{''.join(map(_span, line.spans))}</{tag}>"


def _span(span: Span) -> str:
    text = escape(span.text)
    if url := address(span.url):
        text = f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{text}</a>'
    return f"<strong>{text}</strong>" if span.bold else text
