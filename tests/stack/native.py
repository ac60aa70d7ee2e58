"""The services of docker-compose.yml as processes of this machine.

Each starts what its container would start, with the service's own environment, against the PostgreSQL and
Redis at hand; only the names of hosts, ports and folders are replaced by those of this machine.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
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
SECRETS = [
    "POSTGRES_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_SECRET_KEY",
    "AIRFLOW_ADMIN_PASSWORD",
]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Native:
    """The services as processes of this machine."""

    def __init__(self, stack: dict[str, Any], databases: tuple[str, str], folder: Path) -> None:
        self.services = stack["services"]
        self.folder = folder
        self.port, health, logs, triggers = (_free_port() for _ in range(4))
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        server = make_url(SERVER)
        self._values = {name: secrets.token_hex(32) for name in SECRETS} | {
            "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "POSTGRES_PASSWORD": server.password or "none",
            "MONITOR_DATABASE": databases[0],
            "AIRFLOW_DATABASE": databases[1],
            "AIRFLOW_EXECUTOR": "CeleryExecutor",
        }
        host = f"{server.host}:{server.port or 5432}"
        password = self._values["POSTGRES_PASSWORD"]
        self._places = [
            (f"monitor:{password}@postgres:5432", f"{server.username}:{password}@{host}"),
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
            # The feeds of the seeds are real: the stack stands, but polls nobody.
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "true",
            "PGHOST": server.host or "127.0.0.1",
            "PGPORT": str(server.port or 5432),
            "PGUSER": server.username or "postgres",
        }

    def set(self, values: Mapping[str, str]) -> None:
        """Variables as a .env file gives them, or as this machine adds them."""
        self._values |= values
        self._ours |= {name: text for name, text in values.items() if name == "MONITOR_SLACK_URL"}

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
