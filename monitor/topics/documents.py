"""Documents that topics come from, read into paragraphs: text, Markdown, HTML, PDF and Word."""

from __future__ import annotations

import hashlib
import io
import re
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.errors import Permanent
from monitor.text import clean

LARGEST = 20_000_000  # bytes of a file
UNPACKED = 200_000_000  # bytes of a Word file's parts
LONGEST = 1_000_000  # characters of text: some 150,000 words
MOST_PAGES = 1_500
PATIENCE = 90.0  # seconds for one PDF
KINDS = ("txt", "md", "html", "pdf", "docx")
# What the parsers raise beside their own errors when a damaged file makes them stumble.
_STUMBLES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
    EOFError,
    NotImplementedError,
    ArithmeticError,
)
_SPLIT = "cut it, and compile the part that matters"

PageText = Callable[[bytes], str]
"""The article of an HTML page, without menus; empty where it finds none."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a document; `place` says where: "page 3" or "paragraph 12"."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read. `digest` is of its text: the same text in another file has the same."""

    name: str
    paragraphs: tuple[Paragraph, ...]
    digest: str


def read(path: Path, page_text: PageText | None = None) -> Document:
    """The paragraphs of a document.

    Args:
        page_text: finds the article in a page; without it all blocks of a page are taken.

    Raises:
        Permanent: it is not there, too large, locked, damaged, scanned, empty, or of another format; the
            message says what to do.
    """
    try:
        size = path.stat().st_size
        content = path.read_bytes() if path.is_file() and size <= LARGEST else b""
    except OSError as error:
        raise Permanent(f"{path} cannot be read ({error.strerror}): name a file that is there") from error
    if not path.is_file():
        raise Permanent(f"{path} is no file: name a document ({', '.join(KINDS)})")
    if size > LARGEST:
        raise Permanent(f"{path} has {size / 1e6:.0f} MB, the most is {LARGEST / 1e6:.0f}: {_SPLIT}")
    kind = _kind(path, content)
    if kind == "pdf":
        found = list(_pdf(path, content))
    else:
        blocks = {"docx": _word, "md": _markdown, "txt": _plain}.get(kind)
        texts = blocks(path, content) if blocks else _page(content, page_text)
        found = [
            Paragraph(text, f"paragraph {n}") for n, text in enumerate(filter(None, map(clean, texts)), 1)
        ]
    if not any(c.isalpha() for paragraph in found for c in paragraph.text):
        raise Permanent(f"{path} holds no text: compile a document with words in it")
    length = sum(len(paragraph.text) for paragraph in found)
    if length > LONGEST:
        raise Permanent(f"{path} has {length:,} characters, the most is {LONGEST:,}: {_SPLIT}")
    whole = "\n".join(paragraph.text for paragraph in found)
    return Document(path.name, tuple(found), hashlib.sha256(whole.encode()).hexdigest()[:16])


def _kind(path: Path, content: bytes) -> str:
    suffix = path.suffix.lower().lstrip(".")
    start = content[:1024].lstrip().lower()
    if content.startswith(b"%PDF") or suffix == "pdf":
        return "pdf"
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Permanent(f"{path} is locked with a password, or an old .doc: save it as .docx without one")
    if suffix == "docx" or content.startswith(b"PK\x03\x04"):
        return "docx"
    if suffix in {"html", "htm", "xhtml"} or start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if suffix in {"md", "markdown"}:
        return "md"
    if suffix in {"txt", "text", ""} or b"\0" not in content[:4096]:
        return "txt"
    raise Permanent(f"{path} is of a format that is not known: save it as one of {', '.join(KINDS)}")


