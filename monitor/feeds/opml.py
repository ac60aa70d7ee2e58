"""OPML in and out (opml.org, 2.0): lists of feeds in groups (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from lxml import etree

from monitor.errors import Permanent
from monitor.records import FeedSpec
from monitor.text import clean


def read(document: bytes) -> list[FeedSpec]:
    """The feeds of an OPML document in its order, each address once; its group is the nearest one.

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
    for spec in _outlines(root.find("{*}body"), ""):
        found.setdefault(spec.url, spec)
    return list(found.values())


def _outlines(parent: Any, group: str) -> Iterator[FeedSpec]:
    if parent is None:
        return
    for outline in parent.iterfind("{*}outline"):
        named = {name.lower(): clean(value) for name, value in outline.attrib.items()}
        title = named.get("title") or named.get("text") or ""
        url = named.get("xmlurl", "")
        if url.startswith(("http://", "https://")):
            yield FeedSpec(
                url=url,
                title=title or url,
                group=named.get("category", "").strip("/") or group,
                site_url=named.get("htmlurl") or None,
                language=named.get("language") or None,
            )
        yield from _outlines(outline, group if url else title or group)


def write(specs: Iterable[FeedSpec], title: str = "News monitor") -> bytes:
    """An OPML 2.0 document: an outline for each group, and in it one for each feed."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = clean(title)
    body = etree.SubElement(root, "body")
    for group, members in groupby(
        sorted(specs, key=lambda spec: (spec.group, spec.title)), lambda s: s.group
    ):
        parent = etree.SubElement(body, "outline", text=clean(group)) if group else body
        for spec in members:
            named = {"type": "rss", "text": clean(spec.title), "xmlUrl": clean(spec.url)}
            named |= {"htmlUrl": clean(spec.site_url)} if spec.site_url else {}
            named |= {"language": clean(spec.language)} if spec.language else {}
            etree.SubElement(parent, "outline", named)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
