"""Slack messages as HTML for the Alerts page (pure)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
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
    LineKind.PICTURE: "small",
}


def to_html(message: Message, *, buttons: bool = False, pictures: Mapping[str, bytes] | None = None) -> str:
    """The message as a fragment of HTML that is safe to put into a page, in one `div class="message"`.

    Args:
        buttons: whether its buttons are shown; they do nothing there.
        pictures: PNGs by the files that the message names; of others the description is shown.
    """
    parts = []
    inside = False
    for line in lines(message, buttons=buttons):
        bullet = line.kind is LineKind.BULLET
        if bullet != inside:
            parts.append("<ul>" if bullet else "</ul>")
            inside = bullet
        parts.append(_line(line, pictures or {}))
    if inside:
        parts.append("</ul>")
    return f'<div class="message">{"".join(parts)}</div>'


def _line(line: Line, pictures: Mapping[str, bytes]) -> str:
    if line.kind is LineKind.RULE:
        return "<hr>"
    if line.kind is LineKind.BUTTONS:
        shown = "".join(f'<span class="button">{escape(span.text)}</span>' for span in line.spans)
        return f'<div class="buttons">{shown}</div>'
    if line.picture in pictures:
        content = b64encode(pictures[line.picture]).decode("ascii")
        return f'<img src="data:image/png;base64,{content}" alt="{escape(line.text)}">'
    tag = _TAGS[line.kind]
    return f"<{tag}>{''.join(map(_span, line.spans))}</{tag}>"


def _span(span: Span) -> str:
    if span.code:
        return f"<code>{escape(span.text.strip('`'))}</code>"
    text = escape(span.text)
    if url := address(span.url):
        text = f'<a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{text}</a>'
    return f"<strong>{text}</strong>" if span.bold else text
