"""What a search finds, as files: CSV, JSON lines and Parquet of everything, the newest as an Atom feed.

Files are written while they are read from the database: as much as there is fits any memory.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from monitor.records import SearchOrder, SearchRow
from monitor.store import search
from monitor.store.database import begin, open_database
from monitor.web.answers import database_url, reading
from monitor.web.archive import Asked, Question

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer

FEED = 100  # entries of a feed
COLUMNS = ("article_id", "published_at", "publisher", "title", "url", "story_id", "topics", "snippet")
GROUP = 5_000  # rows of a row group: a megabyte or two
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ILLEGAL = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
router = APIRouter()


@router.get("/search.csv")
def as_csv(request: Request, question: Question) -> StreamingResponse:
    return _file(_csv(_every(request, question)), "text/csv; charset=utf-8", "articles.csv")


@router.get("/search.jsonl")
def as_json_lines(request: Request, question: Question) -> StreamingResponse:
    lines = (json.dumps(_values(row), ensure_ascii=False) + "\n" for row in _every(request, question))
    return _file(lines, "application/jsonl; charset=utf-8", "articles.jsonl")


@router.get("/search.parquet")
def as_parquet(request: Request, question: Question) -> StreamingResponse:
    kind = "application/vnd.apache.parquet"
    return _file(_parquet(_every(request, question)), kind, "articles.parquet")


@router.get("/search.atom")
def as_feed(request: Request, question: Question) -> Response:
    """The newest finds as an Atom feed (RFC 4287), to follow a search in any reader."""
    return feed(request, question, question.search.words or "all articles")


def feed(request: Request, question: Asked, name: str, place: str = "") -> Response:
    """The feed of a search.

    Args:
        place: the path of the feed where it is not that of the search.
    """
    with reading(request) as db:
        rows = search.search(db, replace(question.search, order=SearchOrder.DATE), FEED)
    base = str(request.base_url).rstrip("/")
    updated = max((row.published_at for row in rows), default=datetime.fromtimestamp(0, UTC))
    entries = "".join(_entry(row) for row in rows)
    here = f"{base}/{place or question.address('search.atom')}"
    page = f"{base}/{question.address('search')}"
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(_legal(f'News monitor: {name}'))}</title><id>{escape(_legal(here))}</id>"
        f"<updated>{updated.isoformat()}</updated><link rel='self' href={quoteattr(_legal(here))}/>"
        f"<link href={quoteattr(_legal(page))}/>{entries}</feed>\n"
    )
    return Response(body, media_type="application/atom+xml")


def _entry(row: SearchRow) -> str:
    return (
        f"<entry><title>{escape(_legal(row.title))}</title><id>urn:news-monitor:article:{row.article_id}</id>"
        f"<link href={quoteattr(_legal(row.url))}/><updated>{row.published_at.isoformat()}</updated>"
        f"<author><name>{escape(_legal(row.publisher))}</name></author>"
        f"<summary>{escape(_legal(row.snippet))}</summary></entry>"
    )


def _legal(text: str) -> str:
    """`text` without the characters that XML 1.0 forbids."""
    return _ILLEGAL.sub("", text)


def _every(request: Request, question: Asked) -> Iterator[SearchRow]:
    with begin(open_database(database_url(request)), reading=True) as db:
        yield from search.every(db, question.search)


def _csv(rows: Iterable[SearchRow]) -> Iterator[str]:
    def line(values: Iterable[object]) -> str:
        written = io.StringIO()
        csv.writer(written).writerow([_inert(value) for value in values])
        return written.getvalue()

    yield line(COLUMNS)
    for row in rows:
        values = _values(row)
        values["topics"] = ", ".join(f"{name} {score:.2f}" for name, score in row.topics)
        yield line(values[name] for name in COLUMNS)


def _inert(value: object) -> object:
    """A cell that no spreadsheet takes for a formula.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    risky = isinstance(value, str) and (value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA))
    return f"'{value}" if risky else value


class _Parts(io.RawIOBase):
    """A file that hands on what is written to it."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, part: Buffer) -> int:
        self._held.append(bytes(part))
        self._written += len(self._held[-1])
        return len(self._held[-1])

    def take(self) -> bytes:
        """What was written since the last call."""
        found, self._held = b"".join(self._held), []
        return found


def _parquet(rows: Iterable[SearchRow]) -> Iterator[bytes]:
    """A Parquet file in row groups of `GROUP` rows, each handed on as soon as it is full."""
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema()
    parts, left = _Parts(), iter(rows)
    with parquet.ParquetWriter(parts, schema, compression="zstd") as writer:
        while group := list(islice(left, GROUP)):
            writer.write_table(pa.Table.from_pylist([_cells(row) for row in group], schema))
            yield parts.take()
    yield parts.take()


def _schema() -> pa.Schema:
    import pyarrow as pa

    topic = pa.struct([("topic", pa.string()), ("score", pa.float64())])
    kinds = {
        "article_id": pa.int64(),
        "published_at": pa.timestamp("us", tz="UTC"),
        "story_id": pa.int64(),
        "topics": pa.list_(topic),
    }
    return pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS])


def _cells(row: SearchRow) -> dict[str, object]:
    found = {name: getattr(row, name) for name in COLUMNS}
    return found | {"topics": [{"topic": name, "score": score} for name, score in row.topics]}


def _values(row: SearchRow) -> dict[str, object]:
    values = {name: getattr(row, name) for name in COLUMNS}
    return values | {"published_at": row.published_at.isoformat(), "topics": dict(row.topics)}


def _file(parts: Iterator[str] | Iterator[bytes], kind: str, name: str) -> StreamingResponse:
    return StreamingResponse(
        parts, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
