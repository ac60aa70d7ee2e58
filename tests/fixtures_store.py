"""The two databases on which every test of the store runs, and rows to fill them with."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from monitor.records import DateStatus, Hit, NewArticle, Reason, Scored, TextSource, TopicScore, WeightedTerm

DATABASES = ("sqlite", "postgres")
SERVER = os.environ.get("MONITOR_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
NOW = datetime(2026, 5, 17, 8, 0, tzinfo=UTC)


@contextmanager
def postgres_url() -> Iterator[str]:
    """The address of a fresh database on the PostgreSQL server at hand; dropped afterwards.

    Without a server the test is skipped, except where CI promises one that answers.
    """
    name = f"monitor_test_{uuid.uuid4().hex[:12]}"
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if os.environ.get("CI") == "true" and _answers():
            pytest.fail(f"PostgreSQL answers at its port but refuses us: {error}")
        pytest.skip("no PostgreSQL server: set MONITOR_TEST_POSTGRES to test on one")
    with server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        try:
            yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _answers() -> bool:
    address = make_url(SERVER)
    try:
        socket.create_connection((address.host or "127.0.0.1", address.port or 5432), timeout=1).close()
    except OSError:
        return False
    return True


def new_article(number: int = 1, **changes: object) -> NewArticle:
    """An article of feed 1; `number` makes address, guid and title its own."""
    seen = NOW + timedelta(minutes=number)
    values: dict[str, object] = {
        "canonical_url": f"https://news.example/{number}",
        "url": f"https://news.example/{number}?ref=rss",
        "feed_id": 1,
        "guid": f"guid-{number}",
        "publisher": "News Example",
        "title": f"Title {number}",
        "summary": f"Summary {number}",
        "text": "",
        "text_source": TextSource.SUMMARY,
        "author": None,
        "language": "en",
        "published_at": seen,
        "date_status": DateStatus.OK,
        "first_seen_at": seen,
        "content_hash": f"hash-{number}",
        "stale": False,
        "wants_page": False,
    }
    return NewArticle(**(values | changes))  # type: ignore[arg-type]


def scored(article_id: int, score: float = 0.9, topic: str = "sanctions") -> Scored:
    """The scores of an article on one topic with threshold 0.5, and its hit where it is one."""
    reason = Reason(
        "The council adopted sanctions.", (WeightedTerm("sanctions", 1.5), WeightedTerm("council", 0.4))
    )
    hit = Hit(article_id, topic, score, 0.5, "v1", reason)
    return Scored(article_id, (TopicScore(topic, score, 0.5),), (hit,) if score >= 0.5 else ())
