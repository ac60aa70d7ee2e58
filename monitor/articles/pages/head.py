"""What a page says of itself: title, author, date, language, its own address (pure).

JSON-LD (schema.org NewsArticle) is asked first, then Open Graph and other meta tags, then the document.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from monitor.dates import read
from monitor.text import clean, plain

_ARTICLE = re.compile(r"article|posting|report|liveblog|opinion|review", re.IGNORECASE)
_CODE = re.compile(r"[A-Za-z]{2,3}(?=$|[-_])")
_SUFFIX = re.compile(r"\s+[|–—·•-]\s+(?=[^|–—·•]{2,60}$)|\s*\|\s*(?=[^|]{2,60}$)")
_BY = re.compile(r"^(?:by|von|por|par|di|door|af|av|przez|text:)\s+", re.IGNORECASE)
_DEEPEST = 12  # levels of JSON-LD that are looked into
_PUBLISHED = (
    "//meta[@property='article:published_time']/@content",
    "//meta[@itemprop='datePublished']/@content",
    "//meta[translate(@name,'ABCDEFGHIJKLMNOPQRSTUVWXYZ','abcdefghijklmnopqrstuvwxyz')='date']/@content",
    "//meta[@name='pubdate' or @name='publishdate' or @name='publish-date']/@content",
    "//meta[@name='publication_date' or @name='parsely-pub-date' or @name='sailthru.date']/@content",
    "//meta[@name='cXenseParse:recs:publishtime']/@content",
    "//meta[@name='DC.date.issued' or @name='dc.date' or @name='dcterms.created']/@content",
    "//*[@itemprop='datePublished']/@datetime",
    "//article//time/@datetime",
    "//time[@pubdate]/@datetime",
    "//time/@datetime",
)
_AUTHOR = (
    "//meta[@name='author' or @name='byl' or @name='parsely-author' or @property='article:author']/@content",
    "//meta[@name='sailthru.author' or @name='dc.creator' or @name='DC.creator']/@content",
    "//*[@itemprop='author']//*[@itemprop='name']/text()",
    "//*[@itemprop='author']/text()",
    "//a[@rel='author']/text()",
)


@dataclass(frozen=True)
class Head:
    """The head of one page, read when it is asked for."""

    tree: Any
    url: str

    @cached_property
    def headline(self) -> str:
        """The title without the name of the site."""
        site = _first(self.tree, "//meta[@property='og:site_name']/@content")
        title = _first(self.tree, "//meta[@property='og:title']/@content", "//head/title/text()")
        headings = [clean(heading.text_content()) for heading in self.tree.xpath("//h1")]
        linked = clean(plain(_string(self._article, "headline")))
        for name in (title, linked, *headings[:1]):
            if name:
                return self._without_site(name, site, [linked, *headings])
        return ""

    @staticmethod
    def _without_site(title: str, site: str, others: Sequence[str]) -> str:
        found = _SUFFIX.search(title)
        while found:
            start, name = title[: found.start()], title[found.end() :]
            if start in others or (site and (name.lower() in site.lower() or site.lower() in name.lower())):
                return start
            found = _SUFFIX.search(title, found.end())
        return title

    @cached_property
    def titles(self) -> frozenset[str]:
        """Every spelling of the title that the page has."""
        names = self.tree.xpath(
            "//meta[@property='og:title' or @name='twitter:title']/@content | //head/title/text()"
        )
        headings = [heading.text_content() for heading in self.tree.xpath("//h1")]
        linked = _string(self._article, "headline")
        return frozenset(
            {clean(str(name)) for name in (*names, *headings, plain(linked), self.headline)} - {""}
        )

    @property
    def author(self) -> str | None:
        """The names of the authors, separated by commas."""
        names = list(dict.fromkeys(_names(self._article.get("author") if self._article else None)))
        if not names:
            names = [name for name in [_first(self.tree, *_AUTHOR)] if name]
        kept = [_BY.sub("", name) for name in names if "://" not in name and len(name) <= 100]
        return ", ".join(kept[:5]) or None

    def published_at(self, now: datetime | None = None) -> datetime | None:
        """When the article was published; nothing that lies ahead of `now`."""
        latest = (now or datetime.now(UTC)) + timedelta(days=1)
        texts = [_string(self._article, "datePublished"), _string(self._article, "dateCreated")]
        texts += [str(text) for path in _PUBLISHED for text in self.tree.xpath(path)[:1]]
        times = (read(text) for text in texts if text)
        return next((time for time in times if time and time.year >= 1990 and time <= latest), None)

    @property
    def language(self) -> str | None:
        """The language that the page claims, as an ISO 639-1 code."""
        claims = (
            _string(self._article, "inLanguage"),
            _first(self.tree, "/html/@lang", "//meta[@http-equiv='content-language']/@content"),
            _first(self.tree, "//meta[@property='og:locale']/@content"),
        )
        codes = (_CODE.match(claim.strip()) for claim in claims)
        return next((code.group().lower() for code in codes if code), None)

    @property
    def canonical_url(self) -> str | None:
        """The address that the page names as its own."""
        named = _first(self.tree, "//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content")
        if not named:
            return None
        try:
            whole = urljoin(self.url, named)
        except ValueError:
            return None
        return whole if whole.startswith(("http://", "https://")) else None

    @property
    def description(self) -> str:
        """What the page says of its content in a sentence or two."""
        return _first(
            self.tree, "//meta[@property='og:description']/@content", "//meta[@name='description']/@content"
        )

    @property
    def body(self) -> str:
        """The text of the article where JSON-LD holds it."""
        bodies = [_string(item, "articleBody") for item in self._linked]
        return plain(html.unescape(max(bodies, key=len, default="")))

    @property
    def closed(self) -> bool:
        """Whether the page says that its text is for subscribers."""
        claims = [str(item.get("isAccessibleForFree", "")).lower() for item in self._linked]
        tier = _first(self.tree, "//meta[@property='article:content_tier']/@content").lower()
        return "false" in claims or tier in {"locked", "metered"}

    @cached_property
    def _linked(self) -> list[dict[str, Any]]:
        """All JSON-LD objects of the page."""
        found: list[dict[str, Any]] = []
        for script in self.tree.xpath("//script[contains(@type,'ld+json')]/text()"):
            try:
                found.extend(_objects(json.loads(str(script), strict=False)))
            except (ValueError, RecursionError):
                continue
        return found

    @cached_property
    def _article(self) -> dict[str, Any]:
        """The JSON-LD object of the article itself, or an empty one."""
        articles = [item for item in self._linked if _ARTICLE.search(str(item.get("@type", "")))]
        return max(articles, key=len, default={})


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner, depth + 1)


def _names(author: Any) -> Iterator[str]:
    if isinstance(author, str):
        yield clean(plain(author))
    elif isinstance(author, dict):
        yield from _names(author.get("name"))
    elif isinstance(author, list):
        for one in author:
            yield from _names(one)


def _string(item: dict[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""


def _first(tree: Any, *paths: str) -> str:
    for path in paths:
        for found in tree.xpath(path)[:3]:
            if text := clean(str(found)):
                return text
    return ""
