"""The backups of the stack: dumped, checked, restored beside the original, and the same to the last row."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from fixtures_store import SERVER, new_article, postgres_url, scored
from psycopg import sql
from sqlalchemy import make_url
from stack.native import PROJECT

from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.store import articles, feeds, hits, stories
from monitor.store.database import begin, open_database, upgrade

SCRIPT = PROJECT / "deploy" / "backup.sh"
NOW = datetime.now(UTC)


@pytest.fixture
def filled() -> Iterator[str]:
    """The name of a database with articles, a hit and every table there is."""
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here: apt-get install postgresql-client")
    with postgres_url() as url:
        upgrade(url)
        with begin(open_database(url)) as db:
            feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
            new = [new_article(n, title=f"Überschrift {n} \\ 'x'\t") for n in range(1, 50)]
            articles.admit(db, new, NOW)
            stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, 50)], NOW)
            hits.record_scores(db, [scored(1)], "v1", NOW)
        yield str(make_url(url).database)


def _script(folder: Path, database: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    server = make_url(SERVER)
    ours = {
        "PGHOST": server.host or "127.0.0.1",
        "PGPORT": str(server.port or 5432),
        "PGUSER": server.username or "postgres",
        "PGPASSWORD": server.password or "",
        "BACKUP_FOLDER": str(folder),
        "BACKUP_DATABASES": database,
    }
    command = ["bash", str(SCRIPT), *arguments]
    return subprocess.run(
        command, env=os.environ | ours | env, capture_output=True, text=True, check=False, timeout=60
    )


def _contents(database: str) -> dict[str, str]:
    """Each table and view with a digest of all its rows."""
    address = make_url(SERVER).set(database=database).render_as_string(hide_password=False)
    with psycopg.connect(address) as db:
        names = db.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
            "AND c.relkind IN ('r', 'v') ORDER BY 1"
        ).fetchall()
        found = {}
        for (name,) in names:
            question = sql.SQL(
                "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"
            )
            row = db.execute(question.format(sql.Identifier(name))).fetchone()
            assert row is not None
            found[name] = row[0]
    return found


def test_a_dump_restores_to_the_same_rows_beside_the_original(filled: str, tmp_path: Path) -> None:
    dumped = _script(tmp_path, filled, "once")
    assert dumped.returncode == 0, dumped.stderr
    assert _script(tmp_path, filled, "check").returncode == 0
    (dump,) = tmp_path.glob("*.dump")
    copy = f"{filled}_copy"
    try:
        restored = _script(tmp_path, filled, "restore", str(dump), copy)
        assert restored.returncode == 0, restored.stderr
        before = _contents(filled)
        assert len(before) >= 30
        assert _contents(copy) == before
        upgrade(make_url(SERVER).set(database=copy).render_as_string(hide_password=False))  # it is of today
        again = _script(tmp_path, filled, "restore", str(dump), copy)
        assert again.returncode == 1
        assert "is not empty" in again.stderr
    finally:
        with psycopg.connect(SERVER, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy)))


def test_a_damaged_dump_is_refused_and_a_failed_one_takes_no_name(filled: str, tmp_path: Path) -> None:
    assert _script(tmp_path, filled, "once").returncode == 0
    (dump,) = tmp_path.glob("*.dump")
    dump.write_bytes(dump.read_bytes()[:-200])
    refused = _script(tmp_path, filled, "restore", str(dump), f"{filled}_copy")
    assert refused.returncode != 0
    assert _script(tmp_path, "no_such_database", "once").returncode != 0
    assert list(tmp_path.glob("no_such*.dump")) == []
    missing = _script(tmp_path, f"{filled} no_such_database", "check")
    assert missing.returncode == 1
    assert "no dump of no_such_database" in missing.stderr


def test_the_newest_are_kept_and_an_old_one_is_not_taken_for_todays(filled: str, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        (tmp_path / f"{filled}-2026010{day}T000000.dump").write_bytes(b"old")
    stranger = tmp_path / f"{filled}-by-hand.dump"
    stranger.write_bytes(b"mine")
    assert _script(tmp_path, filled, "once", BACKUP_KEEP="2").returncode == 0
    left = sorted(path.name for path in tmp_path.glob("*.dump"))
    assert left[0] == f"{filled}-20260103T000000.dump"
    assert len(left) == 3  # two of ours, and what is not ours
    assert stranger.exists()
    long_ago = time.time() - 27 * 3600
    for path in tmp_path.glob("*.dump"):
        os.utime(path, (long_ago, long_ago))
    assert _script(tmp_path, filled, "check").returncode == 1
