"""How a page is answered: from which database, under which path, with which rules for the browser."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from monitor.settings import Settings
from monitor.store.database import begin, open_database
from monitor.web.look import render

BIGGEST_ID = 2**31 - 1
"""Of a row, in PostgreSQL's integer: a larger number is nobody's, and no question to the database."""
RowId = Annotated[int, Path(ge=0, le=BIGGEST_ID)]


def page(request: Request, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    html = render(name, root=root(request), place=name, **values)
    return HTMLResponse(html, status)


def root(request: Request) -> str:
    """The path under which the pages are mounted, like "/monitor", or nothing."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


def reading(request: Request) -> AbstractContextManager[Connection]:
    return begin(open_database(settings(request).database_url), reading=True)


def database_url(request: Request) -> str:
    """The address of the database that the pages show."""
    return settings(request).database_url
