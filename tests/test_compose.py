"""The production stack: its file against the compose schema, its commands run here without containers.

The native run starts what each service would start, with the service's own environment and in the order
of `depends_on`, against the PostgreSQL and Redis at hand; only the names of hosts, ports and folders are
replaced by those of this machine.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from fixtures_store import SERVER
from psycopg import sql
from sqlalchemy import make_url

PROJECT = Path(__file__).resolve().parent.parent
FILE = PROJECT / "docker-compose.yml"
SECRETS = [
    "POSTGRES_PASSWORD",
    "AIRFLOW_FERNET_KEY",
    "AIRFLOW_JWT_SECRET",
    "AIRFLOW_SECRET_KEY",
    "AIRFLOW_ADMIN_PASSWORD",
]
AIRFLOW = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


# ---------------------------------------------------------------- the file


def _checked(path: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema brings the schema of the compose specification with it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_file_fits_the_compose_schema(tmp_path: Path) -> None:
    done = _checked(FILE)
    assert done.returncode == 0, done.stdout
    typo = tmp_path / "docker-compose.yml"
    typo.write_text(FILE.read_text().replace("command:", "comand:", 1))
    assert "comand" in _checked(typo).stdout


def test_the_stack_is_whole(stack: dict[str, Any]) -> None:
    assert set(stack["services"]) == AIRFLOW | {"postgres", "databases", "redis"}
    known = (
        "image build init restart environment volumes command ports healthcheck depends_on profiles "
        "stop_grace_period"
    )
    assert {key for service in stack["services"].values() for key in service} == set(known.split())
    celery = {name for name, service in stack["services"].items() if "celery" in service.get("profiles", [])}
    assert celery == {"redis", "worker"}


def test_what_a_service_waits_for_is_there_and_can_be_waited_for(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        for other, wait in service.get("depends_on", {}).items():
            waited = stack["services"][other]
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in waited, (name, other)
            else:
                assert (wait["condition"], waited["restart"]) == ("service_completed_successfully", "no")
            assert set(waited.get("profiles", [])) <= set(service.get("profiles", [])), (name, other)


def test_long_running_services_are_watched_and_come_back(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        if service["restart"] == "no":
            continue
        assert service["restart"] == "unless-stopped", name
        check = service["healthcheck"]
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert {"interval", "timeout", "retries"} <= set(check), name


def test_volumes_are_declared(stack: dict[str, Any]) -> None:
    mounted = {
        volume.split(":")[0]
        for service in stack["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert mounted == set(stack["volumes"])


def test_no_secret_has_a_default_and_all_are_in_the_example() -> None:
    text = FILE.read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    assert required == set(SECRETS)
    assert re.findall(rf"\$\{{(?:{'|'.join(SECRETS)}):?-", text) == []
    example = (PROJECT / ".env.example").read_text()
    lines = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"^[A-Z]", line))
    assert {name: lines.get(name) for name in SECRETS} == dict.fromkeys(SECRETS, "")
    optional = set(re.findall(r"\$\{(\w+):-", text))
    unknown = {name for name in lines if name not in required | optional}
    assert unknown == set()


def test_only_the_ui_is_published_and_only_here_by_default(stack: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in stack["services"].items() if "ports" in service}
    assert list(ports) == ["api-server"]
    assert ports["api-server"][0].startswith("${MONITOR_BIND:-127.0.0.1}:")


def test_the_image_is_locked_and_not_root() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert "--no-deps --require-hashes -r requirements.lock" in text
    users = re.findall(r"^USER (.*)$", text, re.M)
    assert users[-1] == "50000:0"
    copied = {word for line in re.findall(r"^COPY (.*)$", text, re.M) for word in line.split()[:-1]}
    assert {name for name in copied if not (PROJECT / name).exists()} == set()
    allowed = set(re.findall(r"^!(.*)$", (PROJECT / ".dockerignore").read_text(), re.M))
    assert copied <= allowed


# ---------------------------------------------------------------- its commands, run here


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _skip(reason: str) -> None:
    """Without the servers there is nothing to run; where CI promises them, that is a failure."""
    if CI and _answers(5432):
        pytest.fail(reason)
    pytest.skip(reason)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def databases() -> Iterator[tuple[str, str]]:
    """Names for our database, made as the image of PostgreSQL would, and for Airflow's, which is not."""
    if not _answers(6379):
        _skip("no Redis at 127.0.0.1:6379")
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        _skip(f"no PostgreSQL: {error}")
        raise
    mark = uuid.uuid4().hex[:8]
    names = (f"monitor_stack_{mark}", f"airflow_stack_{mark}")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(names[0])))
        yield names
        for name in names:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


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


@pytest.fixture
def native(stack: dict[str, Any], databases: tuple[str, str], tmp_path: Path) -> Iterator[Native]:
    found = Native(stack, databases, tmp_path)
    yield found
    found.stop()


def _timed(what: str, do: Callable[[], None]) -> None:
    before = time.monotonic()
    do()
    print(f"{what}: {time.monotonic() - before:.1f} s")


def test_the_commands_of_the_stack_run(native: Native, databases: tuple[str, str]) -> None:
    _timed("databases", lambda: native.completed("databases", 30))
    _timed("init", lambda: native.completed("init", 120))
    native.start("api-server")
    native.start("dag-processor")
    _timed("api-server", lambda: native.await_health(["api-server"], 120))
    for name in ("scheduler", "triggerer", "worker"):
        native.start(name)
    others = ["scheduler", "dag-processor", "triggerer", "worker"]
    _timed("all", lambda: native.await_health(others, 120))
    _see_the_state(native, databases[0])
    codes: dict[str, int] = {}
    _timed("stop", lambda: codes.update(native.stop()))
    assert -signal.SIGKILL not in codes.values(), codes


def _see_the_state(native: Native, database: str) -> None:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{native.port}/api/v2/monitor/health", timeout=10
    ) as answer:
        health = json.load(answer)
    assert {
        health[part]["status"] for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
    } == {"healthy"}
    # Our pages are for those who are signed in.
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{native.port}/monitor/alerts", timeout=10)
    with psycopg.connect(make_url(SERVER).set(database=database).render_as_string(hide_password=False)) as db:
        row = db.execute("SELECT count(*) FROM feeds").fetchone()
    assert row is not None
    assert row[0] >= 60
