"""The pieces that our Slack messages are made of, and the limits that Slack sets them (pure).

What others wrote (headlines, sentences, publishers) goes into `rich_text` and `plain_text` alone: there
nothing is markup, whereas `*`, `_` and `~` cannot be escaped in mrkdwn. Text is cut before it is escaped.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from monitor.records import Json, Message
from monitor.text import clean, shorten

TEXT_LIMIT = 3_000  # of a section; our limit of the fall-back text too: Slack splits longer ones
HEADER_LIMIT = 150
URL_LIMIT = 3_000
BLOCKS_LIMIT = 50
CONTEXT_LIMIT = 10
SIZE_LIMIT = 12_000  # of all blocks as JSON: somewhat above 13,000 Slack answers msg_blocks_too_long
PAGES = "/monitor"  # where the Airflow UI serves our pages
_URL_KEPT = "!#$%&'()*+,/:;=?@[]~"


def escape(text: str) -> str:
    """Plain text for mrkdwn: no link, mention or command can start in it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def address(url: str) -> str:
    """A web address that is safe in a link; an empty string where it is none."""
    text = "".join(c for c in url.strip() if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"})
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return ""
    netloc = f"[{host}]{port}" if ":" in host else ascii_host + port  # a name and password are left out
    safe = quote(parts._replace(netloc=netloc).geturl(), safe=_URL_KEPT)
    return safe if len(safe) <= URL_LIMIT else ""


def site(url: str) -> str:
    """The host of an address, as a reader checks it: in ASCII, its end kept where it is long."""
    host = (urlsplit(address(url)).hostname or "").removeprefix("www.")
    return host if len(host) <= 60 else "…" + host[-59:]


def words(text: str, limit: int, *, empty: str = "(no title)") -> str:
    """What others wrote, on one line and in at most `limit` characters; `empty` where nothing is left."""
    return shorten(clean(text), limit) or empty


def run(text: str, *, bold: bool = False) -> Json:
    """A piece of text of a `rich_text` block."""
    return {"type": "text", "text": text} | ({"style": {"bold": True}} if bold else {})


def link(label: str, url: str, *, bold: bool = False) -> Json:
    """A linked piece of a `rich_text` block; plain text where the address is no web address."""
    safe = address(url)
    if not safe:
        return run(label, bold=bold)
    return {"type": "link", "url": safe, "text": label} | ({"style": {"bold": True}} if bold else {})


def section(*elements: Json) -> Json:
    """A paragraph of a `rich_text` block."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quoted(text: str) -> Json:
    """A quotation of a `rich_text` block."""
    return {"type": "rich_text_quote", "elements": [run(text)]}


def bullets(items: Iterable[Json]) -> Json:
    """A list of a `rich_text` block; each item is a `section`."""
    return {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": list(items)}


def rich(*parts: Json) -> Json:
    """A `rich_text` block."""
    return {"type": "rich_text", "elements": list(parts)}


def header(text: str) -> Json:
    """A header, cut at Slack's limit."""
    return {
        "type": "header",
        "text": {"type": "plain_text", "text": words(text, HEADER_LIMIT), "emoji": False},
    }


def small(markup: str) -> Json:
    """A line of small print in mrkdwn; `verbatim` keeps Slack from linking names by itself."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": markup, "verbatim": True}]}


def moment(time: datetime) -> str:
    """A time as mrkdwn that Slack shows in the reader's own time zone."""
    seconds = int(time.timestamp())
    return f"<!date^{seconds}^{{date_short_pretty}} {{time}}|{time.astimezone(UTC):%d %b %H:%M} UTC>"


def markup_link(label: str, url: str) -> str:
    """A link in mrkdwn; the escaped label alone where the address is no web address."""
    safe = address(url)
    return f"<{escape(safe)}|{escape(label)}>" if safe else escape(label)


def page(label: str, web_url: str, path: str) -> str:
    """A link in mrkdwn to one of our own pages, such as `stories/7`."""
    return markup_link(label, f"{web_url.rstrip('/')}{PAGES}/{path}")


def size(blocks: Sequence[Json]) -> int:
    """Characters of the blocks as JSON."""
    return len(json.dumps([dict(block) for block in blocks]))


def check(message: Message) -> list[str]:
    """Where a message breaks a limit of Block Kit, one line each; empty where Slack would take it."""
    found = []
    if not message.text.strip():
        found.append("text: is empty")
    if len(message.text) > TEXT_LIMIT:
        found.append(f"text: {len(message.text)} characters, limit {TEXT_LIMIT}")
    if len(message.blocks) > BLOCKS_LIMIT:
        found.append(f"blocks: {len(message.blocks)}, limit {BLOCKS_LIMIT}")
    if (total := size(message.blocks)) > SIZE_LIMIT:
        found.append(f"blocks: {total} characters, limit {SIZE_LIMIT}")
    for number, block in enumerate(message.blocks):
        found += [f"block {number}, {where}" for where in _check_block(block)]
    return found


def _check_block(block: Json) -> list[str]:
    match block.get("type"):
        case "header":
            kind = block["text"].get("type")
            wrong = [] if kind == "plain_text" else [f"header: {kind}, must be plain_text"]
            return wrong + _check_text(block["text"], HEADER_LIMIT)
        case "section":
            return _check_text(block["text"], TEXT_LIMIT)
        case "context":
            elements = block["elements"]
            many = [] if 1 <= len(elements) <= CONTEXT_LIMIT else [f"context: {len(elements)} elements"]
            return many + [line for element in elements for line in _check_text(element, TEXT_LIMIT)]
        case "rich_text":
            return _check_rich(block["elements"])
        case "divider":
            return []
        case other:
            return [f"{other}: a type that we do not write"]


def _check_text(text: Json, limit: int) -> list[str]:
    content = str(text.get("text", ""))
    wrong = [] if 1 <= len(content) <= limit else [f"text: {len(content)} characters, limit {limit}"]
    if text.get("type") == "mrkdwn":
        wrong += [
            f"text: {token} is a mention" for token in re.findall(r"<(?:!(?!date\^)|@|#)[^>]*>", content)
        ]
    return wrong


def _check_rich(elements: Sequence[Mapping[str, Any]]) -> list[str]:
    wrong = [] if elements else ["rich_text: no elements"]
    for element in elements:
        if element["type"] in {"rich_text_section", "rich_text_quote", "rich_text_list"}:
            wrong += _check_rich(element["elements"])
        elif not element.get("text"):
            wrong.append(f"{element['type']}: no text")
        elif element["type"] == "link" and address(element["url"]) != element["url"]:
            wrong.append(f"link: {element['url']} is no safe web address")
    return wrong
