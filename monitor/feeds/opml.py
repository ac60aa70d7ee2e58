"""OPML in and out (opml.org, 2.0): lists of feeds in groups (pure).

A group inside of another is written `Outer/Inner`; a slash in a group's own name is escaped by a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree

from monitor.errors import Permanent
from monitor.records import FeedSpec
from monitor.text import clean

_STEP = re.compile(r"(?:\\.|[^/\\])+", re.DOTALL)


def read(document: bytes) -> list[FeedSpec]:
    """The feeds of an OPML document in its order, each address once, with the path of its groups.

    Raises:
        Permanent: the document is no OPML; the message says what is wrong with it.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Permanent(f"not an OPML file ({error}): export it again from your feed reader") from error
    if etree.QName(root).localname.lower() != "opml":
        raise Permanent(f"not an OPML file (it is <{root.tag}>): export it again from your feed reader")
    found: dict[str, FeedSpec] = {}
    for spec in _outlines(root.find("{*}body"), ()):
        found.setdefault(spec.url, spec)
    return list(found.values())


def _outlines(parent: Any, groups: tuple[str, ...]) -> Iterator[FeedSpec]:
    if parent is None:
        return
    for outline in parent.iterfind("{*}outline"):
        named = {name.lower(): clean(value) for name, value in outline.attrib.items()}
        title = named.get("title") or named.get("text") or ""
        url = named.get("xmlurl", "")
        if url.startswith(("http://", "https://")):
            # A category is a path already (OPML 2.0); where outlines nest, those say more.
            category = named.get("category", "").partition(",")[0].strip("/ ")
            yield FeedSpec(
                url=url,
                title=title or url,
                group=_path(groups) or category,
                site_url=named.get("htmlurl") or None,
                language=named.get("language") or None,
            )
        yield from _outlines(outline, groups if url or not title else (*groups, title))


def _path(groups: Iterable[str]) -> str:
    return "/".join(re.sub(r"([\\/])", r"\\\1", group) for group in groups)


def _groups(path: str) -> tuple[str, ...]:
    steps = (clean(re.sub(r"\\(.)", r"\1", step)) for step in _STEP.findall(path))
    return tuple(step for step in steps if step)


def write(specs: Iterable[FeedSpec], title: str = "News monitor") -> bytes:
    """An OPML 2.0 document: an outline for each group, inside of its outer one, and for each feed in it."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = clean(title)
    made: dict[tuple[str, ...], Any] = {(): etree.SubElement(root, "body")}
    for spec in sorted(specs, key=lambda spec: (_groups(spec.group), spec.title)):
        parent = _outline_of(_groups(spec.group), made)
        named = {"type": "rss", "text": clean(spec.title), "xmlUrl": clean(spec.url)}
        named |= {"htmlUrl": clean(spec.site_url)} if spec.site_url else {}
        named |= {"language": clean(spec.language)} if spec.language else {}
        etree.SubElement(parent, "outline", named)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _outline_of(groups: tuple[str, ...], made: dict[tuple[str, ...], Any]) -> Any:
    if groups not in made:
        outer = _outline_of(groups[:-1], made)
        made[groups] = etree.SubElement(outer, "outline", text=groups[-1])
    return made[groups]
