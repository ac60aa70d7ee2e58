"""The whole stack on Celery: DAGs run to success although the worker is killed twice.

Some minutes, so `make stack` alone runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.slack import FakeSlack
from fixtures_store import SERVER
from sqlalchemy import make_url
from stack.native import PROJECT, Native
from whole_runs import CHANNEL, TOKEN, check_first, state, told

from monitor.demo import FeedServer

pytestmark = pytest.mark.skipif(
    "MONITOR_STACK_WHOLE" not in os.environ, reason="minutes: `make stack` runs it"
)
FEEDS = PROJECT / "tests" / "data" / "acceptance"
CHAIN = ("monitor_ingest", "monitor_process", "monitor_deliver")
PATIENCE = 600.0  # seconds for anything to come about; a tenth of it on an idle machine


def _await(what: str, native: Native, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    before = time.monotonic()
    while not (seen := found()):
        assert time.monotonic() < deadline, f"{what} did not come about\n{native.said('scheduler')}"
        threading.Event().wait(0.5)
    print(f"{what}: {time.monotonic() - before:.1f} s")
    return seen


class Api:
    """Airflow's API as one of its users."""

    def __init__(self, native: Native, user: str, password: str) -> None:
        self.root = f"http://127.0.0.1:{native.port}"
        self._token = ""
        self._token = self.ask("/auth/token", {"username": user, "password": password})["access_token"]

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """The JSON of an answer; a body makes it a POST, unless told otherwise."""
        with self._open(path, body, method) as answer:
            return json.load(answer)

    def page(self, path: str) -> str:
        with self._open(path) as answer:
            found: str = answer.read().decode()
        return found

    def _open(self, path: str, body: Any = None, method: str | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        sent = None if body is None else json.dumps(body).encode()
        wanted = urllib.request.Request(self.root + path, sent, headers, method=method)
        return urllib.request.urlopen(wanted, timeout=60)

    def tasks(self, dag: str, state: str) -> list[str]:
        """The ids of the tasks of a DAG that are in a state, in any of its runs."""
        found = self.ask(f"/api/v2/dags/{dag}/dagRuns/~/taskInstances?state={state}&limit=100")
        return [one["task_id"] for one in found["task_instances"]]

    def ended(self, dag: str, state: str = "success") -> list[dict[str, Any]]:
        """The runs of a DAG that are in a state."""
        runs: list[dict[str, Any]] = self.ask(f"/api/v2/dags/{dag}/dagRuns?state={state}")["dag_runs"]
        return runs


def _seeds(folder: Path, server: FeedServer) -> Path:
    seeds = Path(shutil.copytree(PROJECT / "seeds", folder / "seeds", ignore=shutil.ignore_patterns("demo")))
    (seeds / "feeds.opml").write_bytes(server.opml())
    routes = seeds / "routes.toml"
    routes.write_text(routes.read_text().replace('group_wait = "2m"', 'group_wait = "0m"'))
    return seeds


def _start(native: Native) -> None:
    for name in ("databases", "init"):
        native.completed(name, 300)
    native.start("api-server")
    native.start("dag-processor")
    native.await_health(["api-server"], 300)
    for name in ("scheduler", "worker"):
        native.start(name)
    native.await_health(["scheduler", "worker"], 300)


def test_a_worker_is_killed_in_the_middle_twice_and_nothing_is_lost_or_doubled(
    native: Native, databases: tuple[str, str], tmp_path: Path
) -> None:
    sources = {path.name: path.read_bytes() for path in sorted(FEEDS.iterdir())}
    with (
        FeedServer(sources, per_feed=True, spread=True, latency=6.0) as feeds,
        FakeSlack(token=TOKEN, channels=(CHANNEL,), rate=50.0) as slack,
    ):
        native.secret("slack_token", TOKEN)
        native.give(
            {
                "MONITOR_SEEDS": str(_seeds(tmp_path, feeds)),
                "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
                "MONITOR_READ_PAGES": "0",
                "MONITOR_SLACK_URL": slack.url,
                "MONITOR_SLACK_CHANNEL": f"#{CHANNEL}",
                "MONITOR_SLACK_PACE": "1.0",
                "MONITOR_SLACK_SETTLE": "3",
                "MONITOR_SLACK_HOURLY": "100000",
                # The same as in the file, in less time.
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
                "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
                "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "40",
                "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
            }
        )
        native.run("init", "monitor", "db", "upgrade")
        native.run("init", "monitor", "feeds", "import", "--alert-backlog")
        _start(native)
        admin = Api(native, "admin", native.secret("airflow_admin_password"))
        _await("DAGs are known", native, lambda: admin.ask("/api/v2/dags")["total_entries"] >= 8)
        for dag in CHAIN:
            admin.ask(f"/api/v2/dags/{dag}", {"is_paused": False}, "PATCH")

        _await("fetch is at work", native, lambda: "fetch" in admin.tasks("monitor_ingest", "running"))
        native.kill("worker")
        print("the worker is killed while it fetches")
        native.start("worker")
        _await("messages reach Slack", native, lambda: slack.messages)
        native.kill("worker")
        print(f"the worker is killed when {len(slack.messages)} messages were posted")
        native.start("worker")

        database = make_url(SERVER).set(database=databases[0]).render_as_string(hide_password=False)

        def sent() -> bool:
            left = state(database).deliveries
            return bool(left) and not set(left) - {"sent", "folded", "cancelled"}

        _await("the outbox is empty", native, sent)
        for dag in CHAIN:
            (first, *_) = _await(f"{dag} ends well", native, lambda dag=dag: admin.ended(dag))
            print(dag, first["note"])
            assert first["note"]
            assert admin.ended(dag, "failed") == []
        for dag in CHAIN:
            admin.ask(f"/api/v2/dags/{dag}", {"is_paused": True}, "PATCH")
        found = state(database)
        print(told(found, slack))
        check_first(found, feeds, slack)
        _see_as_viewer(native)
        _back_up(native)


def _see_as_viewer(native: Native) -> None:
    """Who may only look sees our pages and their place in the UI, and can change nothing of Airflow's."""
    person = "--username vera --password vera-looks --firstname V --lastname R --email vera@localhost"
    native.run("init", "airflow", "users", "create", "--role", "Viewer", *person.split())
    viewer = Api(native, "vera", "vera-looks")
    assert "News monitor" in viewer.page("/monitor/alerts")
    plugins = viewer.ask("/api/v2/plugins")["plugins"]
    assert "Alerts" in {view["name"] for one in plugins for view in one["external_views"]}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        viewer.ask("/api/v2/dags/monitor_ingest", {"is_paused": False}, "PATCH")


def _back_up(native: Native) -> None:
    assert not native.healthy("backup")
    native.run("backup", "bash", str(PROJECT / "deploy" / "backup.sh"), "once")
    assert native.healthy("backup")
