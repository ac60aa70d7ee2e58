"""The services of docker-compose.yml as processes of this machine.

Each starts what its container would start, with the service's own environment, against the PostgreSQL and
Redis at hand; only the names of hosts, ports and folders are replaced by those of this machine.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fixtures_store import SERVER
from sqlalchemy import make_url

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "docker-compose.yml"
MAKE_SECRETS = PROJECT / "deploy" / "make_secrets.py"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    """A process and all that descend from it, the eldest first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


class Native:
    """The services as processes of this machine."""

    def __init__(self, stack: dict[str, Any], databases: tuple[str, str], folder: Path) -> None:
        self.services = stack["services"]
        self.folder = folder
        self.port, health, logs, triggers = (_free_port() for _ in range(4))
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        server = make_url(SERVER)
        self.secrets = folder / "secrets"
        subprocess.run(
            [sys.executable, str(MAKE_SECRETS), str(self.secrets)], check=True, capture_output=True
        )
        self.secret("postgres_password", server.password or "none")
        self._values = {
            "MONITOR_DATABASE": databases[0],
            "AIRFLOW_DATABASE": databases[1],
            "AIRFLOW_EXECUTOR": "CeleryExecutor",
        }
        host = f"{server.host}:{server.port or 5432}"
        self._places = [
            ("//monitor:", f"//{server.username}:"),
            ("//monitor@", f"//{server.username}@"),
            ("@postgres:5432", f"@{host}"),
            ("/run/secrets/", f"{self.secrets}/"),
            ("/deploy/", f"{PROJECT}/deploy/"),
            ("/backups", str(folder / "backups")),
            ("reader grafana", f"reader grafana_{databases[0]}"),  # roles are the whole server's
            ("redis:6379/0", "127.0.0.1:6379/7"),
            ("api-server:8080", f"127.0.0.1:{self.port}"),
            ("localhost:8080", f"127.0.0.1:{self.port}"),
            ("localhost:8974", f"127.0.0.1:{health}"),
            ("/app/", f"{PROJECT}/"),
        ]
        self._ours = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "AIRFLOW_HOME": str(folder / "airflow"),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(health),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(logs),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(triggers),
            # Redis is everybody's here: a queue of its own keeps one stack's worker off another's tasks.
            "AIRFLOW__OPERATORS__DEFAULT_QUEUE": databases[1],
            # The feeds of the seeds are real: the stack stands, but polls nobody.
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "true",
            "PGHOST": server.host or "127.0.0.1",
            "PGPORT": str(server.port or 5432),
            "PGUSER": server.username or "postgres",
        }

    def secret(self, name: str, value: str | None = None) -> str:
        """A secret of this stack, set anew where a value is given."""
        file = self.secrets / name
        if value is not None:
            file.write_text(value)
        return file.read_text()

    def run(self, name: str, *command: str) -> str:
        """What a command said in the place of a service, as `docker compose exec` runs it."""
        done = subprocess.run(
            command,
            cwd=PROJECT,
            env=self._environment(name),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-1500:]}\n{done.stderr[-1500:]}"
        return done.stdout

    def kill(self, name: str) -> None:
        """End a service and all that it started with no word of warning, as a machine that fails does."""
        for pid in _family(self.running[name].pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.running[name].wait(timeout=20)

    def give(self, values: Mapping[str, str]) -> None:
        """Variables for every service, over those of the file."""
        self._ours |= values

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """The command of a service, with its output in a log of its name."""
        with self._log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [self._filled(word) for word in self.services[name]["command"]],
                cwd=PROJECT,
                env=self._environment(name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.running[name]

    def completed(self, name: str, seconds: float) -> None:
        """Start a service that ends, and see that it ends well."""
        code = self.start(name).wait(timeout=seconds)
        assert code == 0, f"{name} ended with {code}:\n{self.said(name)}"

    def healthy(self, name: str) -> bool:
        """Whether the service's own health check is content."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        command = ["sh", "-c", *words] if kind == "CMD-SHELL" else words
        done = subprocess.run(
            [self._filled(word) for word in command],
            cwd=PROJECT,
            env=self._environment(name),
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode == 0

    def await_health(self, names: list[str], seconds: float) -> None:
        """Wait until all are healthy, none having ended meanwhile."""
        deadline = time.monotonic() + seconds
        waiting = list(names)
        while waiting:
            for name in list(waiting):
                assert self.running[name].poll() is None, f"{name} ended:\n{self.said(name)}"
                if self.healthy(name):
                    waiting.remove(name)
            assert time.monotonic() < deadline, f"not healthy: {waiting}\n{self.said(waiting[0])}"
            threading.Event().wait(0.3)

    def stop(self) -> dict[str, int]:
        """End all services as `docker compose down` does; returns their exit codes."""
        alive = {name: child for name, child in self.running.items() if child.poll() is None}
        for child in reversed(alive.values()):
            child.send_signal(signal.SIGTERM)
        codes = {}
        for name, child in alive.items():
            try:
                codes[name] = child.wait(timeout=40)
            except subprocess.TimeoutExpired:
                codes[name] = -signal.SIGKILL
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # nothing of it is left
        return codes

    def stop_one(self, name: str) -> int:
        """End one service; returns its exit code."""
        self.running[name].send_signal(signal.SIGTERM)
        return self.running[name].wait(timeout=40)

    def said(self, name: str) -> str:
        return self._log(name).read_text(errors="replace")[-3000:]

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _environment(self, name: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "MONITOR_"))}
        own = {k: self._filled(v) for k, v in self.services[name].get("environment", {}).items()}
        return kept | own | self._ours

    def _filled(self, value: object) -> str:
        """A value of the file as compose would fill it, with the places of this machine."""

        def variable(found: re.Match[str]) -> str:
            given = self._values.get(found[1], "")
            assert given or found[2] == ":-", f"{found[1]} is not set"
            return given or found[3]

        # Compose knows "${NAME:-default}", "${NAME:?why}" and "${NAME}"; "$$" is a dollar sign.
        text = str(value).replace("$$", "\0")
        text = re.sub(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}", variable, text).replace("\0", "$")
        for place, here in self._places:
            text = text.replace(place, here)
        return text
