"""The pages: alerts, stories, search, feeds and runs, for a browser or a frame in Airflow's UI."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from monitor.errors import MonitorError, NotFound, Permanent, Transient
from monitor.pipeline.outgoing import CONNECT, is_connected
from monitor.settings import Settings
from monitor.store import alarms, conversations, destinations, feed_health, hosts, listeners, runs
from monitor.web import api, archive, exports, searches, shown, story, today, told
from monitor.web.answers import BIGGEST_ID, page, reading, root, settings
from monitor.web.headers import Headers

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#7c8aa0" '
    'stroke-width="2" stroke-linecap="round"><circle cx="6" cy="18" r="1.6" fill="#7c8aa0"/>'
    '<path d="M5 11a8 8 0 0 1 8 8M5 5a14 14 0 0 1 14 14"/></svg>'
)
Count = Annotated[int, Query(ge=1, le=500)]


def create_app(settings: Settings, *, dependencies: Sequence[Any] = ()) -> FastAPI:
    """The pages over the database of `settings`.

    Args:
        dependencies: FastAPI's, run before every page: who mounts the app says who may read it, and
            tells the reader's name as `request.state.reader`; without it the pages are read only.
    """
    app = FastAPI(
        title="News monitor", dependencies=list(dependencies), docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.settings = settings
    app.add_middleware(Headers)
    app.add_api_route("/", _front, include_in_schema=False)
    app.add_api_route("/alerts", _alerts, response_class=HTMLResponse)
    app.add_api_route("/feeds", _feeds, response_class=HTMLResponse)
    app.add_api_route("/runs", _runs, response_class=HTMLResponse)
    app.include_router(archive.router)
    app.include_router(exports.router)
    app.include_router(searches.router)
    app.include_router(api.router)
    app.include_router(story.router)
    app.include_router(today.router)
    app.add_api_route("/icon.svg", _icon)
    app.add_exception_handler(MonitorError, _sorry)
    return app


def _front(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{root(request)}/alerts")


def _icon() -> Response:
    return Response(ICON, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


def _alerts(
    request: Request, limit: Count = 50, only: Annotated[int | None, Query(ge=0, le=BIGGEST_ID)] = None
) -> HTMLResponse:
    if only is not None:
        with reading(request) as db:
            one = conversations.of_alert(db, only)
        if one is None:
            raise NotFound(f"there is no alert {only}")
        return page(request, "alerts", cards=[told.card(one)], notices=[], refresh=600, one=True)
    with reading(request) as db:
        connected = is_connected(db, settings(request))
        cards = [told.card(one) for one in conversations.newest(db, limit)]
        notices = told.notices(destinations.broken(db), listeners.newest(db), datetime.now(UTC))
    if not connected:
        notices.append(told.Notice(CONNECT))
    # A page that waits for its first alert looks again soon; one that is being read, seldom.
    return page(request, "alerts", cards=cards, notices=notices, refresh=60 if cards else 10, one=False)


def _feeds(request: Request) -> HTMLResponse:
    with reading(request) as db:
        known = feed_health.health(db)
        lasting = alarms.lasting(db)
        hosts_read = hosts.reads(db, (datetime.now(UTC) - timedelta(days=6)).date())
    rows = sorted(shown.feeds(known, lasting), key=lambda row: (not row.quiet, shown.FEED_ORDER[row.state]))
    bad_hosts = [one for one in hosts_read if one.failed][:50]
    return page(request, "feeds", rows=rows, states=shown.feed_states(known), alarms=lasting, hosts=bad_hosts)


def _runs(request: Request, limit: Count = 60, dag: str = "", run: str = "") -> HTMLResponse:
    run = run.replace(" ", "+")  # Airflow's UI puts "+00:00" of a run id into a link as it is
    with reading(request) as db:
        rows = runs.recent(db, 500 if run else limit)
    found = [row for row in rows if (not run or row.key.key == run) and (not dag or row.key.name == dag)]
    return page(request, "runs", runs=found, one=bool(run))


def _sorry(request: Request, error: Exception) -> HTMLResponse:
    kinds = ((NotFound, 404), (Permanent, 400), (Transient, 503))
    status = next((status for kind, status in kinds if isinstance(error, kind)), 500)
    return page(request, "sorry", status=status, line=str(error))
