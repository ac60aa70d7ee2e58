"""What the demo server has on its shelves: feed documents, their pages and lists of them."""

from __future__ import annotations

import gzip
import html as entities
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from monitor.demo import dates
from monitor.demo import pages as page
from monitor.errors import Misconfigured

PLACEHOLDER = b"{{server}}"

_TITLE = re.compile(
    r"<(?:[\w.-]+:)?title\b[^<>]*>\s*(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?\s*</", re.IGNORECASE | re.DOTALL
)
_PAGE_LINK = re.compile(r"\{\{server\}\}/pages/([\w.-]+)")
_SUFFIXES = frozenset({"", ".xml", ".rss", ".atom", ".rdf", ".json", ".gz"})


def documents(sources: Path | Sequence[Path] | Mapping[str, bytes]) -> dict[str, bytes]:
    """The documents by name, in the order of the names; a file is named by its path below the shared folder.

    Raises:
        Misconfigured: a file cannot be read, or there is none.
    """
    if isinstance(sources, Mapping):
        return dict(sorted(sources.items()))
    try:
        files = _files(sources) if isinstance(sources, Path) else [path.resolve() for path in sources]
        folder = os.path.commonpath([path.parent for path in files]) if files else ""
        found = {path.relative_to(folder).as_posix(): _content(path) for path in sorted(files)}
    except (OSError, EOFError) as error:  # EOFError: a gzip file that is cut short
        raise Misconfigured(f"cannot read a sample feed: {error}: give files or folders of feeds") from error
    if not found:
        raise Misconfigured(f"no feeds in {sources}: put .xml, .rss, .atom, .rdf or .json files there")
    return found


def name_of(path: str | Path, names: Mapping[str, bytes]) -> str:
    """The name among `names` that `path`, a name or a file, stands for; `path` itself where there is none."""
    text = path.as_posix() if isinstance(path, Path) else path
    if text in names:
        return text
    whole = Path(path).resolve().as_posix()
    return (
        next((name for name in names if whole.endswith("/" + name)), text) if isinstance(path, Path) else text
    )


def path_of(name: str) -> str:
    """The path of a feed on the server."""
    return "/feeds/" + quote(name)


def moved_to(
    found: Mapping[str, bytes], newest_at: datetime, now: datetime, per_feed: bool
) -> dict[str, bytes]:
    """The documents with their dates moved so that the newest item is of `newest_at`.

    A date is taken for a fault, and stays, when it lies more than a day after both `now` and the clock.
    """
    latest = max(now, datetime.now(now.tzinfo)) + timedelta(days=1)
    times = {name: dates.newest(document, latest) for name, document in found.items()}
    overall = max((time for time in times.values() if time), default=None)
    moved = {}
    for name, document in found.items():
        time = times[name] if per_feed else overall
        moved[name] = dates.shifted(document, newest_at - time, latest) if time else document
    return moved


def content_type(name: str, document: bytes) -> str:
    """The media type of a feed by its root; no charset, so that the document's own word counts."""
    start = document[:2000]
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return "application/feed+json"
    if b"<feed" in start or name.endswith(".atom"):
        return "application/atom+xml"
    return "application/rdf+xml" if b"<rdf:RDF" in start else "application/rss+xml"


def title_of(document: bytes) -> str:
    """The title a feed gives itself, empty where it gives none."""
    text = document.decode("utf-8", "replace")
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        try:
            return str(json.loads(text).get("title") or "")
        except ValueError:
            return ""
    match = _TITLE.search(text)
    return " ".join(entities.unescape(match[1]).split()) if match else ""


def pages(folder: Path, found: Mapping[str, bytes], origin: str) -> Iterator[tuple[str, bytes]]:
    """The page of each text file in `folder`, by path, dated and signed as the feed that links to it."""
    links: dict[str, tuple[str, datetime | None]] = {}
    for document in found.values():
        publisher = title_of(document)
        for text, published_at in dates.items(document):
            for match in _PAGE_LINK.finditer(text.replace("\\/", "/")):
                links.setdefault(match[1], (publisher, published_at))
    for file in sorted(folder.glob("*.txt")):
        publisher, published_at = links.get(file.stem, ("Demo", None))
        story = page.read(file.read_text("utf-8"))
        yield f"/pages/{file.stem}", page.html(story, publisher, published_at, origin + "/")


def opml(feeds: Sequence[tuple[str, str, str]], group: str) -> bytes:
    """A subscription list of (title, feed URL, site URL), all in one group."""
    lines = [
        f'      <outline type="rss" text={quoteattr(title)} title={quoteattr(title)} '
        f"xmlUrl={quoteattr(url)} htmlUrl={quoteattr(site)}/>"
        for title, url, site in feeds
    ]
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n  <head><title>Feeds</title></head>'
    opened, closed = (
        f"  <body>\n    <outline text={quoteattr(group)}>",
        "    </outline>\n  </body>\n</opml>\n",
    )
    return "\n".join([head, opened, *lines, closed]).encode()


def front_page(feeds: Sequence[tuple[str, str]]) -> bytes:
    """A page that lists and announces (title, path) of all feeds."""
    heads = "\n".join(
        f'<link rel="alternate" type="application/rss+xml" title={quoteattr(title)} href={quoteattr(path)}>'
        for title, path in feeds
    )
    rows = "\n".join(f"<li><a href={quoteattr(path)}>{escape(title)}</a></li>" for title, path in feeds)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Demo feeds</title>\n'
        f"{heads}\n</head>\n<body><h1>Demo feeds</h1>\n"
        f"<p>All publishers and all news here are invented.</p>\n<ul>\n{rows}\n</ul></body></html>\n"
    ).encode()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise FileNotFoundError(2, "no such folder", str(folder))
    shown = (path for path in folder.resolve().rglob("*") if path.is_file() and path.suffix in _SUFFIXES)
    return [path for path in shown if not path.name.startswith(".")]


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content
