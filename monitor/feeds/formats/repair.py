"""A feed document that XML parsers refuse, made one that they read (pure).

Faults are repaired by their kind, and only where the document is not well-formed as it stands. What no
rule here covers stays as it is: feedparser's tolerant parser reads what the strict one refuses.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html.entities import html5
from xml.parsers import expat

from monitor.feeds.formats.encoding import decode, inflate
from monitor.feeds.formats.sections import closed_sections
from monitor.records import Repair

_ROOTS = "rss|feed|rdf|channel|urlset|sitemapindex|entry"
_ROOT = re.compile(rf"<(?:[\w.-]+:)?(?:{_ROOTS})(?=[\s>/])", re.IGNORECASE)
_ESCAPED_ROOT = re.compile(rf"&lt;(?:[\w.-]+:)?(?:{_ROOTS})(?=[\s&])", re.IGNORECASE)
_ROOT_TAG = re.compile(
    rf"<(?:[\w.-]+:)?(?:{_ROOTS})(?=[\s>/])(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.IGNORECASE
)
_DECLARATION = re.compile(r"<\?xml(?=[\s?])[^>]*>\s*", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE\b(?:[^<>\[]*>)?", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>]|$)", re.IGNORECASE)
# Sections in which nothing is markup: repairs leave them alone.
_SECTION = re.compile(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z_][\w.-]{0,31};|)")
_PAIR = re.compile(
    r"&#(?:x(d[89ab][0-9a-f]{2})|(5[56]\d{3}));&#(?:x(d[c-f][0-9a-f]{2})|(5[67]\d{3}));", re.IGNORECASE
)
_ANGLE = re.compile(r"<(?![A-Za-z_/!?])|\]\]>")
_PREFIX = re.compile(r"</?([A-Za-z_][\w.-]*):[A-Za-z_]|\s([A-Za-z_][\w.-]*):[A-Za-z_][\w.-]*\s*=\s*[\"']")
_KNOWN = re.compile(r"xmlns:([\w.-]+)\s*=")
# An element of text that the next one follows before it is closed.
_OPEN = re.compile(
    r"(<(title|link|guid|id|pubDate|updated|published|description)(?:\s[^<>]*)?(?<!/)>"
    r"\s*(?:<!\[CDATA\[(?:(?!<!\[CDATA\[).)*?\]\]>|[^<]*))"
    r"(?=<(?:[\w.-]+:[\w.-]+|title|link|guid|id|pubDate|updated|published|description|summary|category|author|"
    r"/?item|/?entry)\b)",
    re.DOTALL | re.IGNORECASE,
)
_XML_NAMES = frozenset({"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "a10": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "creativecommons": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "geo": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


@dataclass(frozen=True, slots=True)
class Mended:
    """A document in UTF-8, what was repaired in it, and whether it is well-formed now."""

    body: bytes
    repairs: tuple[Repair, ...]
    whole: bool


def mend(body: bytes, charset: str | None = None) -> Mended:
    """`body` in UTF-8, with the faults repaired that keep XML parsers from reading it.

    Args:
        charset: what HTTP declared, if anything.
    """
    repairs: list[Repair] = []
    unpacked = inflate(body)
    if unpacked is not body:
        repairs.append(Repair.COMPRESSED)
    text, honest = decode(unpacked, charset)
    if not honest:
        repairs.append(Repair.ENCODING)
    if not _ROOT.search(text) and _ESCAPED_ROOT.search(text):
        repairs.append(Repair.ESCAPED)
        text = html.unescape(text)
    text = _declared_as_utf8(text)
    ready = _bytes(text)
    whole = well_formed(ready)
    # A document type lets undeclared names of letters pass as well-formed, and lose their letters.
    if whole and "<!DOCTYPE" not in text[:2_000].upper():
        return Mended(ready, tuple(repairs), whole)
    for kind, fix in _FIXES:
        fixed = fix(text)
        if fixed != text:
            repairs.append(kind)
            text = fixed
    ready = _bytes(text)
    return Mended(ready, tuple(repairs), well_formed(ready))


def well_formed(body: bytes) -> bool:
    """Whether a strict parser that knows namespaces reads `body` to its end."""
    parser = expat.ParserCreate("utf-8", " ")
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        return False
    return True


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _markup(text: str) -> list[str]:
    return _SECTION.split(text)[::2]


def _outside_sections(text: str, fix: Callable[[str], str]) -> str:
    parts = _SECTION.split(text)
    parts[::2] = map(fix, parts[::2])
    return "".join(parts)


def _declared_as_utf8(text: str) -> str:
    """The text is decoded: what its declaration says of encoding or version holds no longer."""
    found = _DECLARATION.match(text)
    if not found:
        return text
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text[found.end() :]}'


def _without_head(text: str) -> str:
    """Cut what stands before the document: blanks, warnings of a server, half a page."""
    root = _ROOT.search(text)
    if not root:
        return text.lstrip()
    declaration = _DECLARATION.search(text, 0, root.start())
    doctype = text.upper().find("<!DOCTYPE", declaration.end() if declaration else 0, root.start())
    if declaration:
        start = declaration.start()
    elif doctype >= 0 and not re.match(r"<!doctype\s+html", text[doctype : doctype + 20], re.IGNORECASE):
        start = doctype
    else:
        start = root.start()
    return text[start:] if _COMMENT.sub("", text[:start]).strip() else text.lstrip()


def _without_tail(text: str) -> str:
    """Cut what stands after the document, unless more items do."""
    root = _ROOT.search(text)
    if not root:
        return text
    end = text.lower().rfind(f"</{root.group()[1:].lower()}")
    stop = text.find(">", end) + 1
    if end < 0 or not stop or not text[stop:].strip():
        return text
    return text if "<![CDATA[" in text[stop:] or _ITEM.search(text, stop) else text[:stop]


def _one_declaration(text: str) -> str:
    """One XML declaration, at the start, and one document type."""
    for pattern in (_DECLARATION, _DOCTYPE):
        first = pattern.search(text, 0, 2_000)
        start = first.end() if first else 0
        text = text[:start] + _outside_sections(text[start:], partial(pattern.sub, ""))
    return text


def _without_controls(text: str) -> str:
    return _CONTROLS.sub("", text)


def _references(text: str) -> str:
    """Names of letters as numbers, surrogates joined, references to no character out."""
    own = {f"&{name};" for name in re.findall(r"<!ENTITY\s+([\w.-]+)\s", text)}

    def legal(found: re.Match[str]) -> str:
        reference = found.group()
        if reference in _XML_NAMES or reference in own:
            return reference
        if not reference.startswith("&#"):
            name = reference[1:]
            return _numbered(html5[name]) if name in html5 else f"&amp;{name}"
        letters = _CONTROLS.sub("", html.unescape(reference))
        if letters in {"", "\ufffd"}:
            return ""
        return (
            reference
            if reference.endswith(";") and _number(reference) == ord(letters)
            else _numbered(letters)
        )

    def fix(part: str) -> str:
        return _REFERENCE.sub(legal, _PAIR.sub(_joined, part)) if "&" in part else part

    return _outside_sections(text, fix)


def _number(reference: str) -> int:
    return int(reference[3:-1], 16) if reference[2] in "xX" else int(reference[2:-1])


def _numbered(letters: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in letters)


def _joined(found: re.Match[str]) -> str:
    """The character of two references to surrogates, as UTF-16 programs write what lies outside of it."""
    high, low = (int(a, 16) if a else int(b) for a, b in (found.group(1, 2), found.group(3, 4)))
    return f"&#{0x10000 + ((high & 0x3FF) << 10) + (low & 0x3FF)};"


def _angles(text: str) -> str:
    return _outside_sections(text, lambda part: _ANGLE.sub(lambda found: html.escape(found.group()), part))


def _closed(text: str) -> str:
    return _OPEN.sub(r"\1</\2>", text)


def _namespaces(text: str) -> str:
    """Declare at the root each prefix that is used and not declared there."""
    root = _ROOT_TAG.search(text)
    if not root:
        return text
    used = {a or b for part in _markup(text) for a, b in _PREFIX.findall(part)}
    missing = sorted(used - set(_KNOWN.findall(root.group())) - {"xml", "xmlns"})
    if not missing:
        return text
    names = "".join(f' xmlns:{p}="{_NAMESPACES.get(p.lower(), f"urn:undeclared:{p}")}"' for p in missing)
    end = root.end() - (2 if root.group().endswith("/>") else 1)
    return text[:end] + names + text[end:]


_FIXES: tuple[tuple[Repair, Callable[[str], str]], ...] = (
    (Repair.CONTROLS, _without_controls),
    (Repair.SECTIONS, closed_sections),
    (Repair.HEAD, _without_head),
    (Repair.DECLARATIONS, _one_declaration),
    (Repair.TAIL, _without_tail),
    (Repair.REFERENCES, _references),
    (Repair.ANGLES, _angles),
    (Repair.UNCLOSED, _closed),
    (Repair.NAMESPACES, _namespaces),
)
