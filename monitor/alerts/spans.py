"""What a reader sees of a Slack message: its blocks as lines of spans (pure).

The terminal, the Alerts page and the shortened forms of a message are all made from these lines, so
that they show what Slack shows. Blocks that we do not write ourselves are passed over.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from monitor.records import Json, Message


class LineKind(StrEnum):
    """How a line is set."""

    TITLE = "title"
    TEXT = "text"
    QUOTE = "quote"
    BULLET = "bullet"
    SMALL = "small"
    RULE = "rule"  # no spans: a line across
    PICTURE = "picture"  # one span, its description
    BUTTONS = "buttons"  # a span a button; they work in Slack alone


@dataclass(frozen=True, slots=True)
class Span:
    """A run of plain text (nothing in it is escaped), linked where `url` is set."""

    text: str
    url: str = ""
    bold: bool = False
    code: bool = False  # its backticks are part of the text


@dataclass(frozen=True, slots=True)
class Line:
    """A line of spans; `picture` is the file that a picture shows."""

    kind: LineKind
    spans: tuple[Span, ...] = ()
    picture: str = ""

    @property
    def text(self) -> str:
        """The line as Slack reads it out: the labels of links, not their addresses."""
        return "".join(span.text for span in self.spans)


# Slack's own tokens: <url|label>, <!date^seconds^form^link|fallback>, and *bold* text and `code`.
_TOKEN = re.compile(
    r"<(?P<target>[^<>|\s]+[^<>|]*)(?:\|(?P<label>[^<>]*))?>|\*(?P<bold>[^*\n]+)\*|(?P<code>`[^`\n]+`)"
)


def lines(message: Message, *, buttons: bool = False) -> list[Line]:
    """The lines of a message; of its fall-back text where it has no blocks that we know.

    Args:
        buttons: whether the line of its buttons is wanted, which do nothing outside Slack.
    """
    found = [line for block in message.blocks for line in _block(block)]
    if not buttons:
        found = [line for line in found if line.kind is not LineKind.BUTTONS]
    return found or [Line(LineKind.TEXT, tuple(mrkdwn(part))) for part in message.text.splitlines()]


def first_link(message: Message) -> str:
    """The address of the first link of a message, or an empty string."""
    return next((span.url for line in lines(message) for span in line.spans if span.url), "")


def mrkdwn(text: str) -> Iterator[Span]:
    """The spans of a line in Slack's markup: links, dates and bold text."""
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() > at:
            yield Span(html.unescape(text[at : token.start()]))
        at = token.end()
        if token["bold"]:
            yield Span(html.unescape(token["bold"]), bold=True)
        elif token["code"]:
            yield Span(html.unescape(token["code"]), code=True)
        elif token["target"].startswith("!"):
            yield Span(html.unescape(token["label"] or token["target"]))
        else:
            yield Span(html.unescape(token["label"] or token["target"]), html.unescape(token["target"]))
    if at < len(text):
        yield Span(html.unescape(text[at:]))


def _block(block: Json) -> Iterator[Line]:
    match block.get("type"):
        case "header":
            yield Line(LineKind.TITLE, (Span(block["text"]["text"], bold=True),))
        case "section":
            yield from _text(block["text"], LineKind.TEXT)
        case "context":
            for element in block["elements"]:
                yield from _text(element, LineKind.SMALL)
        case "rich_text":
            for element in block["elements"]:
                yield from _rich(element)
        case "divider":
            yield Line(LineKind.RULE)
        case "actions":
            labels = (str(element.get("text", {}).get("text", "")) for element in block["elements"])
            yield Line(LineKind.BUTTONS, tuple(map(Span, labels)))
        case "image":
            file = str(block.get("slack_file", {}).get("id", ""))
            yield Line(LineKind.PICTURE, (Span(f"Picture: {block.get('alt_text', '')}"),), file)


def _text(text: Json, kind: LineKind) -> Iterator[Line]:
    for part in str(text.get("text", "")).splitlines():
        spans = tuple(mrkdwn(part)) if text.get("type") == "mrkdwn" else (Span(part),)
        yield Line(kind, spans)


def _rich(element: Json) -> Iterator[Line]:
    match element.get("type"):
        case "rich_text_section":
            yield from _broken(LineKind.TEXT, element["elements"])
        case "rich_text_quote":
            yield from _broken(LineKind.QUOTE, element["elements"])
        case "rich_text_list":
            for item in element["elements"]:
                yield Line(LineKind.BULLET, tuple(map(_span, item["elements"])))


def _broken(kind: LineKind, elements: Iterable[Any]) -> Iterator[Line]:
    """One line for each line of text: a line feed inside a section breaks it."""
    spans: list[Span] = []
    for span in map(_span, elements):
        head, *rest = span.text.split("\n")
        spans.append(Span(head, span.url, span.bold))
        for part in rest:
            yield Line(kind, tuple(s for s in spans if s.text))
            spans = [Span(part, span.url, span.bold)]
    yield Line(kind, tuple(span for span in spans if span.text))


def _span(element: Json) -> Span:
    url = str(element.get("url", "")) if element.get("type") == "link" else ""
    bold = bool(element.get("style", {}).get("bold"))
    return Span(str(element.get("text") or element.get("fallback") or url), url, bold)
