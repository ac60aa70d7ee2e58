from __future__ import annotations

import os
import re
import sqlite3
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fixtures_store import NOW
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint, Connection, inspect, select, text

from monitor.errors import Misconfigured, Transient
from monitor.records import FeedSpec
from monitor.store import feeds, leases
from monitor.store import tables as t
from monitor.store.columns import storable
from monitor.store.database import _json, begin, downgrade, open_database, upgrade, versions

TABLES = set(t.Tables.metadata.tables)


def test_upgrade_and_downgrade(database_url: str) -> None:
    current, newest = versions(database_url)
    assert current == newest
    downgrade(database_url, "base")
    assert versions(database_url) == (None, newest)
    engine = open_database(database_url)
    with begin(engine) as db:
        left = inspect(db)
        assert (TABLES & set(left.get_table_names()), left.get_view_names()) == (set(), [])
    with pytest.raises(Misconfigured, match="monitor db upgrade"), begin(engine) as db:
        feeds.listing(db)
    upgrade(database_url)
    upgrade(database_url)
    with begin(engine) as db:
        made = inspect(db)
        assert set(made.get_table_names()) >= TABLES
        index = {"archive_texts"} if engine.dialect.name == "sqlite" else set()
        assert set(made.get_view_names()) == {"articles_view", "hits_view", "events_view"} | index


def test_the_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    """All but the full-text index, which each database has in its own way."""

    def is_table_of_ours(_: object, name: str | None, *__: object) -> bool:
        return "archive" not in (name or "")

    with begin(open_database(database_url)) as db:
        context = MigrationContext.configure(db, opts={"include_object": is_table_of_ours})
        assert compare_metadata(context, t.Tables.metadata) == []


def test_the_checks_of_the_migrations_are_those_of_the_code(db: Connection) -> None:
    """Alembic does not compare them: a new state must reach a migration too."""
    found = inspect(db)
    compared = 0
    for table in t.Tables.metadata.sorted_tables:
        made = {c["name"]: quoted(c["sqltext"]) for c in found.get_check_constraints(table.name)}
        checks = [c for c in table.constraints if isinstance(c, CheckConstraint)]
        assert made == {str(c.name): quoted(str(c.sqltext)) for c in checks}
        compared += len(made)
    assert compared >= 8


def quoted(condition: str) -> set[str]:
    return set(re.findall(r"'(\w+)'", condition))


def test_two_upgrades_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'folder' / 'monitor.db'}"
    newest = versions(url)[1]
    assert versions(url) == (None, newest)
    open_database(url)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            upgrade(url)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert versions(url) == (newest, newest)


def test_one_engine_a_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    engine = open_database(url)
    assert open_database(url) is engine
    child = os.fork()
    if child == 0:
        own = open_database(url)
        with begin(own) as db:
            feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        os._exit(0 if own is not engine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with begin(engine) as db:
        assert [feed.url for feed in feeds.listing(db)] == ["https://a.example/"]


def test_sqlite_is_set_up_for_many_readers_and_one_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    with begin(open_database(url)) as db:
        pragmas = {p: db.execute(text(f"PRAGMA {p}")).scalar() for p in ("journal_mode", "foreign_keys")}
        assert pragmas == {"journal_mode": "wal", "foreign_keys": 1}
        with begin(open_database(url), reading=True) as reader:  # does not wait for the writer
            assert feeds.listing(reader) == []


def test_a_busy_file_is_transient(tmp_path: Path) -> None:
    path = tmp_path / "monitor.db"
    upgrade(f"sqlite:///{path}")
    engine = open_database(f"sqlite:///{path}")
    with begin(engine, reading=True) as db:
        db.execute(text("PRAGMA busy_timeout = 1"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Transient, match="busy"), begin(engine):
        pass
    other.close()


@pytest.mark.parametrize(
    ("url", "error", "says"),
    [
        ("postgresql://me:hunter2@127.0.0.1:1/x", Transient, "start it, or correct MONITOR_DATABASE_URL"),
        ("postgres://me:hunter2@127.0.0.1:1/x", Transient, "does not answer"),
        ("mysql://me:hunter2@127.0.0.1/x", Misconfigured, "set MONITOR_DATABASE_URL"),
        ("nonsense hunter2", Misconfigured, "cannot be read"),
        ("sqlite:////proc/no/such.db", Misconfigured, "folder"),
    ],
)
def test_a_wrong_address_says_what_to_do(url: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says) as caught, begin(open_database(url)):
        pass
    assert "hunter2" not in str(caught.value)


def test_files_that_are_no_database(tmp_path: Path) -> None:
    text_file = tmp_path / "notes.db"
    text_file.write_text("not a database " * 100)
    with pytest.raises(Misconfigured, match="not a database"), begin(open_database(f"sqlite:///{text_file}")):
        pass
    (tmp_path / "folder.db").mkdir()
    with (
        pytest.raises(Misconfigured, match="cannot be written"),
        begin(open_database(f"sqlite:///{tmp_path / 'folder.db'}")),
    ):
        pass


def test_a_database_that_is_not_there(postgres: str) -> None:
    with pytest.raises(Misconfigured, match="refuses us"), begin(open_database(postgres + "_missing")):
        pass


def test_a_fault_of_ours_is_not_hidden(db: Connection) -> None:
    with pytest.raises(Exception, match="time zone"):
        leases.take(db, "x", "me", NOW.replace(tzinfo=None), NOW - NOW)


@given(st.text() | st.just("\ud800\0\\u0000 \\\\u0000"))
def test_storable_text(value: str) -> None:
    kept = storable(value)
    assert "\0" not in kept
    kept.encode()
    assert storable(kept) == kept
    assert kept == value or "\0" in value or any("\ud800" <= c <= "\udfff" for c in value)


def test_json_comes_back(db: Connection) -> None:
    payload = {"text": "\0nul \\u0000 \ud800 ü", "blocks": [{"a": None}]}
    row = {"id": 1, "origin": "cli", "name": "run", "key": "1", "started_at": NOW, "note": ""}
    db.execute(t.runs.insert().values(row))
    ledger = {"id": 1, "run_id": 1, "step": "fetch", "unit": "feeds", "shard": "", "items_in": 0}
    ledger |= {"outcomes": payload, "balances": True, "note": "", "written_at": NOW}
    db.execute(t.ledgers.insert().values(ledger))
    assert db.execute(select(t.ledgers.c.outcomes)).scalar() == {
        "text": "nul \\u0000 ? ü",
        "blocks": [{"a": None}],
    }
    assert "\\u0000" not in _json("\0").replace("\\\\u0000", "")
