"""Block Kit as strictly as Slack takes it, written from Slack's reference, not from our renderer."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

TEXT_KEYS = {"mrkdwn": {"type", "text", "verbatim"}, "plain_text": {"type", "text", "emoji"}}
BLOCK_KEYS = {
    "header": {"text"},
    "section": {"text", "fields"},
    "context": {"elements"},
    "divider": set(),
    "actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "rich_text": {"elements"},
}
STYLES = {"bold", "italic", "strike", "code"}
TOTAL = 13_200


class Refused(Exception):
    """Slack's error code for a message that it does not take."""


def need(holds: bool, why: str, code: str = "invalid_blocks") -> None:
    if not holds:
        raise Refused(code, why)


def validate(blocks: Any, length: int) -> None:
    """Raise `Refused` where Slack would; `length` is that of the blocks as JSON."""
    need(isinstance(blocks, list), "blocks is not a list", "invalid_blocks_format")
    need(len(blocks) <= 50, f"{len(blocks)} blocks")
    need(length <= TOTAL, f"{length} characters of blocks", "msg_blocks_too_long")
    ids = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    need(len(ids) == len(set(ids)), "a block_id twice")
    named = [
        e["action_id"]
        for b in blocks
        if isinstance(b, dict)
        for e in b.get("elements") or ()
        if isinstance(e, dict) and "action_id" in e
    ]
    need(len(named) == len(set(named)), "an action_id twice")
    for block in blocks:
        need(isinstance(block, dict) and block.get("type") in BLOCK_KEYS, f"unknown block {block}")
        unknown = block.keys() - BLOCK_KEYS[block["type"]] - {"type", "block_id"}
        need(not unknown, f"unknown properties {unknown} of {block['type']}")
        need(len(block.get("block_id", "")) <= 255, "block_id too long")
        CHECKS[block["type"]](block)


def text(value: Any, kinds: set[str], limit: int) -> None:
    need(isinstance(value, dict) and value.get("type") in kinds, f"text must be of {kinds}: {value}")
    need(not value.keys() - TEXT_KEYS[value["type"]], f"unknown properties of {value}")
    content = value.get("text")
    need(isinstance(content, str) and 1 <= len(content) <= limit, f"text empty or over {limit}")
    for flag in ("emoji", "verbatim"):
        need(isinstance(value.get(flag, False), bool), f"{flag} must be true or false")


def header(block: dict[str, Any]) -> None:
    text(block.get("text"), {"plain_text"}, 150)


def section(block: dict[str, Any]) -> None:
    need("text" in block or "fields" in block, "section without text")
    if "text" in block:
        text(block["text"], {"plain_text", "mrkdwn"}, 3000)
    for field in elements(block, "fields", 10) if "fields" in block else ():
        text(field, {"plain_text", "mrkdwn"}, 2000)


def context(block: dict[str, Any]) -> None:
    for element in elements(block, "elements", 10):
        text(element, {"plain_text", "mrkdwn"}, 3000)


def elements(block: dict[str, Any], key: str, most: int) -> list[Any]:
    found = block.get(key)
    need(isinstance(found, list) and 1 <= len(found) <= most, f"{key} must be a list of 1 to {most}")
    assert isinstance(found, list)
    return found


def rich_text(block: dict[str, Any]) -> None:
    for part in elements(block, "elements", 1000):
        kind = part.get("type")
        if kind == "rich_text_list":
            need(part.get("style") in {"bullet", "ordered"}, "a list needs a style")
            need(
                not part.keys() - {"type", "style", "elements", "indent", "border", "offset"}, "list property"
            )
            for item in elements(part, "elements", 1000):
                need(item.get("type") == "rich_text_section", "a list holds sections")
                runs(item, {"type", "elements"})
        else:
            need(kind in {"rich_text_section", "rich_text_quote"}, f"unknown rich text {kind}")
            runs(part, {"type", "elements", "border"} if kind == "rich_text_quote" else {"type", "elements"})


def runs(part: dict[str, Any], allowed: set[str]) -> None:
    need(not part.keys() - allowed, f"unknown properties of {part.get('type')}")
    for run in elements(part, "elements", 1000):
        kind = run.get("type")
        need(kind in {"text", "link"}, f"unknown element {kind}")
        need(
            not run.keys() - ({"type", "text", "style"} | ({"url"} if kind == "link" else set())), "property"
        )
        need(not run.get("style", {}).keys() - STYLES, "unknown style")
        if kind == "text":
            need(isinstance(run.get("text"), str) and bool(run["text"]), "empty text")
        else:
            url(run.get("url"))


def url(value: Any) -> None:
    need(isinstance(value, str) and 1 <= len(value) <= 3000, "url missing or over 3000")
    parts = urlsplit(value)
    need(parts.scheme in {"http", "https"} and bool(parts.hostname), f"{value} is no web address")
    need(not any(c in "<>|" or c.isspace() for c in value), f"{value} is not quoted")


def actions(block: dict[str, Any]) -> None:
    for button in elements(block, "elements", 25):
        need(button.get("type") == "button", f"unknown element {button.get('type')}")
        need(
            not button.keys() - {"type", "action_id", "text", "value", "url", "style", "accessibility_label"},
            f"unknown properties of {button}",
        )
        text(button.get("text"), {"plain_text"}, 75)
        need(1 <= len(button.get("action_id", "x")) <= 255, "action_id too long")
        need(len(button.get("value", "")) <= 2000, "value too long")
        need(button.get("style", "primary") in {"primary", "danger"}, "unknown style")
        if "url" in button:
            url(button["url"])


def image(block: dict[str, Any]) -> None:
    need(("image_url" in block) != ("slack_file" in block), "one picture, by address or by file")
    need(isinstance(block.get("alt_text"), str) and 1 <= len(block["alt_text"]) <= 2000, "alt_text")
    if "image_url" in block:
        url(block["image_url"])
    else:
        file = block["slack_file"]
        need(isinstance(file, dict) and len(file) == 1 and not file.keys() - {"id", "url"}, "slack_file")
        need(re.fullmatch(r"F[A-Z0-9]{8,}", file.get("id", "F00000000")) is not None, "id of slack_file")
    if "title" in block:
        text(block["title"], {"plain_text"}, 2000)


CHECKS = {
    "actions": actions,
    "image": image,
    "header": header,
    "section": section,
    "context": context,
    "divider": lambda _: None,
    "rich_text": rich_text,
}
