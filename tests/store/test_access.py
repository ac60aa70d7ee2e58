"""The role that may only read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from fixtures_store import NOW, new_article, postgres_url
from sqlalchemy import Engine, make_url

from monitor.errors import Misconfigured, NotFound
from monitor.records import FeedSpec
from monitor.store import access, articles, feeds
from monitor.store.database import begin, open_database, upgrade


@pytest.fixture
def engine() -> Iterator[Engine]:
    with postgres_url() as url:
        upgrade(url)
        yield open_database(url)


def test_sqlite_has_no_roles_and_says_what_to_do_instead(tmp_path: Path) -> None:
    with (
        begin(open_database(f"sqlite:///{tmp_path / 'monitor.db'}")) as db,
        pytest.raises(Misconfigured, match="mode=ro"),
    ):
        access.add_reader(db, "analyst")


def test_a_reader_reads_everything_and_changes_nothing(engine: Engine) -> None:
    role = f'reader "50%" {uuid.uuid4().hex[:8]}'  # a name is a name, whatever is in it
    try:
        with begin(engine) as db:
            feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
            articles.admit(db, [new_article(1)], NOW)
            old = access.add_reader(db, role)
            address = access.add_reader(db, role)
            db.exec_driver_sql("CREATE TABLE later (id int)")
        assert make_url(old).password != make_url(address).password
        with psycopg.connect(address, autocommit=True) as reading:
            assert reading.execute("SELECT title FROM articles_view").fetchall() == [("Title 1",)]
            assert reading.execute("SELECT count(*) FROM later").fetchone() == (0,)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reading.execute("DELETE FROM articles")
            reading.execute("SET default_transaction_read_only = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reading.execute("DELETE FROM articles")
    finally:
        with begin(engine) as db:
            access.remove_reader(db, role)
    with begin(engine) as db, pytest.raises(NotFound, match="no role"):
        access.remove_reader(db, role)


def test_a_reader_that_could_not_be_made_whole_is_not_there(engine: Engine) -> None:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with begin(engine) as db:
        point = db.begin_nested()
        access.add_reader(db, role)
        point.rollback()
        with pytest.raises(NotFound):
            access.remove_reader(db, role)
