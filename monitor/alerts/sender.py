"""How plain a message can go out (pure)."""

from __future__ import annotations

from monitor.alerts.spans import first_link
from monitor.records import Message

PLAIN_LIMIT = 3_000  # characters of a message without blocks: Slack may split longer ones in several


def degrade(message: Message) -> Message:
    """The message as text alone, for a Slack that refuses its blocks; its first link is kept."""
    url = first_link(message).replace("&", "&amp;") if message.blocks else ""
    link = f"\n<{url}>" if 0 < len(url) < PLAIN_LIMIT // 2 else ""
    return Message(_cut(message.text, PLAIN_LIMIT - len(link)) + link, ())


def without_pictures(message: Message) -> Message:
    """The message without the pictures that it shows from Slack's files."""
    return Message(message.text, tuple(block for block in message.blocks if "slack_file" not in block))


def _cut(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, never through an entity such as `&amp;`."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    open_at = head.rfind("&")
    if open_at > len(head) - 6 and ";" not in head[open_at:]:
        head = head[:open_at]
    return head + "…"
