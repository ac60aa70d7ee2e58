"""Whether Slack would take a message: the limits of Block Kit, and no token that we did not write (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.alerts import blocks as b
from monitor.records import Json, Message

_MENTIONS = re.compile(r"<(?:!(?!date\^)|@|#)[^>]*>")
_TOKENS = re.compile(r"<(?!https?://[^<>|\s]+>)[^>]*>?")  # of the fall-back text: a bare link is ours alone


def check(message: Message) -> list[str]:
    """Where a message breaks a limit of Block Kit, one line each; empty where Slack would take it."""
    found = []
    if not message.text.strip():
        found.append("text: is empty")
    if len(message.text) > b.TEXT_LIMIT:
        found.append(f"text: {len(message.text)} characters, limit {b.TEXT_LIMIT}")
    if len(message.blocks) > b.BLOCKS_LIMIT:
        found.append(f"blocks: {len(message.blocks)}, limit {b.BLOCKS_LIMIT}")
    if (total := b.size(message.blocks)) > b.SIZE_LIMIT:
        found.append(f"blocks: {total} characters, limit {b.SIZE_LIMIT}")
    ids = [block["block_id"] for block in message.blocks if "block_id" in block]
    if len(set(ids)) != len(ids):
        found.append("blocks: a block_id twice")
    found += [f"text: {token} is a token of Slack's" for token in _TOKENS.findall(message.text)]
    for number, block in enumerate(message.blocks):
        found += [f"block {number}, {where}" for where in _check_block(block)]
    return found


def _check_block(block: Json) -> list[str]:
    match block.get("type"):
        case "header":
            kind = block["text"].get("type")
            wrong = [] if kind == "plain_text" else [f"header: {kind}, must be plain_text"]
            return wrong + _check_text(block["text"], b.HEADER_LIMIT)
        case "section":
            return _check_text(block["text"], b.TEXT_LIMIT)
        case "context":
            elements = block["elements"]
            many = [] if 1 <= len(elements) <= b.CONTEXT_LIMIT else [f"context: {len(elements)} elements"]
            return many + [line for element in elements for line in _check_text(element, b.TEXT_LIMIT)]
        case "rich_text":
            return _check_rich(block["elements"])
        case "actions":
            return _check_actions(block["elements"])
        case "image":
            file_id = block.get("slack_file", {}).get("id")
            wrong = [] if isinstance(file_id, str) and file_id else ["image: no slack_file"]
            return wrong + _check_text({"text": block.get("alt_text", "")}, b.ALT_LIMIT)
        case "divider":
            return []
        case other:
            return [f"{other}: a type that we do not write"]


def _check_actions(elements: Sequence[Json]) -> list[str]:
    wrong = [] if 1 <= len(elements) <= b.ACTIONS_LIMIT else [f"actions: {len(elements)} elements"]
    ids = [str(element.get("action_id", "")) for element in elements]
    if len(set(ids)) != len(ids):
        wrong.append("actions: an action_id twice")
    for element, id_ in zip(elements, ids, strict=True):
        if element.get("type") != "button":
            wrong.append(f"{element.get('type')}: an element that we do not write")
        if not 1 <= len(id_) <= b.ID_LIMIT or len(str(element.get("value", ""))) > b.VALUE_LIMIT:
            wrong.append("button: action_id or value too long or missing")
        wrong += _check_text(element["text"], b.BUTTON_LIMIT)
    return wrong


def _check_text(text: Json, limit: int) -> list[str]:
    content = str(text.get("text", ""))
    wrong = [] if 1 <= len(content) <= limit else [f"text: {len(content)} characters, limit {limit}"]
    if text.get("type") == "mrkdwn":
        wrong += [f"text: {token} is a mention" for token in _MENTIONS.findall(content)]
    return wrong


def _check_rich(elements: Sequence[Mapping[str, Any]]) -> list[str]:
    wrong = [] if elements else ["rich_text: no elements"]
    for element in elements:
        if element["type"] in {"rich_text_section", "rich_text_quote", "rich_text_list"}:
            wrong += _check_rich(element["elements"])
        elif not element.get("text"):
            wrong.append(f"{element['type']}: no text")
        elif element["type"] == "link" and b.address(element["url"]) != element["url"]:
            wrong.append(f"link: {element['url']} is no safe web address")
    return wrong
