"""The short way through feedparser reads what the long way reads, but for dates, which are read elsewhere."""

from __future__ import annotations

import io
import warnings
from typing import Any
from xml.parsers import expat

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.formats import xmlfeed

NAMES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:own="urn:gazette" '
    'xmlns:a10="http://www.w3.org/2005/Atom" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:x="http://www.w3.org/1999/xhtml" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)
TEXTS = (
    "Two states sign a pact", "", "  a\n b ", "Norland &amp;amp; Estavia",
    "&lt;p&gt;One &lt;b&gt;two&lt;/b&gt;&lt;/p&gt;",
    "<![CDATA[<p>Both &amp; <i>all</i></p>]]>", "Ã©tat d'urgence", "ЕСТАВИЯ", "\x9f“so” it’s",
    "a <!-- b --> c",
    "https://gazette.example/a?b=1&amp;c;d=2", "/2026/pact", "http:////gazette.example//x",
    "tag:gazette,2026:1",
    "Wed, 04 Mar 2026 10:30:00 +0100", "2026-03-04", "nonsense", "ada@gazette.example (Ada Moss)",
)  # fmt: skip
TAGS = (
    "title link guid description pubDate author category comments content:encoded dc:creator dc:date "
    "dc:subject dc:title dc:description own:rank media:title media:description media:credit itunes:author "
    "itunes:summary source a10:updated a10:summary id summary updated published content rights language url "
    "width name image textInput feedburner:origLink enclosure ttl body x:body lastBuildDate expirationDate "
    "generator"
).split()
ATTRIBUTES = (
    "", "", "", ' isPermaLink="false"', ' type="html"', ' type="xhtml"', ' type="TEXT"',
    ' rel="alternate" href="/a"',
    ' rel="self" href="https://gazette.example/f"',
    ' href="b?c=1&amp;d=2" type="text/html"', ' url="https://m.example/1"',
    ' domain="war"', ' term="peace" label="Peace"', ' xml:lang="de"', ' xml:base="https://base.example/x/"',
    ' mode="escaped" type="text/html"', ' own:weight="3"',
    ' mode="base64" type="application/octet-stream"',
)  # fmt: skip


@st.composite
def elements(drawn: st.DrawFn, depth: int = 2) -> str:
    tag, attributes = drawn(st.sampled_from(TAGS)), drawn(st.sampled_from(ATTRIBUTES))
    if depth and drawn(st.integers(0, 5)) == 0:
        inside = "".join(drawn(st.lists(elements(depth - 1), max_size=3)))
    elif depth and drawn(st.integers(0, 8)) == 0:
        inside = f'<x:div>{drawn(st.sampled_from(TEXTS))}<x:p class="a">b<x:br/></x:p></x:div>'
    else:
        inside = drawn(st.sampled_from(TEXTS))
    return f"<{tag}{attributes}>{inside}</{tag}>"


@st.composite
def documents(drawn: st.DrawFn) -> bytes:
    channel = "".join(drawn(st.lists(elements(), max_size=4)))
    items = ["".join(drawn(st.lists(elements(), max_size=7))) for _ in range(drawn(st.integers(0, 3)))]
    shape = drawn(st.sampled_from(SHAPES))
    item = "entry" if "<feed" in shape else "item"
    return shape.format(
        names=NAMES, inside=channel + "".join(f"<{item}>{i}</{item}>" for i in items)
    ).encode()


SHAPES = (
    '<rss version="2.0" {names}><channel>{inside}</channel></rss>',
    '<?xml version="1.0" encoding="utf-8"?>\n<rss version="0.92" {names}><channel>{inside}</channel></rss>',
    '<feed xmlns="http://www.w3.org/2005/Atom" {names}>{inside}</feed>',
    '<feed xmlns="http://purl.org/atom/ns#" version="0.3" xml:lang="en_GB" {names}>{inside}</feed>',
    '<rdf:RDF xmlns="http://purl.org/rss/1.0/" {names}><channel>{inside}</channel></rdf:RDF>',
    '<a10:feed xmlns="urn:nobody" {names}>{inside}</a10:feed>',
)


def said(found: Any) -> Any:
    """What feedparser found, without the dates that it reads."""
    if isinstance(found, dict):
        return {key: said(value) for key, value in found.items() if not key.endswith("_parsed")}
    return [said(one) for one in found] if isinstance(found, list) else found


def by_the_long_way(document: bytes) -> Any:
    return feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


@settings(max_examples=100, deadline=None)
@given(document=documents())
def test_the_short_way_reads_what_the_long_way_reads(document: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # feedparser of its own `updated`
        try:
            long = by_the_long_way(document)
        except (TypeError, AttributeError, LookupError, ValueError):
            return  # a document that feedparser did not foresee; that the short way reads it does no harm
        short = xmlfeed.Quick().whole(document)
        assert not long.bozo
        for part in ("entries", "feed", "version"):
            assert said(short[part]) == said(long[part])


def test_a_broken_document_takes_the_long_way() -> None:
    torn = b"<rss version='2.0'><channel><item><title>Pact</title><link>https://a.example/1</link></item>"
    with pytest.raises(expat.ExpatError):
        xmlfeed.Quick().whole(torn)
    found = xmlfeed.read(torn, whole=True)
    assert found is not None
    assert found.bozo
    assert found.entries[0].title == "Pact"


def test_the_feedparser_that_is_locked_is_one_that_is_known() -> None:
    assert feedparser.__version__ in xmlfeed.KNOWN
