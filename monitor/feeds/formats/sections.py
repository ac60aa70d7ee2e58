"""Comments and CDATA sections that do not end, in the text of a feed (pure).

Every later rule leaves sections alone, so they come first; and a search for the end of each of a thousand
comments without one would take a time that grows by the square. One pass, whatever the text holds.
"""

from __future__ import annotations

import re

_START = re.compile(r"<!--|<!\[CDATA\[")
_COMMENT, _CDATA = "<!--", "<![CDATA["
_COMMENT_END, _CDATA_END = re.compile("-->"), re.compile(r"\]\]>")
_PARENT = re.compile(r"<([A-Za-z_][\w.:-]*)(?:\s[^<>]*)?>\s*\Z")
_OVER = re.compile(r"</(?:[\w.-]+:)?(?:item|entry|url|channel|feed|rss|rdf|urlset)\b", re.IGNORECASE)
_FAR = 1_000  # characters before a section in which the tag that it is in must start


class _Ahead:
    """The next place of a pattern, looked for again only once it has been passed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[re.Pattern[str], int] = {}

    def of(self, pattern: re.Pattern[str], start: int) -> int:
        """Where `pattern` is found from `start` on, which never goes back; else the end of the text."""
        at = self._known.get(pattern, -1)
        if at < start:
            found = pattern.search(self._text, start)
            at = self._known[pattern] = found.start() if found else len(self._text)
        return at


def closed_sections(text: str) -> str:
    """`text` with every section ended.

    A comment without an end is text. A CDATA section that has none, or none before the next one starts,
    ends where the element ends that it is in, or else its item; without either, with the document.
    """
    parts: list[str] = []
    at = 0
    ahead = _Ahead(text)
    while (start := ahead.of(_START, at)) < len(text):
        parts.append(text[at:start])
        if text.startswith(_COMMENT, start):
            end = ahead.of(_COMMENT_END, start + len(_COMMENT))
            ends = end < len(text)
            at = end + len("-->") if ends else start + len(_COMMENT)
            parts.append(text[start:at] if ends else "&lt;!--")
            continue
        inside = start + len(_CDATA)
        end = ahead.of(_CDATA_END, inside)
        following = text.find(_CDATA, inside, end)
        if end < len(text) and following < 0:
            at = end + len("]]>")
            parts.append(text[start:at])
            continue
        at = _element_end(text, start, ahead)
        if end < at:  # its own end: what looks like another start is text
            at = end + len("]]>")
            parts.append(text[start:at])
        else:
            parts.append(text[start:at] + "]]>")
    parts.append(text[at:])
    return "".join(parts)


def _element_end(text: str, start: int, ahead: _Ahead) -> int:
    """Where the element ends that holds the section at `start`, or else its item."""
    close = ahead.of(_OVER, start + len(_CDATA))
    parent = _PARENT.search(text[max(0, start - _FAR) : start])
    own = text.find(f"</{parent[1]}", start, close) if parent else -1
    return own if own >= 0 else close
