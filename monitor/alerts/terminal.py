"""Slack messages in a terminal, as Slack would show them (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.alerts.spans import Line, LineKind, lines
from monitor.records import Message

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_MARKS = {LineKind.QUOTE: "▎ ", LineKind.BULLET: "• "}
_STYLES = {LineKind.TITLE: "bold", LineKind.QUOTE: "italic", LineKind.SMALL: "dim", LineKind.PICTURE: "dim"}


def show(message: Message) -> RenderableType:
    """The message in a box; links can be clicked where the terminal knows how."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.rule import Rule

    parts = [Rule(style="dim") if line.kind is LineKind.RULE else _text(line) for line in lines(message)]
    return Panel(Group(*parts), border_style="dim", expand=False, padding=(0, 1))


def _text(line: Line) -> Text:
    from rich.style import Style
    from rich.text import Text

    text = Text(_MARKS.get(line.kind, ""), style=_STYLES.get(line.kind, ""))
    for span in line.spans:
        # Style objects, not markup: nothing that others wrote is read as a command to the terminal.
        text.append(_printable(span.text), Style(bold=span.bold or None, link=span.url or None))
    return text


def plain(message: Message) -> str:
    """The message as lines of plain text, with the address after each link: for logs and files."""
    return "\n".join(_plain(line) for line in lines(message))


def _plain(line: Line) -> str:
    if line.kind is LineKind.RULE:
        return "---"
    parts = (f"{s.text} ({s.url})" if s.url and s.url != s.text else s.text for s in line.spans)
    return _printable(_MARKS.get(line.kind, "") + "".join(parts))


def _printable(text: str) -> str:
    """`text` without the control characters that move a terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in text)
