"""Fixtures that all tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, text

sys.path.insert(0, str(Path(__file__).parent))

from fixtures_store import DATABASES, postgres_url

from monitor.store.database import begin, open_database, upgrade

# Shared machines stall for seconds: how long an example takes says nothing there.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL database with our schema, made for this session."""
    with postgres_url() as url:
        upgrade(url)
        yield url
        open_database(url).dispose()


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database with our schema: each test runs on SQLite and PostgreSQL."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'monitor.db'}"
        upgrade(url)
        yield url
        open_database(url).dispose()
        return
    url = request.getfixturevalue("postgres")
    with begin(open_database(url)) as db:
        names = db.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars()
        tables = ", ".join(name for name in names if name != "alembic_version")
        db.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    yield url


@pytest.fixture
def engine(database_url: str) -> Engine:
    """The engine of `database_url`."""
    return open_database(database_url)


@pytest.fixture
def db(engine: Engine) -> Iterator[Connection]:
    """One transaction on `database_url`."""
    with begin(engine) as connection:
        yield connection
