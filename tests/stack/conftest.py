"""The compose file, databases for it, and its services as processes of this machine."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from fixtures_store import SERVER
from psycopg import sql
from stack.native import FILE, Native

CI = os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return found


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
        roles = server.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", [f"grafana_{names[0]}"])
        role = roles.fetchone()
        for name in names:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if role is not None:
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role[0])))


@pytest.fixture
def native(stack: dict[str, Any], databases: tuple[str, str], tmp_path: Path) -> Iterator[Native]:
    found = Native(stack, databases, tmp_path)
    yield found
    found.stop()
