"""The search page: what is in the archive, by story, with facets; the same as CSV, JSON lines and a feed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Annotated
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from monitor.records import Facets, Search, SearchOrder, SearchRow
from monitor.store import search
from monitor.store.database import begin, open_database
from monitor.store.facets import facets
from monitor.web.answers import database_url, page, reading

SHOWN = 50  # articles on a page
FEED = 100  # entries of a feed
COLUMNS = ("article_id", "published_at", "publisher", "title", "url", "story_id", "topics", "snippet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ILLEGAL = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
router = APIRouter()


@dataclass(frozen=True, slots=True)
class Asked:
    """The question in an address: what was typed, what it means, and what of it means nothing."""

    search: Search
    typed: Mapping[str, str]
    wrong: tuple[str, ...] = ()

    def address(self, path: str = "search", changes: Mapping[str, str | None] | None = None) -> str:
        """The address of this question with some of it changed; None or "" takes a part out."""
        parts = {**self.typed, **{name: value or "" for name, value in (changes or {}).items()}}
        kept = {name: value for name, value in parts.items() if value}
        return f"{path}?{urlencode(kept)}" if kept else path


def asked(  # one parameter for each field of the form
    q: str = "",
    topic: str = "",
    since: str = "",
    until: str = "",
    publisher: str = "",
    country: str = "",
    actor: str = "",
    language: str = "",
    score: str = "",
    order: Annotated[str, Query(pattern="^(date|relevance)?$")] = "",
) -> Asked:
    """The question in the address of a page; empty fields of its form do not count."""
    wrong: list[str] = []
    typed = {"q": q, "topic": topic, "since": since, "until": until, "publisher": publisher}
    typed |= {"country": country, "actor": actor, "language": language, "score": score, "order": order}
    meant = Search(
        words=q,
        topic=topic or None,
        min_score=_number(score, wrong),
        since=_day(since, wrong),
        until=_day(until, wrong, end=True),
        publisher=publisher or None,
        country=country or None,
        actors=tuple(actor.split()),
        language=language or None,
        order=SearchOrder(order or "date"),
    )
    return Asked(meant, {name: value for name, value in typed.items() if value}, tuple(wrong))


def _number(typed: str, wrong: list[str]) -> float | None:
    try:
        return float(typed) if typed else None
    except ValueError:
        wrong.append(f"{typed!r} is no score: write a number from 0 to 1")
        return None


def _day(typed: str, wrong: list[str], *, end: bool = False) -> datetime | None:
    if not typed:
        return None
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        wrong.append(f"{typed!r} is no date: write it like 2026-05-17")
        return None
    return datetime.combine(day, time.max if end else time.min, UTC)


Question = Annotated[Asked, Depends(asked)]


@dataclass(frozen=True, slots=True)
class Group:
    """The found articles of one story, in the order in which they were found."""

    story_id: int | None
    rows: tuple[SearchRow, ...]


def grouped(rows: Iterable[SearchRow]) -> list[Group]:
    """The rows by story, each story where its first row stands."""
    found: dict[tuple[int | None, int], list[SearchRow]] = {}
    for row in rows:
        alone = row.article_id if row.story_id is None else 0
        found.setdefault((row.story_id, alone), []).append(row)
    return [Group(story, tuple(of_story)) for (story, _), of_story in found.items()]


@router.get("/search", response_class=HTMLResponse)
def show(request: Request, question: Question) -> HTMLResponse:
    with reading(request) as db:
        rows = search.search(db, question.search, SHOWN)
        counts = facets(db, question.search)
    return page(
        request,
        "search",
        asked=question,
        groups=grouped(rows),
        counts=counts,
        facets=list(_facets(counts, question)),
        shown=len(rows),
    )


def _facets(counts: Facets, question: Asked) -> Iterator[tuple[str, str, list[tuple[str, int, str, bool]]]]:
    """For each facet its title, field and values: name, count, address with or without it, chosen."""
    fields = (
        ("Topics", "topic", counts.topics),
        ("Publishers", "publisher", counts.publishers),
        ("Their states", "country", counts.countries),
        ("Actors", "actor", counts.actors),
        ("Languages", "language", counts.languages),
    )
    for title, name, values in fields:
        chosen = question.typed.get(name, "")
        shown = [
            (
                value,
                count,
                question.address("search", {name: None if value == chosen else value}),
                value == chosen,
            )
            for value, count in values
        ]
        if shown:
            yield title, name, shown


@router.get("/search.csv")
def as_csv(request: Request, question: Question) -> StreamingResponse:
    return _file(_csv(_every(request, question)), "text/csv; charset=utf-8", "articles.csv")


@router.get("/search.jsonl")
def as_json_lines(request: Request, question: Question) -> StreamingResponse:
    lines = (json.dumps(_values(row), ensure_ascii=False) + "\n" for row in _every(request, question))
    return _file(lines, "application/jsonl; charset=utf-8", "articles.jsonl")


@router.get("/search.atom")
def as_feed(request: Request, question: Question) -> Response:
    """The newest finds as an Atom feed (RFC 4287), to follow a search in any reader."""
    with reading(request) as db:
        rows = search.search(db, replace(question.search, order=SearchOrder.DATE), FEED)
    base = str(request.base_url).rstrip("/")
    updated = max((row.published_at for row in rows), default=datetime.fromtimestamp(0, UTC))
    title = f"News monitor: {question.search.words or 'all articles'}"
    entries = "".join(_entry(row) for row in rows)
    here = f"{base}/{question.address('search.atom')}"
    body = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{escape(_legal(title))}</title><id>{escape(here)}</id>"
        f"<updated>{updated.isoformat()}</updated><link rel='self' href={quoteattr(here)}/>"
        f"{entries}</feed>\n"
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
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _values(row: SearchRow) -> dict[str, object]:
    values = {name: getattr(row, name) for name in COLUMNS}
    return values | {"published_at": row.published_at.isoformat(), "topics": dict(row.topics)}


def _file(parts: Iterator[str], kind: str, name: str) -> StreamingResponse:
    return StreamingResponse(
        parts, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
