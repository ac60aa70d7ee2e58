"""Plain text: out of HTML, without control characters, cut into sentences (pure)."""

from __future__ import annotations

import html
import re
import unicodedata

_BREAKING = re.compile(
    r"<\s*(?:/?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|blockquote|section|article|figcaption)\b[^<>]*)>",
    re.IGNORECASE,
)
_DROPPED = re.compile(r"<(script|style|noscript|template)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[!?][^<>]*>")
_SPACE = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
# Word-final full stops that do not end a sentence in news English.
_ABBREVIATIONS = frozenset(
    (
        "mr mrs ms dr gen lt col sgt maj capt cmdr adm sen rep gov st vs jr sr inc corp co ltd "
        "u.s u.k u.n e.u d.c a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec prof rev hon "
        "e.g i.e etc"
    ).split()
)
_STOP = re.compile(r"[.!?…][\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9À-ÞΑ-ΩА-Я])|[。！？]|\n+")


def clean(text: str) -> str:
    """`text` in NFC, on one line, without control, bidi and zero-width characters."""
    line = tidy(text)
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def tidy(text: str) -> str:
    """`text` on one line, without control, bidi and zero-width characters, its letters as they are.

    The joiners stay where they belong to the spelling, as in Persian, Hindi or a family emoji.
    """
    line = " ".join(text.split())
    if line.isprintable():  # most text by far: nothing to drop
        return line
    kept = "".join(c for c in line if c in _JOINERS or unicodedata.category(c) not in _UNWANTED)
    return " ".join(_LOOSE_JOINER.sub("", kept).split())


_UNWANTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = frozenset("\u200c\u200d")
_LOOSE_JOINER = re.compile("(?:(?<=[\x00-\u02ff])|^)[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\u02ff]|$)")


def plain(markup: str) -> str:
    """The text of a fragment of HTML, a line for each block, as `tidy` leaves it; linear in its length."""
    if "<" not in markup and "&" not in markup and "\n" not in markup:
        return tidy(markup)
    if "<" in markup:
        markup = markup.replace("\n", " ")  # in HTML a line of the source is no line of the text
        markup = _COMMENT.sub(" ", markup) if "<!--" in markup else markup
        markup = _DROPPED.sub(" ", markup)
        markup = _TAG.sub("", _BREAKING.sub("\n", markup))
    text = html.unescape(markup) if "&" in markup else markup
    lines = (tidy(line) for line in _LINES.sub("\n", _SPACE.sub(" ", text)).split("\n"))
    return "\n".join(line for line in lines if line)


def sentences(text: str) -> list[str]:
    """The sentences of plain English text, in order, none empty."""
    found: list[str] = []
    start = 0
    for stop in _STOP.finditer(text):
        words = text[start : stop.start()].rsplit(maxsplit=1)
        last = words[-1].lower().lstrip("\"'“‘([") if words else ""
        if stop.group().startswith(".") and _goes_on(last, text[stop.end() : stop.end() + 1]):
            continue
        found.append(text[start : stop.end()].strip())
        start = stop.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _goes_on(last: str, following: str) -> bool:
    """Whether the full stop after `last` is part of the word: "Mr.", "J.", "No. 3"."""
    initial = len(last) == 1 and last.isalpha()
    return initial or last in _ABBREVIATIONS or (last == "no" and following.isdigit())


def shorten(text: str, limit: int) -> str:
    """`text`, or its first words and an ellipsis, in at most `limit` characters."""
    if len(text) <= limit:
        return text
    cut = _whole(text, limit - 1)
    head = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return head.rstrip(" ,;:-–—") + "…"


def _whole(text: str, end: int) -> str:
    """The first `end` characters, less what would be torn from its accents and marks."""
    at = end
    while end - at < 20 and at > 0 and unicodedata.category(text[at]) in {"Mn", "Mc", "Me"}:
        at -= 1
    return text[:at] if end - at < 20 else text[:end]
