"""A feed document as libxml2 recovers it, and its items taken out of whatever they lie in (pure)."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

_ROOTS = "rss|feed|rdf|channel|urlset|sitemapindex|entry"
_NEEDED = re.compile(
    rf"(?:^|[}}:])(?:{_ROOTS}|item|title|link|guid|id|description|summary|content|encoded|pubdate|date|updated|"
    r"published|issued|modified|created|author|creator|name|language|origlink|ttl|div|p)$"
)
_ITEM = re.compile(rb"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>/])", re.IGNORECASE)
_ITEMS = frozenset({"item", "entry"})
_ATOM = "http://www.w3.org/2005/Atom"
# What an item may be called by; a prefix that nobody declared is none.
_OF_FEEDS = frozenset(
    {
        "",
        _ATOM,
        "http://purl.org/atom/ns#",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
    }
)
_SOUND = re.compile(r"(?:\{[^{}\s<>&\"]+\})?[A-Za-z_][A-Za-z0-9_.-]*\Z")  # libxml2 recovers odd names, too
_MODULES = re.compile(r"/modules/|/dc/|/mrss|itunes|rdf-syntax|/ns/|/dtds/|schemas/|ext/")


def rebuilt(body: bytes, *, slim: bool = False) -> bytes:
    """The document as libxml2 recovers it: every element closed, what fits nowhere left out.

    Args:
        slim: keep of each item only what an entry is made of, so that nothing else can trip a parser.
    """
    root = _tree(body)
    if root is None:
        return b""
    if slim:
        for element in [e for e in root.iter("*") if not _NEEDED.search(e.tag.lower())]:
            holds = next(element.iterdescendants("{*}item", "{*}entry"), None) is not None
            if (parent := element.getparent()) is not None and not holds:
                parent.remove(element)
    return bytes(etree.tostring(root, encoding="utf-8"))


def items_of(body: bytes) -> int:
    """How many tags look like the start of an entry; those in text count too, so it is an upper bound."""
    return sum(1 for _ in _ITEM.finditer(body))


def gathered(body: bytes) -> bytes:
    """A feed of all items of the document, whatever they lie in and whatever their prefix is.

    Parsers pass over entries in a page of HTML, in an envelope, or in a namespace of nobody.
    """
    root = _tree(body)
    items = [e for e in root.iter("*") if _is_item(e)] if root is not None else []
    if not items:
        return b""
    own = {_split(items[0])[0]} - _OF_FEEDS  # the namespace of nobody that stands for a feed's
    atom = _split(items[0])[1] == "entry"
    feed = etree.Element(f"{{{_ATOM}}}feed" if atom else "rss", nsmap={None: _ATOM} if atom else None)
    channel = feed if atom else etree.SubElement(feed, "channel")
    above = items[0].getparent()
    for child in above if above is not None else ():
        if isinstance(child.tag, str) and _split(child)[1] in {"title", "link", "language"}:
            channel.append(_renamed(child, own, atom))
    for item in items:
        channel.append(_renamed(item, own, atom))
    return bytes(etree.tostring(feed, encoding="utf-8"))


def _tree(body: bytes) -> Any:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, encoding="utf-8")
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _split(element: Any) -> tuple[str, str]:
    """Namespace and name of an element; an undeclared prefix is the namespace."""
    space, _, name = element.tag.rpartition("}")
    prefix, _, local = name.rpartition(":")
    return space[1:] or prefix, local.lower()


def _is_item(element: Any) -> bool:
    space, name = _split(element)
    return name in _ITEMS and (space in _OF_FEEDS or not _MODULES.search(space))


def _renamed(element: Any, own: set[str], atom: bool) -> Any:
    """A copy without the items inside of it, its own namespaces those of the format."""
    space, name = _split(element)
    kept = element.tag if space in _OF_FEEDS - {""} else None
    if kept is None and space and space not in own:
        kept = element.tag
    tag = kept or (f"{{{_ATOM}}}{name}" if atom else name)
    attributes = {key: value for key, value in element.attrib.items() if _SOUND.match(key)}
    copy = etree.Element(tag if _SOUND.match(tag) else "odd", attributes)
    copy.text, copy.tail = element.text, element.tail
    for child in element:
        if isinstance(child.tag, str) and not _is_item(child):
            copy.append(_renamed(child, own, atom))
        elif len(copy):
            copy[-1].tail = (copy[-1].tail or "") + (child.tail or "")
        else:
            copy.text = (copy.text or "") + (child.tail or "")
    return copy
