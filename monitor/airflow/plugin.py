"""The pages in Airflow's UI: under /monitor, in its navigation, as a tab of each run, and as a widget."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from airflow.plugins_manager import AirflowPlugin

from monitor.airflow import notes
from monitor.settings import load

if TYPE_CHECKING:
    from fastapi import FastAPI


@cache
def _pages() -> FastAPI:
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends, Request

    from monitor.web.app import create_app

    async def signed_in(request: Request, user: Any) -> None:
        request.state.reader = user.get_name()

    # FastAPI looks the annotation up among the names of the module, where a lazy import is none.
    signed_in.__annotations__ |= {"request": Request, "user": Annotated[Any, Depends(get_user)]}
    # Airflow lets everybody into an app that a plugin mounts; ours asks for a signed-in user.
    return create_app(load(), dependencies=[Depends(signed_in)])


async def _serve_pages(scope: Any, receive: Any, send: Any) -> None:
    """Our pages, built at the first request: all parts of Airflow load plugins, one shows pages."""
    await _pages()(scope, receive, send)


def _view(name: str, path: str, route: str, **options: Any) -> dict[str, Any]:
    href = f"/monitor/{path}"
    return {"name": name, "href": href, "url_route": route, "destination": "nav", **options}


class MonitorPlugin(AirflowPlugin):
    """Our pages under /monitor, in the navigation of the UI and as a tab of each run."""

    name = "news_monitor"
    fastapi_apps = [  # noqa: RUF012  # how Airflow wants it
        {"app": _serve_pages, "url_prefix": "/monitor", "name": "News monitor"}
    ]
    external_views = [  # noqa: RUF012
        _view("Alerts", "alerts", "news-monitor", nav_top_level=True, icon="/monitor/icon.svg"),
        _view("Feeds", "feeds", "news-monitor-feeds", category="browse"),
        _view("Ledgers", "runs", "news-monitor-runs", category="browse"),
        _view("Ledger", "runs?dag={DAG_ID}&run={RUN_ID}", "news-monitor-run", destination="dag_run"),
    ]
    react_apps = [  # noqa: RUF012
        {
            "name": "News today",  # the script sets a global of this name
            "bundle_url": "/monitor/today.js",
            "destination": "dashboard",
            "url_route": "news-monitor-today",
        }
    ]
    listeners = [notes]  # noqa: RUF012
