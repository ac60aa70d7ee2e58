"""Bytes to entries (pure).

feedparser reads RSS, RDF and Atom (`monitor.feeds.formats.xmlfeed`); JSON Feed and sitemaps, which it does
not know, are read beside it, as is what keeps an XML parser from reading a document. Texts leave this room
as plain text.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.dates import judge
from monitor.errors import Permanent
from monitor.feeds.formats.jsonfeed import NotJsonFeed, is_json, read_json
from monitor.feeds.formats.links import absolute
from monitor.feeds.formats.repair import Mended, mend
from monitor.feeds.formats.sitemap import is_sitemap, read_sitemap
from monitor.feeds.formats.tree import gathered, items_of, rebuilt
from monitor.feeds.formats.xmlfeed import read
from monitor.feeds.pace import pace_of
from monitor.records import Entry, ParsedFeed, Repair
from monitor.text import plain, tidy

LONGEST_ENTITY = 2_000  # characters; feeds that declare entities of their own use them for letters
_ENTITY = re.compile(
    rb"<!ENTITY\s+(?P<parameter>%\s+)?[^\s>]+\s+(?:(?P<outside>SYSTEM|PUBLIC)\b[^>]*>|(?P<quote>['\"])(?P<value>.*?)(?P=quote))",
    re.DOTALL,
)
_OUTSIDE_SET = re.compile(rb"<!ENTITY\s+%\s+([\w.-]+)\s+(?:SYSTEM|PUBLIC)\b[^>]*>", re.DOTALL)
_REFERENCE = re.compile(rb"[&%](?!#|(?:amp|lt|gt|quot|apos);)[\w.-]+;")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_HTML = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


class NotAFeed(Permanent):
    """The document is readable and no feed: most often an HTML page."""


class EntityBomb(Permanent):
    """The document declares entities that expand, or that lie outside of it."""


class Unreadable(Permanent):
    """The document starts like a feed, but nothing can be read from it."""


def parse(body: bytes, *, url: str, content_type: str | None, now: datetime) -> ParsedFeed:
    """All entries of a feed document, in its order.

    Args:
        url: where it came from, after redirects: relative links are resolved against it; with an empty
            one they stay as they are, unless the document has a base of its own.
        content_type: the header of the answer; only its charset is used.
        now: the time of the fetch, to judge dates by.

    Raises:
        NotAFeed: it is something else; the message says what.
        EntityBomb: reading it would be dangerous.
        Unreadable: it is a feed that cannot be read.
    """
    declared = _CHARSET.search(content_type or "")
    charset = declared[1] if declared else None
    if is_json(body):
        try:
            return read_json(body, url, charset, now)
        except NotJsonFeed as error:
            raise NotAFeed(f"the address gives {error}: look for the feed's own address") from error
    body, inner = _without_outside_sets(body)
    _refuse_entities(body)
    mended = mend(body, charset)
    _refuse_entities(mended.body)
    if is_sitemap(mended.body) and (sitemap := read_sitemap(mended.body, now)):
        return replace(sitemap, repairs=inner + mended.repairs)
    found, repairs = _best_reading(mended)
    if not found.entries:
        _check_empty(found, mended)
    channel = found.feed
    return ParsedFeed(
        format=found.get("version") or "unknown",
        title=_line(channel, "title"),
        entries=tuple(_entry(item, url, now) for item in found.entries),
        site_url=_site(channel, url),
        language=channel.get("language") or None,
        pace=pace_of(channel, mended.body),
        warning=_complaint(found) or ", ".join(repair.replace("_", " ") for repair in inner + repairs),
        repairs=inner + repairs,
    )


def _without_outside_sets(body: bytes) -> tuple[bytes, tuple[Repair, ...]]:
    """Drop sets of letter names that lie elsewhere: old RSS points to those of HTML, which we know."""
    names = _OUTSIDE_SET.findall(body[:20_000]) if b"<!ENTITY" in body[:20_000] else []
    if not names:
        return body, ()
    body = _OUTSIDE_SET.sub(b"", body)
    for name in names:
        body = body.replace(b"%" + name + b";", b"")
    return body, (Repair.ENTITIES,)


def _refuse_entities(body: bytes) -> None:
    """A feed may name letters by entities; entities of entities, long ones and outside ones are attacks."""
    if b"<!ENTITY" not in body:
        return
    for entity in _ENTITY.finditer(body):
        if entity["outside"]:
            raise EntityBomb("it declares an entity that lies outside of the document")
        value = entity["value"]
        if len(value) > LONGEST_ENTITY or _REFERENCE.search(value):
            raise EntityBomb("it declares entities that expand into more and more text")


def _best_reading(mended: Mended) -> tuple[Any, tuple[Repair, ...]]:
    """What feedparser reads; of a document that stays broken, the better of two readings.

    Its tolerant parser takes tags as they come; libxml2 rebuilds a tree first. Which of them loses
    less depends on the fault. Where both have fewer entries than there are items, those are taken out
    of what they lie in.
    """
    found, repairs = _plain_or_rebuilt(mended)
    if len(found.entries) >= items_of(mended.body):
        return found, repairs
    if (feed := gathered(mended.body)) and (again := read(feed)) and _worth(again) > _worth(found):
        return again, (*mended.repairs, Repair.GATHERED)
    return found, repairs


def _plain_or_rebuilt(mended: Mended) -> tuple[Any, tuple[Repair, ...]]:
    found = read(mended.body, whole=mended.whole)
    if found is None:
        found = read(rebuilt(mended.body, slim=True))
        if found is None:
            raise Unreadable("the parser fails on it")
        return found, (*mended.repairs, Repair.REBUILT)
    if mended.whole and not found.bozo:
        return found, mended.repairs
    if (tree := rebuilt(mended.body)) and (again := read(tree)) and _worth(again) > _worth(found):
        return again, (*mended.repairs, Repair.REBUILT)
    return found, (*mended.repairs, Repair.LOOSE)


def _worth(found: Any) -> tuple[int, int]:
    """How many entries a reading has, and how many of their titles and links."""
    return len(found.entries), sum(bool(e.get("title")) + bool(e.get("link")) for e in found.entries)


def _check_empty(found: Any, mended: Mended) -> None:
    """An empty feed is no error; a page, a text or a wreck is one."""
    body = mended.body
    if not found.get("version"):
        what = "an HTML page" if _HTML.search(body[:4096]) else "no feed of any known kind"
        raise NotAFeed(f"the address gives {what}: look for the feed's own address")
    if not mended.whole:
        complaint = _complaint(found) or "the document breaks off"
        raise Unreadable(f"none of its entries can be read ({complaint})")


def _complaint(found: Any) -> str:
    """What the parser complained of; it reads most such documents all the same."""
    error = found.get("bozo_exception") if found.bozo else None
    return tidy(str(error))[:200] if error else ""


# Where feedparser means the same by it: its own `get` looks for other names first, and that by exceptions.
_get = dict.get


def _entry(item: Any, url: str, now: datetime) -> Entry:
    content = max(
        (plain(part.get("value") or "") for part in (_get(item, "content") or ())), key=len, default=""
    )
    link, date = _link(item, url), _date_text(item)
    published_at, status = judge(date, now)
    return Entry(
        guid=_get(item, "id") or None,
        url=link,
        title=_line(item, "title"),
        summary=plain(_get(item, "summary") or ""),
        content=content,
        author=tidy(_get(item, "author") or "") or None,
        language=next((c["language"] for c in (_get(item, "content") or ()) if c.get("language")), None),
        published_at=published_at,
        date_status=status,
        original_url=_original(item, link, url),
        date_text="" if published_at else date,
    )


def _line(item: Any, key: str) -> str:
    """A title as one line of text: markup stays where its format says that it is text."""
    text = _get(item, key) or ""
    kind = (_get(item, f"{key}_detail") or {}).get("type", "")
    if kind == "text/plain" and "<" in text:
        return tidy(html.unescape(text))
    return plain(text).replace("\n", " ")


def _link(item: Any, url: str) -> str | None:
    """The entry's own link; its identifier where that is said to be one and there is no other.

    Of several links that which is the identifier, too, or else the first to a page: feedparser names the
    last one, which in RSS is often an `atom:link` to something related.
    """
    links = [one for one in _get(item, "links") or () if _get(one, "rel", "alternate") == "alternate"]
    given = [one["href"] for one in links if _get(one, "href")]
    own, guid = _get(item, "link"), _get(item, "id")
    pages = [one["href"] for one in links if _get(one, "href") and "html" in _get(one, "type", "text/html")]
    given[:0] = [guid, *pages] if guid in given else pages
    if own and (own != guid or _get(item, "guidislink")):
        given.append(own)
    return next((link for name in given if (link := absolute(name, url))), None)


def _original(item: Any, link: str | None, url: str) -> str | None:
    """The article's own address: named by a feed service, or all there is where there is no link."""
    named = [_get(item, "feedburner_origlink"), _get(item, "pheedo_origlink")]
    if not link and str(_get(item, "id", "")).startswith(("http://", "https://")):
        named.append(item["id"])
    return next((link for name in named if (link := absolute(name, url))), None)


def _site(channel: Any, url: str) -> str | None:
    link = absolute(channel.get("link"), url)
    return link if link and link.startswith(("http://", "https://")) else None


def _date_text(item: Any) -> str:
    """The publication date as it is written, or that of the revision where there is none."""
    texts = (str(_get(item, name) or "").strip() for name in ("published", "created", "updated"))
    return next((text for text in texts if text), "")
