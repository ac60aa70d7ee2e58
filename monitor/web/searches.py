"""The page of saved searches: run, follow, alert, delete, bring back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from monitor.errors import NotFound
from monitor.pipeline import watching
from monitor.records import SavedSearch
from monitor.store import asking, search, searches
from monitor.web import exports, forms
from monitor.web.answers import RowId, page, reading, root, settings
from monitor.web.archive import Asked

COUNTED = 200  # matches of a week that are counted
WEEK = timedelta(days=7)
router = APIRouter()
_Token = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Line:
    """A saved search, and how many articles of the last seven days it matches, at most `COUNTED` + 1."""

    saved: SavedSearch
    question: Asked
    words: str
    week: int


@router.get("/searches", response_class=HTMLResponse)
def show(request: Request) -> Response:
    now = datetime.now(UTC)
    with reading(request) as db:
        lines = [_line(db, saved, now) for saved in searches.listing(db)]
        gone = searches.deleted(db, now)
    token = forms.token(request)
    answer = page(
        request,
        "searches",
        lines=lines,
        gone=gone,
        counted=COUNTED,
        channel=settings(request).slack_channel,
        reader=forms.reader(request),
        token=token,
    )
    forms.give(request, answer, token)
    return answer


def _line(db: Connection, saved: SavedSearch, now: datetime) -> Line:
    since = max(now - WEEK, saved.search.since or now - WEEK)
    week = search.newest(db, replace(saved.search, since=since), COUNTED + 1)
    return Line(saved, Asked(saved.search, saved.typed), asking.in_words(saved.typed), len(week))


@router.get("/searches/{number}")
def run(request: Request, number: RowId) -> RedirectResponse:
    """What the search finds now."""
    return RedirectResponse(f"{root(request)}/{_known(request, number).address('search')}", 303)


@router.get("/searches/{number}/feed")
def feed(request: Request, number: RowId) -> Response:
    """The newest finds of the search as an Atom feed."""
    with reading(request) as db:
        saved = _kept(searches.get(db, number))
    return exports.feed(request, Asked(saved.search, saved.typed), saved.name, f"searches/{number}/feed")


@router.post("/searches")
async def save(request: Request) -> Response:
    """Save the search whose fields the form holds."""
    from fastapi.concurrency import run_in_threadpool

    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    by = forms.check(request, form.get("token", ""))
    await run_in_threadpool(_save, request, form, by)
    return _back(request)


def _save(request: Request, form: Mapping[str, str], by: str) -> None:
    made = watching.save_search(settings(request), form.get("name", ""), form, by)
    if form.get("alert") == "yes":
        watching.tell_matches(settings(request), made.id, "", by)


@router.post("/searches/{number}/alert")
def alert(
    request: Request, number: RowId, token: _Token, channel: Annotated[str, Form()] = "", on: str = "yes"
) -> Response:
    """Tell new matches in a channel, or, with `on=no`, nowhere any more."""
    by = forms.check(request, token)
    if on == "no":
        watching.stop_telling(settings(request), number)
    else:
        watching.tell_matches(settings(request), number, channel, by)
    return _back(request)


@router.post("/searches/{number}/delete")
def delete(request: Request, number: RowId, token: _Token) -> Response:
    """Delete the search."""
    watching.delete_search(settings(request), number, forms.check(request, token))
    return _back(request)


@router.post("/searches/{number}/restore")
def restore(request: Request, number: RowId, token: _Token) -> Response:
    """Bring a deleted search back."""
    forms.check(request, token)
    watching.restore_search(settings(request), number)
    return _back(request)


def _known(request: Request, number: int) -> Asked:
    with reading(request) as db:
        saved = _kept(searches.get(db, number))
    return Asked(saved.search, saved.typed)


def _kept(saved: SavedSearch) -> SavedSearch:
    if saved.deleted_at is not None:
        raise NotFound(f"the search {saved.name!r} was deleted by {saved.deleted_by}: it can be brought back")
    return saved


def _back(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{root(request)}/searches", 303)
