"""The pieces that our Slack messages are made of, and the limits that Slack sets them (pure).

What others wrote (headlines, sentences, publishers) goes into `rich_text` and `plain_text` alone: there
nothing is markup, whereas `*`, `_` and `~` cannot be escaped in mrkdwn. Text is cut before it is escaped.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from monitor.records import Json
from monitor.text import clean, shorten

TEXT_LIMIT = 3_000  # of a section; our limit of the fall-back text too: Slack splits longer ones
HEADER_LIMIT = 150
URL_LIMIT = 3_000
BLOCKS_LIMIT = 50
CONTEXT_LIMIT = 10
ACTIONS_LIMIT = 25
BUTTON_LIMIT = 75
VALUE_LIMIT = 2_000
ID_LIMIT = 255
ALT_LIMIT = 2_000
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


def quoted_runs(runs: Iterable[Json]) -> Json:
    """A quotation of a `rich_text` block, of several runs."""
    return {"type": "rich_text_quote", "elements": list(runs)}


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


def buttons(wanted: Iterable[tuple[str, str, str]], value: str) -> Json:
    """A row of buttons: action id, label and style ("primary" or none) of each, and one value for all."""
    elements = [
        {
            "type": "button",
            "action_id": action,
            "text": {"type": "plain_text", "text": label, "emoji": False},
            "value": value,
        }
        | ({"style": style} if style else {})
        for action, label, style in wanted
    ]
    return {"type": "actions", "block_id": "feedback", "elements": elements}


def picture(file_id: str, alt: str) -> Json:
    """A picture that was uploaded to Slack."""
    return {"type": "image", "slack_file": {"id": file_id}, "alt_text": words(alt, ALT_LIMIT)}


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


def fitting(parts: Iterable[Json], room: int) -> list[Json]:
    """The first of `parts` that take no more than `room` characters together as JSON."""
    kept: list[Json] = []
    for part in parts:
        room -= size([part]) + 2
        if room < 0:
            break
        kept.append(part)
    return kept
