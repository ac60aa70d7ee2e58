"""Over the real feeds we read at least what any other parser reads, and what we read is what they say.

`make corpus` reads all of them; the suite reads every ninth.
"""

from __future__ import annotations

import html
import io
import re
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import fastfeedparser
import feedparser
from lxml import etree

from monitor.errors import MonitorError
from monitor.feeds.formats import xmlfeed
from monitor.feeds.formats.repair import mend
from monitor.feeds.parse import parse
from monitor.records import Entry

NOW = datetime(9999, 1, 1, tzinfo=UTC)
ATOM = ("{http://www.w3.org/2005/Atom}", "{http://purl.org/atom/ns#}")
# What another parser counts as entries there, and why it is none.
EXCEPTIONS = {
    "nmdias+FeedKit/Tests__XMLKitTests__Resources__xml__Sample.xml": "no feed: items in items",
    "rometools+rome/rome-modules__src__test__resources__org__rometools__feed__module__content__test-rdf.xml": (  # noqa: E501
        "lxml counts content:item, which is a part of an item's content"
    ),
}


def _rows(body: bytes) -> int:
    """Items, entries, or rows of a sitemap, in the tree that libxml2 recovers."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return 0
    if root is None:
        return 0
    names = Counter(re.split(r"[}:]", e.tag)[-1].lower() for e in root.iter("*"))
    if re.split(r"[}:]", root.tag)[-1] in {"urlset", "sitemapindex"}:
        return max(names["url"], names["sitemap"])
    return max(names["item"], names["entry"])


def _fast(body: bytes) -> int:
    try:
        return len(fastfeedparser.parse(body).entries)
    except (ValueError, TypeError, KeyError, AttributeError, LookupError):
        return 0


def _ours(body: bytes) -> tuple[Entry, ...]:
    try:
        return parse(body, url="", content_type=None, now=NOW).entries
    except MonitorError:
        return ()


def test_no_parser_reads_more(feed_files: Any) -> None:
    fewer = {}
    for row in feed_files.rows:
        body = (feed_files.folder / row["file"]).read_bytes()
        ours = len(_ours(body))
        others = {"lxml": _rows(body), "feedparser": len(feedparser.parse(io.BytesIO(body)).entries)}
        others["fastfeedparser"] = _fast(body)
        if ours < max(others.values()) and row["file"] not in EXCEPTIONS:
            fewer[row["file"]] = (ours, others)
    assert fewer == {}
    assert len(EXCEPTIONS) <= 5


def _said(body: bytes) -> list[tuple[str, str]]:
    """Title and link of each entry of a sound RSS, RDF or Atom document, as its elements hold them."""
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except (etree.XMLSyntaxError, ValueError):
        return []
    if any(key.endswith("base") for e in root.iter("*") for key in e.attrib):
        return []
    found = []
    for item in root.iter("{*}item", "{*}entry"):
        atom = item.tag.startswith(ATOM)
        titles = [e for e in item if isinstance(e.tag, str) and etree.QName(e).localname == "title"]
        own = [e for e in titles if etree.QName(e).namespace == etree.QName(item).namespace]
        links = [e for e in item if isinstance(e.tag, str) and etree.QName(e).localname == "link"]
        links = [e for e in links if etree.QName(e).namespace == etree.QName(item).namespace]
        if atom:
            links = [e for e in links if e.get("rel", "alternate") == "alternate"]
        link = (links[0].get("href") if atom else links[0].text) if len(links) == 1 else ""
        found.append(
            (_words("".join(own[0].itertext())) if len(own) == 1 else "", html.unescape(link or "").strip())
        )
    return found


def _words(text: str) -> str:
    text = re.sub(r"<[^<>]*>", "", html.unescape(html.unescape(text)))
    return "".join(c for c in text if c.isalnum())


def test_titles_and_links_are_what_the_document_says(feed_files: Any) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    for row in feed_files.rows:
        body = (feed_files.folder / row["file"]).read_bytes()
        ours, said = _ours(body), _said(body)
        if len(ours) != len(said):
            continue
        for entry, (title, link) in zip(ours, said, strict=True):
            counts["titles"] += bool(title)
            counts["links"] += bool(link)
            if title and _words(entry.title) != title:
                counts["other titles"] += 1
                wrong.append((row["file"], entry.title, title))
            if link and "".join(link.split()) != "".join((entry.url or "").split()):
                counts["other links"] += 1
                wrong.append((row["file"], entry.url, link))
    print(counts)
    assert counts["titles"] > 1_000
    assert counts["other titles"] <= 0.01 * counts["titles"], wrong[:40]
    assert counts["other links"] <= 0.005 * counts["links"], wrong[:20]


def test_the_short_way_through_feedparser_reads_the_same(feed_files: Any) -> None:
    """See tests/feeds/formats/test_xmlfeed.py, which makes documents up."""

    def said(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: said(value) for key, value in found.items() if not key.endswith("_parsed")}
        return [said(one) for one in found] if isinstance(found, list) else found

    short = 0
    for row in feed_files.rows[::2]:
        mended = mend((feed_files.folder / row["file"]).read_bytes())
        long = xmlfeed.read(mended.body)
        quick = xmlfeed.read(mended.body, whole=mended.whole)
        assert (long is None) == (quick is None), row["file"]
        if long is not None:
            short += "namespaces" not in quick  # which the long way tells, and nobody asks for
            assert said(quick.entries) == said(long.entries), row["file"]
            assert said(quick.feed) == said(long.feed), row["file"]
    assert short > 0.8 * len(feed_files.rows[::2])
