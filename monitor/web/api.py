"""The interface for programs, version 1: articles and hits in the order in which they were stored.

A program keeps the `next` of its last answer and asks for what came after it; it never misses one, and
an answer without items means that there is nothing new yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from monitor.records import PulledArticle, PulledHit
from monitor.store import pulls
from monitor.web.answers import BIGGEST_ID, reading, root

MOST = 1_000
After = Annotated[int, Query(ge=0, le=BIGGEST_ID, description="`next` of the answer before; 0 to begin")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="most items in one answer")]
router = APIRouter(prefix="/api/v1")


@dataclass(frozen=True, slots=True)
class Articles:
    """A part of the articles; `next` is where to go on."""

    items: tuple[PulledArticle, ...]
    next: int


@dataclass(frozen=True, slots=True)
class Hits:
    """A part of the hits; `next` is where to go on."""

    items: tuple[PulledHit, ...]
    next: int


@router.get("/articles", summary="Articles after a cursor")
def articles(request: Request, after: After = 0, limit: Limit = 100) -> Articles:
    with reading(request) as db:
        found = pulls.articles(db, after, limit, datetime.now(UTC))
    return Articles(tuple(found), found[-1].article_id if found else after)


@router.get("/hits", summary="Hits after a cursor, on all topics or one")
def hits(request: Request, after: After = 0, limit: Limit = 100, topic: str | None = None) -> Hits:
    with reading(request) as db:
        found = pulls.hits(db, after, limit, datetime.now(UTC), topic)
    return Hits(tuple(found), found[-1].hit_id if found else after)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The description of this interface, for those who may use it: FastAPI's own is open to everybody."""
    return JSONResponse(
        get_openapi(
            title="News monitor",
            version="1",
            description=__doc__,
            routes=router.routes,
            servers=[{"url": root(request) or "/"}],
        )
    )
