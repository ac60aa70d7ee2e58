"""The parts of Airflow as children of this process: started, watched and stopped together.

Airflow's own `standalone` leaves its children running when it is told to end, prints all their logs
and asks for a password. Here each part has a log file and a process group of its own, so that nothing
that it started outlives us.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.errors import Misconfigured, Transient
from monitor.settings import PROJECT, Settings

PARTS: Mapping[str, Sequence[str]] = {
    # The API server reads the logs of tasks from the disk; nobody needs them served on a port.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "api-server": ("api-server",),
}
STOP = 20.0  # seconds for a part to end in peace; the API server takes up to 7


def environment(settings: Settings, port: int) -> dict[str, str]:
    """What the parts see: our settings, and an Airflow that is set up by nothing but this."""
    home = settings.home.resolve() / "airflow"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AIRFLOW", "_AIRFLOW"))}
    ours = {
        "MONITOR_HOME": str(settings.home.resolve()),
        "MONITOR_DATABASE_URL": settings.database_url,
        "MONITOR_SEEDS": str(settings.seeds.resolve()),
        "MONITOR_CLASSIFIERS": str(settings.classifiers.resolve()),
        "MONITOR_SLACK_TOKEN": settings.slack_token,
        "MONITOR_WEB_URL": settings.web_url,
        "MONITOR_ALLOWED_NETWORKS": " ".join(map(str, settings.allowed_networks)),
        "MONITOR_HOST_SPACING": str(settings.host_spacing),
        "MONITOR_HOST_CONCURRENCY": str(settings.host_concurrency),
    }
    airflow = {
        "CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "CORE__LOAD_EXAMPLES": "false",
        "CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
        "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "true",  # on loopback only: see API__HOST
        "CORE__EXECUTOR": "LocalExecutor",
        "CORE__PARALLELISM": "4",  # each is a process of 45 MiB; the default is 32
        "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "API_AUTH__JWT_SECRET": secrets.token_hex(64),  # between the parts of this one start
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": f"http://localhost:{port}",
        "API__WORKERS": "1",
        "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",  # at the default of 30 it is never idle
        "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # at 5 a finished task holds its slot that long
        "USAGE_DATA_COLLECTION__ENABLED": "false",
        # A level for all would empty the logs that the UI shows.
        "LOGGING__NAMESPACE_LEVELS": "http.access=WARNING airflow.serialization=WARNING alembic=WARNING",
    }
    named = {f"AIRFLOW__{key}": value for key, value in airflow.items()}
    return kept | ours | named | {"AIRFLOW_HOME": str(home), "PYTHONUNBUFFERED": "1"}


class Parts:
    """The children; leaving the `with` stops all of them and what they started."""

    def __init__(
        self, env: Mapping[str, str], logs: Path, program: Sequence[str] = (sys.executable, "-m", "airflow")
    ) -> None:
        self.logs = logs
        self._env = dict(env)
        self._program = tuple(program)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, arguments: Sequence[str]) -> None:
        """Start `airflow ARGUMENTS`; its output goes to the log file of that name."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("wb") as log:
            self._children[name] = subprocess.Popen(
                [*self._program, *arguments],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we end the parts in their order
            )

    def finish(self, name: str) -> None:
        """Wait for a part that does one thing and ends.

        Raises:
            Misconfigured: it failed; the message names its log.
        """
        if self._children[name].wait():
            raise Misconfigured(f"`airflow {name}` failed: {self._last(name)} (all of it: {self._log(name)})")

    def check(self) -> None:
        """See that all parts are alive.

        Raises:
            Transient: one has ended; the message names its log.
        """
        for name, child in self._children.items():
            if child.poll() is not None and name in PARTS:
                said = f"{self._last(name)} (all of it: {self._log(name)})"
                raise Transient(f"Airflow's {name} ended by itself, try again: {said}")

    def stop(self) -> None:
        """End all parts, in the order in which they were started, and whatever is left of their groups.

        The scheduler comes first and alone: a task at work ends with a word to the API server, and
        without that server it asks for it again and again.
        """
        for name in [name for name in self._children if name in PARTS][:1]:
            _end({name: self._children[name]})
        _end(self._children)
        self._children.clear()

    def _log(self, name: str) -> Path:
        return self.logs / f"{name.replace(' ', '-')}.log"

    def _last(self, name: str) -> str:
        """The last line of a log that says something."""
        lines = self._log(name).read_text(errors="replace").splitlines()
        return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "it said nothing")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _end(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP
    for child in children.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(max(0.1, deadline - time.monotonic()))
    for child in children.values():
        # The child leads its group, so as long as one of the group lives this finds it; an end that
        # was ordered takes the system a moment.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            for _ in range(100):
                os.killpg(child.pid, signal.SIGKILL)
                child.poll()
                time.sleep(0.05)


def healthy(port: int) -> bool:
    """Whether the API answers, and says that the scheduler and the DAG processor are at work."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            found = json.load(answer)
    except (OSError, ValueError):
        return False
    return all(found.get(part, {}).get("status") == "healthy" for part in ("scheduler", "dag_processor"))
