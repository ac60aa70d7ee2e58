"""Texts go after their time; everything else stays, and a killed run goes on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fixtures_store import new_article, scored
from sqlalchemy import Connection, func, insert, select
from typer.testing import CliRunner

from monitor import pipeline
from monitor.cli import app
from monitor.errors import Misconfigured
from monitor.pipeline import pruning
from monitor.records import FeedSpec, Placement, PlacementKind, RunKey, Step, TopicText
from monitor.settings import Settings, load
from monitor.store import articles, feeds, hits, stories
from monitor.store import tables as t
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC)
OLD, YOUNG = NOW - timedelta(days=31), NOW - timedelta(days=29)
RUN = RunKey("cli", "prune", "1")
_TOLD = select(t.articles.c.title, t.articles.c.url, t.articles.c.summary)
TEXT = "The ministers signed a treaty about a bridge."


@pytest.fixture
def stored(settings: Settings) -> Settings:
    """An old and a young article, each with a hit, a text that it was scored by, and an earlier version."""
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        new = [new_article(n, text=TEXT, published_at=at) for n, at in ((1, OLD), (2, YOUNG))]
        articles.admit(db, new, NOW)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in (1, 2)], NOW)
        ends = [scored(n) for n in (1, 2)]
        text = TopicText("Title", "", TEXT)
        ends = [replace(end, hits=tuple(replace(hit, text=text) for hit in end.hits)) for end in ends]
        hits.record_scores(db, ends, "v1", NOW)
        for n in (1, 2):
            before = {"title": "T", "summary": "S", "text": TEXT, "url": "u", "content_hash": "h"}
            db.execute(insert(t.revisions).values(article_id=n, replaced_at=NOW, **before))
    return replace(settings, keep_text_days=30)


def _texts(db: Connection) -> list[tuple[str, str, bool, str]]:
    joined = t.articles.join(t.hits, t.hits.c.article_id == t.articles.c.id)
    joined = joined.join(t.revisions, t.revisions.c.article_id == t.articles.c.id)
    columns = (t.articles.c.text, t.articles.c.text_source, t.hits.c.scored_text, t.revisions.c.text)
    rows = db.execute(select(*columns).select_from(joined).order_by(t.articles.c.id)).all()
    return [(row[0], row[1], row[2] is not None, row[3]) for row in rows]


def test_old_texts_go_and_all_else_stays(stored: Settings) -> None:
    kept = (t.articles, t.hits, t.stories, t.scores, t.entries)
    with begin(open_database(stored.database_url), reading=True) as db:
        before = [db.execute(select(func.count()).select_from(table)).scalar_one() for table in kept]
        titles = set(db.execute(_TOLD).all())
    assert pipeline.count_old_texts(stored) == {"article": 1, "revision": 1, "scored": 1}
    (done,) = pipeline.prune(stored, RUN)
    assert (done.outcomes, done.balances) == ({"article": 1, "revision": 1, "scored": 1}, True)
    with begin(open_database(stored.database_url), reading=True) as db:
        assert _texts(db) == [("", "pruned", False, ""), (TEXT, "summary", True, TEXT)]
        assert [db.execute(select(func.count()).select_from(table)).scalar_one() for table in kept] == before
        assert set(db.execute(_TOLD).all()) == titles
        assert articles.pending_reads(db, 10, NOW) == []  # a dropped text is not fetched again
    (again,) = pipeline.prune(stored, RUN)
    assert again.items_in == 0


def test_texts_are_kept_for_ever_unless_a_setting_says_otherwise(stored: Settings) -> None:
    ever = replace(stored, keep_text_days=0)
    (done,) = pipeline.prune(ever, RUN)
    assert done.items_in == 0
    assert "MONITOR_KEEP_TEXT_DAYS" in done.note
    with pytest.raises(Misconfigured, match="MONITOR_KEEP_TEXT_DAYS"):
        pipeline.count_old_texts(ever)
    assert load({"MONITOR_KEEP_TEXT_DAYS": "90"}).keep_text_days == 90


def test_a_run_that_was_killed_goes_on(stored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 1)

    def killed(_step: Step, done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.prune(stored, RUN, progress=killed)
    assert sum(pipeline.count_old_texts(stored).values()) == 1
    (rest,) = pipeline.prune(stored, RUN)
    assert rest.items_in == 1


def test_the_command_counts_first_and_asks(stored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", stored.database_url)
    runner = CliRunner()
    counted = runner.invoke(app, ["prune", "--days", "30", "--dry-run"])
    assert "nothing was dropped" in counted.stdout
    refused = runner.invoke(app, ["prune", "--days", "30"], input="n\n")
    assert refused.exit_code == 1
    assert sum(pipeline.count_old_texts(stored).values()) == 3
    agreed = runner.invoke(app, ["prune", "--days", "30", "--yes"])
    assert agreed.exit_code == 0, agreed.output
    assert sum(pipeline.count_old_texts(stored).values()) == 0
