"""Leases, runs, search, the views, and what docs/database.md says of them."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from fixtures_alerts import raise_alerts
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection, Engine, inspect, text

from monitor.records import (
    FeedSpec,
    Ledger,
    Message,
    Placement,
    PlacementKind,
    Posted,
    PostOutcome,
    Route,
    RunKey,
    Step,
)
from monitor.store import articles, feeds, hits, leases, runs, sending, stories
from monitor.store import tables as t
from monitor.store.database import begin

DOCS = Path(__file__).parents[2] / "docs" / "database.md"
HOUR = timedelta(hours=1)


@pytest.fixture
def filled(db: Connection) -> Connection:
    """Two articles of one story, a hit of the first, its alert sent."""
    feeds.add(db, [FeedSpec("https://a.example/", "Feed A", "World")], NOW)
    first = new_article(
        1, title="Émigré council adopts 100% tariff", summary="The EU_council met.", publisher="Post"
    )
    second = new_article(
        2, title="Reply", text="A long text on a mutual defence pact. " * 20, publisher="Globe"
    )
    articles.admit(db, [first, second], NOW)
    kinds = PlacementKind.NEW_STORY, PlacementKind.COPY
    stories.place(db, [Placement(1, kinds[0]), Placement(2, kinds[1], 1, 0.8)], NOW)
    hits.record_scores(db, [scored(1), scored(2, 0.1)], "v1", NOW)
    (found,) = hits.undecided(db, 10)
    raise_alerts(db, [found], Route("desk", "#desk"), Message("Text", ()), NOW)
    sending.mark_sending(db, 1, "me", NOW, HOUR)
    sending.settle(db, 1, Posted(PostOutcome.SENT, "C1", "1700000000.000100"), NOW)
    return db


def test_a_lease_has_one_holder(db: Connection) -> None:
    assert leases.take(db, "group", "a", NOW, HOUR)
    assert not leases.take(db, "group", "b", NOW, HOUR)
    assert leases.take(db, "group", "a", NOW + HOUR / 2, HOUR)  # its holder may take it again
    assert not leases.renew(db, "group", "b", NOW, HOUR)
    assert leases.renew(db, "group", "a", NOW, HOUR)
    leases.release(db, "group", "b")
    assert not leases.take(db, "group", "b", NOW, HOUR)
    assert leases.take(db, "group", "b", NOW + HOUR, HOUR)
    assert not leases.renew(db, "group", "a", NOW + HOUR, HOUR)
    leases.release(db, "group", "b")
    assert leases.take(db, "group", "a", NOW, HOUR)


def test_many_workers_one_lease(engine: Engine) -> None:
    won: list[str] = []

    def work(owner: str) -> None:
        with begin(engine) as db:
            if leases.take(db, "group", owner, NOW, HOUR):
                won.append(owner)

    threads = [threading.Thread(target=work, args=(owner,)) for owner in "abcdef"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_runs_and_their_ledgers(db: Connection) -> None:
    key = RunKey("airflow", "ingest", "2026-05-17")
    run = runs.open_run(db, key, NOW)
    assert runs.open_run(db, key, NOW + HOUR) == run
    later = runs.open_run(db, RunKey("cli", "run", "1"), NOW + HOUR)
    read = Ledger(Step.READ, "articles", 1, {"page_text": 1})
    runs.write(db, run, [read], NOW)
    for shard, count in (("0", 3), ("1", 4), ("1", 5)):  # the second try of a shard replaces the first
        ledger = Ledger(Step.FETCH, "feeds", count + 1, {"fetched": count, "gone": 1}, "note")
        runs.write(db, run, [ledger], NOW, shard=shard)
    runs.write(db, run, [], NOW)
    runs.close_run(db, run, NOW + HOUR, "done")
    newest, oldest = runs.recent(db, 10)
    assert (newest.id, newest.ended_at, newest.ledgers) == (later, None, ())
    assert (oldest.key, oldest.ended_at, oldest.note) == (key, NOW + HOUR, "done")
    assert oldest.ledgers == (Ledger(Step.FETCH, "feeds", 10, {"fetched": 8, "gone": 2}, "note"), read)
    assert all(ledger.balances for ledger in oldest.ledgers)
    assert runs.get(db, run) == runs.of_key(db, key) == oldest
    assert runs.get(db, 99) is runs.of_key(db, RunKey("cli", "run", "2")) is None


def test_articles_view(filled: Connection) -> None:
    first, second = filled.execute(text("SELECT * FROM articles_view ORDER BY article_id")).mappings()
    assert (first["feed_group"], first["topics"], first["top_score"]) == ("World", "sanctions", 0.9)
    assert (second["story_articles"], second["story_copies"], second["story_publishers"]) == (2, 1, 2)
    assert (second["placed_as"], second["topics"], bool(second["is_stale"])) == ("copy", None, False)
    assert first["story_alerted_at"] is not None


def test_hits_view(filled: Connection) -> None:
    (hit,) = filled.execute(text("SELECT * FROM hits_view")).mappings()
    assert (hit["topic"], hit["score"], hit["threshold"], hit["decision"]) == ("sanctions", 0.9, 0.5, "alert")
    assert (hit["why_sentence"], hit["why_terms"]) == ("The council adopted sanctions.", "sanctions, council")
    assert (hit["alert_routes"], hit["delivery_state"], hit["slack_channel"]) == ("desk", "sent", "#desk")
    assert hit["slack_link"] == "https://slack.com/archives/C1/p1700000000000100"


def test_the_documentation_names_every_column(db: Connection) -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", DOCS.read_text(), re.DOTALL | re.MULTILINE))
    found = inspect(db)
    names = [*t.Tables.metadata.tables, "articles_view", "hits_view", "events_view"]
    assert set(names) == sections.keys()
    for name in names:
        columns = {column["name"] for column in found.get_columns(name)}
        documented = set(re.findall(r"^\| `(\w+)`", sections[name], re.MULTILINE))
        only = {"archive"} if db.dialect.name == "sqlite" and name == "articles" else set()
        assert documented - only == columns, name


def test_work_is_found_by_its_index(tmp_path: Path) -> None:
    """A table grows for years while what waits stays small: no step may read the whole of it."""
    from sqlalchemy import event

    from monitor.store.database import open_database, upgrade

    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    engine = open_database(url)
    asked: list[tuple[str, object]] = []

    def note(_c: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        asked.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    with begin(engine) as db:
        feeds.due(db, NOW)
        articles.pending_reads(db, 10, NOW)
        articles.unplaced(db, 10)
        articles.window(db, NOW, NOW, 10)
        articles.unscored(db, 10)
        hits.undecided(db, 10)
        sending.due(db, NOW, 10)
        event.remove(engine, "before_cursor_execute", note)
        selects = [(sql, values) for sql, values in asked if sql.startswith("SELECT")]
        assert len(selects) == 7
        for sql, values in selects:
            plan = db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values).all()  # type: ignore[arg-type]
            steps = [row[3] for row in plan]
            assert all("USING" in step for step in steps if step.startswith(("SCAN", "SEARCH"))), steps
            assert "USE TEMP B-TREE FOR ORDER BY" not in steps  # what waits comes in its order
