"""The page of a story: its timeline, its reports with their copies, and the forms that change it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import Field

from monitor.articles import retelling
from monitor.errors import NotFound, Permanent
from monitor.pipeline import editing
from monitor.store import developments, hits, mentions, stories, story_edits
from monitor.web import forms, shown
from monitor.web.answers import BIGGEST_ID, RowId, page, reading, root, settings

ACTORS = 20  # on the page
router = APIRouter()
_Token = Annotated[str, Form()]
_Number = Annotated[int, Field(ge=0, le=BIGGEST_ID)]
_Why = Annotated[str, Form()]


@router.get("/stories/{story_id}", response_class=HTMLResponse)
def show(request: Request, story_id: RowId) -> Response:
    """The story, or the one that it was merged into."""
    with reading(request) as db:
        found = stories.get(db, story_id)
        into = stories.leads_to(db, story_id) if found is None else None
        if found is not None:
            why = hits.of_story(db, story_id)
            actors = mentions.of_story(db, story_id)
            countries = mentions.publisher_countries(db, found.publishers)
            news = developments.of_stories(db, [story_id]).get(story_id, ())
            edits = story_edits.of_stories(db, [story_id])
    if into is not None:
        return RedirectResponse(f"{root(request)}/stories/{into}")
    if found is None:
        raise NotFound(f"there is no story {story_id}")
    token = forms.token(request)
    answer = page(
        request,
        "story",
        story=found,
        moments=retelling.timeline(found, news, {one.actor.key: one.actor.name for one in actors}),
        reports=retelling.reports(found, countries),
        hits=shown.by_article(why),
        topics=shown.topics(why),
        actors=actors[:ACTORS],
        countries=shown.countries(found, countries),
        edits=[(one, retelling.edit_in_words(one)) for one in edits],
        undoable=max((one.id for one in edits if one.undone_at is None), default=None),
        reader=forms.reader(request),
        token=token,
    )
    forms.give(request, answer, token)
    return answer


@router.post("/stories/{story_id}/merge")
def merge(
    request: Request, story_id: RowId, token: _Token, other: Annotated[str, Form()] = "", why: _Why = ""
) -> Response:
    """Put another story's articles into this one."""
    by = forms.check(request, token)
    number = other.strip().lstrip("#")
    if not number.isdecimal() or len(number) > 10 or int(number) > BIGGEST_ID:
        raise Permanent("write the number of the other story; it stands above its headline")
    editing.merge_stories(settings(request), story_id, int(number), by, why)
    return _back(request, story_id)


@router.post("/stories/{story_id}/split")
def split(
    request: Request,
    story_id: RowId,
    token: _Token,
    article: Annotated[list[_Number] | None, Form()] = None,
    why: _Why = "",
) -> Response:
    """Make a new story of the ticked articles, and show it."""
    by = forms.check(request, token)
    done = editing.split_story(settings(request), story_id, set(article or ()), by, why)
    return _back(request, done.other_id)


@router.post("/stories/{story_id}/undo")
def undo(
    request: Request, story_id: RowId, token: _Token, edit: Annotated[int, Form(ge=0, le=BIGGEST_ID)]
) -> Response:
    """Take an edit back."""
    by = forms.check(request, token)
    editing.undo_edit(settings(request), edit, by)
    return _back(request, story_id)


def _back(request: Request, story_id: int) -> RedirectResponse:
    return RedirectResponse(f"{root(request)}/stories/{story_id}", 303)
