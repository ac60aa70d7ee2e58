"""The door to the database: engines, transactions, schema versions, and what its errors mean.

SQLite (the default) runs in WAL mode, and every writing transaction starts with BEGIN IMMEDIATE: a
transaction that reads first and writes later would otherwise fail when another writer got between.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, ProgrammingError

from monitor.errors import Misconfigured, MonitorError, Transient
from monitor.store.columns import storable

BUSY = 30  # seconds to wait for another writer
CONNECT = 10  # seconds until a server that does not answer counts as down
UPGRADE = "the database has no schema, or an old one: run `monitor db upgrade`"
_SETTING = "correct MONITOR_DATABASE_URL"
_NO_SCHEMA = re.compile(r"no such (table|column)|has no column|UndefinedTable|UndefinedColumn")
_REFUSED = re.compile(r"authentication failed|does not exist|permission denied|no password supplied", re.I)
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")

# One engine a process: a forked child must not use, nor close, the connections of its parent, so
# the parent's engine stays referenced under the parent's process id.
_engines: dict[tuple[str, int], Engine] = {}


def open_database(url: str) -> Engine:
    """The engine of `url`; the same one for every call of this process.

    Raises:
        Misconfigured: the address cannot be read, or the folder of the SQLite file not be made.
    """
    key = (url, os.getpid())
    if key not in _engines:
        _engines[key] = _engine(_address(url))
    return _engines[key]


@contextmanager
def begin(engine: Engine, *, reading: bool = False) -> Iterator[Connection]:
    """One transaction, committed at the end of the block and rolled back when it raises.

    Args:
        reading: true where the block only reads; it then never waits for a writer on SQLite.

    Raises:
        Transient: the database does not answer, is busy, or gave up on a conflict.
        Misconfigured: no or an old schema, a refused password, a file that cannot be opened.
    """
    try:
        with engine.connect().execution_options(reading=reading) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        meaning = _meaning(engine.url, error)
        if meaning is None:
            raise
        raise meaning from error


def upgrade(url: str) -> None:
    """Bring the schema to its newest revision; makes it where there is none.

    Raises:
        Transient, Misconfigured: as `begin`.
    """
    _migrate(url, "head", up=True)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to `revision` ("base" for none); what newer tables held is lost."""
    _migrate(url, revision, up=False)


def versions(url: str) -> tuple[str | None, str]:
    """The revision of the database (None without one) and the newest there is."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(_MIGRATIONS)).get_current_head() or ""
    address = _address(url)
    if address.get_backend_name() == "sqlite" and address.database and not Path(address.database).exists():
        return None, newest
    with begin(open_database(url), reading=True) as db:
        return MigrationContext.configure(db).get_current_revision(), newest


_MIGRATIONS = Path(__file__).parent / "migrations"


def _migrate(url: str, revision: str, *, up: bool) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    address = _address(url)
    # SQLite changes a table by making it anew, and dropping the old one would take along, or stumble
    # over, the rows that point to it: keys are checked at the end instead of all the way.
    lax = address.get_backend_name() == "sqlite" and bool(address.database)
    engine = _sqlite(address, keys=False) if lax else open_database(url)
    with begin(engine) as db:
        if db.dialect.name == "postgresql":  # two starting services upgrade one after the other
            db.exec_driver_sql("SELECT pg_advisory_xact_lock(7162531)")
        config.attributes["connection"] = db
        (command.upgrade if up else command.downgrade)(config, revision)
        if lax and (torn := db.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise RuntimeError(f"the migration left a row of {torn[0]} that points to nothing in {torn[2]}")
    if lax:
        engine.dispose()


def _address(url: str) -> URL:
    """`url` with the driver we ship: psycopg 3 for every spelling of PostgreSQL."""
    try:
        address = make_url(url)
    except ArgumentError:
        raise Misconfigured(f"the database's address cannot be read: {_SETTING}") from None
    if address.drivername in {"postgres", "postgresql"}:
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in {"postgresql+psycopg", "sqlite", "sqlite+pysqlite"}:
        cure = "set MONITOR_DATABASE_URL to sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
        raise Misconfigured(f"{address.drivername} is no database we know: {cure}")
    return address


def _engine(address: URL) -> Engine:
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    # The session's zone decides how the server shows times to an analyst; ours are UTC throughout.
    arguments = {"connect_timeout": CONNECT, "options": "-c timezone=utc -c lock_timeout=30s"}
    found = create_engine(
        address, connect_args=arguments, pool_pre_ping=True, json_serializer=_json, pool_recycle=1800
    )

    def start(connection: Connection) -> None:
        if connection.get_execution_options().get("reading"):
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(found, "begin", start)
    return found


def _sqlite(address: URL, *, keys: bool = True) -> Engine:
    if address.database:
        folder = Path(address.database).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            cure = f"make it yourself, or {_SETTING}"
            raise Misconfigured(f"the folder {folder} cannot be made ({error.strerror}): {cure}") from error
    found = create_engine(address, connect_args={"timeout": BUSY}, json_serializer=_json)

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN is deferred; ours is not
        connection.create_function("fold", 1, _fold, deterministic=True)
        for pragma in (
            f"busy_timeout = {BUSY * 1000}",
            "synchronous = NORMAL",
            f"foreign_keys = {'ON' if keys else 'OFF'}",
            "cache_size = -32000",  # KiB
            "temp_store = MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _write_ahead(connection)

    def start(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    event.listen(found, "connect", prepare)
    event.listen(found, "begin", start)
    return found


def _write_ahead(connection: Any) -> None:
    """Turn WAL mode on, which a new file needs once: there SQLite does not wait for another writer."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _fold(value: str | None) -> str | None:
    """Lower case for all scripts; SQLite's own `lower` and LIKE know A to Z only."""
    return value.lower() if value is not None else None


def _json(value: Any) -> str:
    return _NUL.sub(r"\1", storable(json.dumps(value, ensure_ascii=False, separators=(",", ":"))))


def _meaning(address: URL, error: DBAPIError) -> MonitorError | None:
    """Our error for a database's, or None where it is a fault of ours."""
    cause = error.orig
    said = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    shown = address.render_as_string(hide_password=True)
    if address.password:
        said = said.replace(str(address.password), "***")
    if _NO_SCHEMA.search(f"{type(cause).__name__} {said}"):
        return Misconfigured(UPGRADE)
    if not (isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated):
        if isinstance(error, ProgrammingError) or "not a database" not in said:
            return None
        return Misconfigured(f"{shown} is not a database file: move it away, or {_SETTING}")
    if address.get_backend_name() == "sqlite":
        return _sqlite_meaning(shown, said)
    if getattr(cause, "sqlstate", None) in {"40P01", "40001", "55P03"}:
        return Transient(f"the database at {shown} gave up on a conflict ({said}): try again")
    if _REFUSED.search(str(cause)):
        return Misconfigured(f"the database at {shown} refuses us ({said}): {_SETTING}")
    return Transient(f"the database at {shown} does not answer ({said}): start it, or {_SETTING}")


def _sqlite_meaning(shown: str, said: str) -> MonitorError:
    if "locked" in said or "busy" in said:
        return Transient(f"the database at {shown} is busy with another writer: try again")
    if "unable to open" in said or "readonly" in said:
        cure = f"make the file and its folder writable, or {_SETTING}"
        return Misconfigured(f"the database at {shown} cannot be written ({said}): {cure}")
    return Transient(f"the database at {shown} failed ({said}): check the disk's space, then try again")
