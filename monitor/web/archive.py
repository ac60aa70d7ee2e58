"""The search page: what is in the archive, by story, with facets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from monitor.records import Facets, Search, SearchRow
from monitor.store import asking, search
from monitor.store.facets import facets
from monitor.web import forms
from monitor.web.answers import page, reading

SHOWN = 50  # articles on a page
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
    typed = {"q": q, "topic": topic, "since": since, "until": until, "publisher": publisher}
    typed |= {"country": country, "actor": actor, "language": language, "score": score, "order": order}
    kept = {name: value for name, value in typed.items() if value}
    meant, wrong = asking.meant(kept)
    return Asked(meant, kept, wrong)


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
def show(request: Request, question: Question) -> Response:
    with reading(request) as db:
        rows = search.search(db, question.search, SHOWN)
        counts = facets(db, question.search)
    token = forms.token(request)
    answer = page(
        request,
        "search",
        asked=question,
        groups=grouped(rows),
        counts=counts,
        facets=list(_facets(counts, question)),
        shown=len(rows),
        reader=forms.reader(request),
        token=token,
    )
    forms.give(request, answer, token)
    return answer


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
