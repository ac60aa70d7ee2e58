"""feedparser's reading of an XML document; the only import of feedparser (pure).

Where a document is well-formed and plain, feedparser's own strict parser is driven straight from expat,
with those of its methods overridden that take most of its time; what it reads stays the same, which the
tests check against `feedparser.parse`. Everything else goes through `feedparser.parse`: broken documents,
document types, and versions of feedparser whose inside is not known here.

feedparser's sanitizer is off because its time is quadratic in the length of an item, and its resolving of
addresses inside HTML because nothing here shows that HTML.
"""

from __future__ import annotations

import io
import re
from typing import Any
from xml.parsers import expat
from xml.sax import SAXException, saxutils

import feedparser
from feedparser.html import _cp1252

# feedparser's own list of the parsers that it tries first: a tenth of its time goes with the pieces of texts.
feedparser.api.PREFERRED_XML_PARSERS[:] = ["monitor.feeds.formats.expat"]

KNOWN = frozenset({"6.0.11", "6.0.12", "6.0.13", "6.0.14"})  # the mixin is the same in these
_HEADERS = {"content-type": "application/xml; charset=utf-8"}
_XHTML = "application/xhtml+xml"
_ROOTS = frozenset({"feed", "rss", "rdf:rdf", "rdf:RDF"})
_IN_TEXTINPUT = frozenset({"title", "link", "description", "name"})
_IN_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
_ODD = frozenset({"content", "category", "tags", "itunes_keywords"})  # stored in ways of their own
_TEXTS = frozenset({"text/plain", "text/html"})
_DRAWN = {("math", "http://www.w3.org/1998/Math/MathML"), ("svg", "http://www.w3.org/2000/svg")}
_AMPERSAND = re.compile("&([A-Za-z0-9_]+);")


def read(body: bytes, *, whole: bool = False) -> Any | None:
    """What feedparser makes of `body`; None where a document that it did not foresee makes it fail.

    It is not told where the document came from: it would resolve each of an item's addresses three times,
    which costs a fifth of all, and those that are kept are resolved by the caller.

    Args:
        whole: whether the document is known to be well-formed, and in UTF-8.
    """
    if whole and feedparser.__version__ in KNOWN and b"<!DOCTYPE" not in body[:2_000].upper():
        try:
            return Quick().whole(body)
        except (expat.ExpatError, SAXException, *_SLIPS):
            pass  # feedparser.parse says what it makes of that
    try:
        return feedparser.parse(
            io.BytesIO(body), response_headers=_HEADERS, sanitize_html=False, resolve_relative_uris=False
        )
    except _SLIPS:
        return None


_SLIPS = (TypeError, ValueError, AttributeError, LookupError, AssertionError, RecursionError)


class _Details(feedparser.FeedParserDict):  # type: ignore[misc]
    """What is known of a text; it is copied for each, and its values are all of one piece."""

    def __deepcopy__(self, _memo: object) -> _Details:
        return _Details(self)


_OTHER_NAMES = frozenset(
    {*feedparser.FeedParserDict.keymap, "category", "enclosures", "license", "updated", "updated_parsed"}
)


