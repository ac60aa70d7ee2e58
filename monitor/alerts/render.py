"""Summaries and notices as Slack messages (pure). `message` has the alert itself."""

from __future__ import annotations

import html
from collections.abc import Sequence

from monitor.alerts import blocks as b
from monitor.alerts.spans import first_link
from monitor.records import Delivery, Json, Message

HEADLINE = 200  # characters
LISTED = 60  # lines of a summary
LIST_SIZE = b.SIZE_LIMIT - 2_800  # of its lines as JSON: the rest is header and foot
NOTICE_LINES = 20


def strength(score: float) -> str:
    """A calibrated score in words: of ten such articles, how many are about the topic."""
    if score >= 0.9:
        return "almost certain"
    if score >= 0.7:
        return "very likely"
    return "likely" if score >= 0.5 else "possible"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def summary_message(deliveries: Sequence[Delivery], why: str) -> Message:
    """Several waiting messages as one: a linked line each, as many as one message holds.

    Args:
        deliveries: not empty; their order is kept.
        why: why they come together, without a full stop.
    """
    title = f"{why}: {_count(len(deliveries), 'message')}"
    lines = b.fitting(map(_line, deliveries[:LISTED]), LIST_SIZE)
    parts = [b.section(b.run(title, bold=True)), *([b.bullets(lines)] if lines else [])]
    left = len(deliveries) - len(lines)
    foot = (b.small(f"and {left} more: `monitor alerts` and the Alerts page show them all"),) if left else ()
    first = b.words(html.unescape(deliveries[0].message.text), HEADLINE)
    rest = f" and {len(deliveries) - 1} more" if len(deliveries) > 1 else ""
    return Message(b.escape(f"{why}: {first}{rest}"), (b.rich(*parts), *foot))


def _line(delivery: Delivery) -> Json:
    label = b.words(html.unescape(delivery.message.text), HEADLINE)
    return b.section(b.link(label, first_link(delivery.message)))


def notice_message(title: str, lines: Sequence[str]) -> Message:
    """A notice for the channel of operations: a title and plain lines."""
    name = b.words(title, HEADLINE)
    words = [b.words(line, HEADLINE) for line in lines]
    shown = [str(run["text"]) for run in b.fitting(map(b.run, words[:NOTICE_LINES]), LIST_SIZE)]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more")
    parts = [b.section(b.run(name, bold=True)), *([b.section(b.run("\n".join(shown)))] if shown else [])]
    text = f"{name}: {shown[0]}" if shown else name
    return Message(b.escape(text), (b.rich(*parts),))