def _decoded(path: Path, content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content:
        raise Permanent(f"{path} is no text: save it as one of {', '.join(KINDS)}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


_ENDS = re.compile(r"[.!?:;\"”’')\]]\s*$")
_ITEM = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+", re.IGNORECASE)
_HEAD = re.compile(r"\A(\+\+\+|---)\n.*?\n\1\n", re.DOTALL)


def _plain(path: Path, content: bytes) -> Iterator[str]:
    text = _decoded(path, content).replace("\r\n", "\n").replace("\r", "\n")
    yield from _joined(text.split("\n"))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Paragraphs of lines: a line that ends a sentence, or starts an item, is where one ends."""
    held: list[str] = []
    for line in lines:
        if held and (not line.strip() or _ITEM.match(line) or _ENDS.search(held[-1])):
            yield " ".join(held)
            held = []
        if line.strip():
            dashed = bool(held) and held[-1].endswith("-") and line.strip()[:1].islower()
            if dashed:
                held[-1] = held[-1][:-1] + line.strip()
            else:
                held.append(_ITEM.sub("", line.strip()))
    if held:
        yield " ".join(held)


def _markdown(path: Path, content: bytes) -> Iterator[str]:
    from markdown_it import MarkdownIt

    source = _HEAD.sub("", _decoded(path, content).replace("\r\n", "\n"))
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        if token.type == "inline":
            children = [child for child in token.children or () if child.type != "html_inline"]
            parts = (" " if child.type.endswith("break") else child.content for child in children)
            yield "".join(parts)


def _page(content: bytes, page_text: PageText | None) -> Iterator[str]:
    article = page_text(content) if page_text else ""
    if article:
        yield from article.split("\n")
        return
    from lxml import html
    from lxml.etree import ParserError

    try:
        tree = html.document_fromstring(content)
    except (ParserError, ValueError):
        return
    for dropped in tree.xpath("//script|//style|//nav|//header|//footer|//aside|//noscript|//form"):
        dropped.drop_tree()
    for block in tree.xpath("//p|//li|//h1|//h2|//h3|//h4|//td|//blockquote|//pre"):
        if not block.xpath(".//p|.//li"):
            yield str(block.text_content())


def _word(path: Path, content: bytes) -> list[str]:
    import docx
    from docx.opc.exceptions import OpcError
    from lxml.etree import XMLSyntaxError

    damaged = f"{path} is damaged, or no Word document: open it in Word and save it as .docx again"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > UNPACKED:
            raise Permanent(f"{path} unpacks to {unpacked / 1e6:.0f} MB: {_SPLIT}")
        document = docx.Document(io.BytesIO(content))
        texts = [paragraph.text for paragraph in document.paragraphs]
        tables = ((cell.text for row in table.rows for cell in row.cells) for table in document.tables)
        return texts + list(dict.fromkeys(text for cells in tables for text in cells))
    except (
        zipfile.BadZipFile,
        OpcError,
        XMLSyntaxError,
        KeyError,
        ValueError,
        zlib.error,
        EOFError,
    ) as error:
        raise Permanent(f"{damaged} ({type(error).__name__})") from error


def _pdf(path: Path, content: bytes) -> Iterator[Paragraph]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Permanent(f"{path} is locked with a password: save a copy without one")
        pages = len(reader.pages)
        if pages > MOST_PAGES:
            raise Permanent(f"{path} has {pages:,} pages, the most is {MOST_PAGES:,}: {_SPLIT}")
        lines = _page_lines(path, reader)
    except (PyPdfError, zlib.error, *_STUMBLES) as error:
        cure = "open it in a reader and print it to a new PDF"
        raise Permanent(f"{path} is damaged, or no PDF ({type(error).__name__}): {cure}") from error
    if sum(c.isalpha() for page in lines for line in page for c in line) < 20 * max(pages, 1):
        cure = "run text recognition on it first (for instance `ocrmypdf IN.pdf OUT.pdf`)"
        raise Permanent(f"{path} holds pictures of pages and no text: {cure}")
    repeated = _running_heads(lines)
    for number, page in enumerate(lines, 1):
        kept = (line for line in page if line.strip() not in repeated and not line.strip().isdigit())
        yield from (Paragraph(text, f"page {number}") for text in filter(None, map(clean, _joined(kept))))


def _page_lines(path: Path, reader: Any) -> list[list[str]]:
    start, length = time.monotonic(), 0
    lines = []
    for page in reader.pages:
        text = page.extract_text() or ""
        length += len(text)
        if length > LONGEST or time.monotonic() - start > PATIENCE:
            raise Permanent(f"{path} is too long or takes too long to read: {_SPLIT}")
        lines.append(text.split("\n"))
    return lines


def _running_heads(pages: list[list[str]]) -> frozenset[str]:
    """Lines that stand at the top or the bottom of most pages."""
    if len(pages) < 3:
        return frozenset()
    edges = Counter(line.strip() for page in pages for line in {*page[:2], *page[-2:]} if line.strip())
    return frozenset(line for line, count in edges.items() if count > len(pages) / 2)