class _Item(feedparser.FeedParserDict):  # type: ignore[misc]
    """An entry, in which names that stand for no other are not looked for by exceptions."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key, default) if key in _OTHER_NAMES else dict.get(self, key, default)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) if key in _OTHER_NAMES else dict.__contains__(self, key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key in _OTHER_NAMES:
            return super().setdefault(key, default)
        return dict.setdefault(self, key, default)


class Quick(feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """feedparser's strict parser without dates, which are read elsewhere, and with short ways.

    A short way does for the common case what the method that it overrides comes to, and leaves the others
    to that: elements with attributes, markup inside of texts, a base for addresses.
    """

    contentparams: Any
    decls: dict[str, str]
    elementstack: list[Any]
    baseuri: str
    lang: str | None

    def __init__(self) -> None:
        super().__init__("", None, "utf-8")
        self.resolve_relative_uris = self.sanitize_html = False
        # A name as expat gives it: as feedparser has it, and with its prefix as methods are named.
        self._tags: dict[str, str] = {}
        self._names: dict[str, tuple[str, bool]] = {}  # with whether it has no prefix

    def whole(self, body: bytes) -> Any:
        """Read a document to its end.

        Raises:
            ExpatError: it is not well-formed.
        """
        parser = expat.ParserCreate("utf-8", " ", intern={})
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartNamespaceDeclHandler = self.startPrefixMapping
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.handle_data
        parser.Parse(body, True)
        return feedparser.FeedParserDict(
            bozo=False, entries=self.entries, feed=self.feeddata, version=self.version, encoding="utf-8"
        )

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        super().track_namespace(prefix, uri)
        self._tags.clear()
        self._names.clear()

    # ------------------------------------------------------------ elements

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = self._tags.get(name) or self._tag(name)
        if attributes or self.decls or self.incontent or self.baseuri or self.svgOK or tag in _ROOTS:
            self.unknown_starttag(tag, self._attributes(name, attributes))
        else:
            self._plain_start(tag)

    def _plain_start(self, tag: str) -> None:
        """An element without attributes, outside of texts."""
        self.depth += 1
        self.basestack.append(self.baseuri)
        self.langstack.append(self.lang)
        name, bare = self._names.get(tag) or self._name(tag)
        if bare:
            if tag not in _IN_TEXTINPUT:
                self.intextinput = 0
            if tag not in _IN_IMAGE:
                self.inimage = 0
        try:
            getattr(self, "_start_" + name)({})
        except AttributeError:
            self.push(name, 1)

    def _end(self, name: str) -> None:
        tag = self._tags.get(name) or self._tag(name)
        if self.svgOK:
            self.unknown_endtag(tag)
            return
        underscored, _ = self._names.get(tag) or self._name(tag)
        try:
            getattr(self, "_end_" + underscored)()
        except AttributeError:
            self.pop(underscored)
        if self.incontent and not self._goes_on(tag):
            return
        stack = self.basestack
        if stack:
            stack.pop()
            if stack and stack[-1]:
                self.baseuri = stack[-1]
        stack = self.langstack
        if stack:
            stack.pop()
            if stack:
                self.lang = stack[-1]
        self.depth -= 1

    def _goes_on(self, tag: str) -> bool:
        """A text of markup goes on after an element; false where that only wraps it."""
        params = self.contentparams
        if not params.get("type", "xml").endswith("xml"):
            if tag in {"xhtml:div", "div"}:
                return False
            params["type"] = _XHTML
        if params.get("type") == _XHTML:
            self.handle_data(f"</{tag.rpartition(':')[2]}>", escape=0)
        return True

    def _tag(self, name: str) -> str:
        """The name of an element, by feedparser's prefix of its namespace or else the document's own."""
        space, _, local = name.partition(" ")
        if not local:
            tag = space.lower()
        else:
            tag = local.partition(" ")[0].lower()
            if "backend.userland.com/rss" in space.lower():
                space = "http://backend.userland.com/rss"
            prefix = self._matchnamespaces.get(space.lower())
            if prefix is None:
                prefix = next((p for p, uri in self.namespaces_in_use.items() if p and uri == space), "")
                tag = f"{prefix}:{tag}".lower() if prefix else tag
            elif prefix:
                tag = f"{prefix}:{tag}".lower()
        self._tags[name] = tag
        return tag

    def _name(self, tag: str) -> tuple[str, bool]:
        prefix, colon, suffix = tag.partition(":")
        if not colon:
            prefix, suffix = "", tag
        prefix = self.namespacemap.get(prefix, prefix)
        found = self._names[tag] = (f"{prefix}_{suffix}" if prefix else suffix, not prefix)
        return found

    def _attributes(self, name: str, given: dict[str, str]) -> list[tuple[str, str]]:
        """The attributes by feedparser's prefixes, and by the document's."""
        found, self.decls = self.decls, {}
        space, _, local = name.partition(" ")
        local = local.partition(" ")[0].lower()
        if (local, space) in _DRAWN:
            found["xmlns"] = space
        qualified: dict[str, str] = {}
        for attribute, value in given.items():
            space, _, local = attribute.partition(" ")
            if not local:
                found[space.lower()] = value
                continue
            local, _, own = local.partition(" ")
            prefix = self._matchnamespaces.get(space.lower(), "")
            found[f"{prefix}:{local}".lower() if prefix else local.lower()] = value
            qualified[f"{own}:{local}".lower() if own else local.lower()] = value
        return [*(found | qualified).items()]

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        super()._start_item(attrs_d)
        self.entries[-1] = _Item(self.entries[-1])

    _start_entry = _start_item

    # ------------------------------------------------------------ texts

    def handle_data(self, text: str, escape: int = 1) -> None:
        if self.elementstack:
            if escape and self.contentparams and dict.get(self.contentparams, "type") == _XHTML:
                text = saxutils.escape(text)
            self.elementstack[-1][2].append(text)

    def resolve_uri(self, uri: str) -> Any:
        return super().resolve_uri(uri) if self.baseuri or ":///" in uri else uri

    def push_content(self, tag: str, attrs_d: dict[str, str], default_content_type: str, text: int) -> None:
        if attrs_d or not default_content_type.startswith("text/"):
            super().push_content(tag, attrs_d, default_content_type, text)
            self.contentparams = _Details(self.contentparams)
            return
        self.incontent += 1
        if self.lang:
            self.lang = self.lang.replace("_", "-")
        details = {"type": default_content_type, "language": self.lang, "base": self.baseuri, "base64": 0}
        self.contentparams = _Details(details)
        self.push(tag, text)

    def pop(self, element: str, strip_whitespace: int = 1) -> Any:
        """Take an element off the stack and store its text where it belongs."""
        stack, params = self.elementstack, self.contentparams
        if not stack or stack[-1][0] != element:
            return None
        kind = dict.get(params, "type", "text/html")
        if (
            not (self.inentry and stack[-1][1] and strip_whitespace)
            or self.insource
            or kind not in _TEXTS
            or dict.get(params, "base64")
            or element in _ODD
        ):
            return super().pop(element, strip_whitespace)
        text = "".join(stack.pop()[2]).strip()
        if element in self.can_be_relative_uri and text and (element != "id" or self.guidislink):
            text = self.resolve_uri(text)
        if kind == "text/plain" and params and ("<" in text or "&" in text) and not self._atom():
            params["type"] = "text/html" if self.looks_like_html(text) else kind
        dict.pop(params, "mode", None)
        dict.pop(params, "base64", None)
        if not text.isascii():
            text = _once_decoded(text).translate(_cp1252)
        if element != "title" or not -1 < self.title_depth <= self.depth:
            self._store(element, text)
        return text

    def _atom(self) -> bool:
        return bool(self.version.startswith("atom"))

    def _store(self, element: str, text: str) -> None:
        entry = self.entries[-1]
        if element == "link":
            if not self.inimage:
                entry["link"] = text = _AMPERSAND.sub(r"&\g<1>", text.replace("&amp;", "&"))
                if text:
                    entry["links"][-1]["href"] = text
            return
        if element == "description":
            element = "summary"
        depths = self.property_depth_map.setdefault(entry, {})
        before = depths.get(element)
        if before is None or self.depth <= before:
            depths[element] = self.depth
            entry[element] = text  # under the name that feedparser keeps it by
        if self.incontent:
            details = _Details(self.contentparams)
            dict.__setitem__(details, "value", text)
            dict.__setitem__(entry, f"{element}_detail", details)

    # ------------------------------------------------------------ dates: their text is all that is wanted

    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    def _end_expirationdate(self) -> None:
        self.pop("expired")

    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


def _once_decoded(text: str) -> str:
    """UTF-8 that somebody took for Latin-1 and encoded again, as it was meant."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
