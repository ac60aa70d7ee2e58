"""Events are found where hits are: kept with the scores, found anew for a new text or new words; exported."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fixtures_store import NOW, new_article
from typer.testing import CliRunner

from monitor.cli import app
from monitor.pipeline import group, score
from monitor.pipeline.telling import tell_again
from monitor.records import Event, FeedSpec, RunKey
from monitor.settings import Settings
from monitor.store import articles, events, feeds
from monitor.store.database import begin, open_database

RUN = RunKey("cli", "run", "1")
TITLE = "Iran ships 40 drones to Russia in breach of UN arms embargo, Kyiv says"


@pytest.fixture
def scored(database_url: str, tmp_path: Path) -> Settings:
    with begin(open_database(database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        articles.admit(
            db,
            [
                new_article(1, title=TITLE, publisher="bbc.co.uk"),
                new_article(2, title="Bakery chain opens shops in Norway", summary="Bread sells."),
            ],
            NOW,
        )
    settings = Settings(home=tmp_path, database_url=database_url)
    group(settings, RUN)
    score(settings, RUN)
    return settings


def stored(settings: Settings) -> dict[str, Event]:
    with begin(open_database(settings.database_url)) as db:
        found = events.since(db, NOW - timedelta(days=400))
    return {report.event.topic: report.event for _, _, report in found}


def test_a_hit_has_its_event(scored: Settings) -> None:
    event = stored(scored)["arms_transfers"]
    assert (event.sources, event.targets, event.instrument) == (("IRN",), ("RUS",), "drones")
    assert (event.status, event.claimed_by, event.quantity) == ("alleged", "UKR", 40)


def test_a_new_text_has_new_events(scored: Settings) -> None:
    changed = new_article(1, title="Turkey sells drones and shells to Mali", content_hash="b")
    with begin(open_database(scored.database_url)) as db:
        articles.admit(db, [changed], NOW)
    score(scored, RUN)
    event = stored(scored)["arms_transfers"]
    assert (event.sources, event.targets, event.status) == (("TUR",), ("MLI",), "contracted")


def test_edited_words_reach_stored_hits(scored: Settings, tmp_path: Path) -> None:
    before = stored(scored)
    assert tell_again(scored, NOW - timedelta(days=400))[1] == len(before)
    assert stored(scored) == before
    seeds = tmp_path / "seeds"
    shutil.copytree(scored.seeds, seeds, ignore=shutil.ignore_patterns("demo", "examples"))
    card = seeds / "topics" / "arms_transfers.toml"
    card.write_text(card.read_text().replace('name = "drones"', 'name = "flying machines"'))
    tell_again(replace(scored, seeds=seeds), NOW - timedelta(days=400))
    assert stored(scored)["arms_transfers"].instrument == "flying machines"


def test_events_are_listed_shown_and_exported(scored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", scored.database_url)
    run = CliRunner()
    since = ["--since", "400d", "--topic", "arms_transfers"]
    (row,) = json.loads(run.invoke(app, ["events", "list", *since, "-f", "json"]).output)
    assert (row["source"], row["status"], row["target"], row["says"]) == ("IRN", "alleged", "RUS", "UKR")
    assert (
        run.invoke(app, ["events", "list", "--since", "400d", "--source", "MLI", "-f", "json"]).output
        == "[]\n"
    )
    shown = run.invoke(app, ["events", "show", str(row["story"])]).output
    assert "arms_transfers: IRN · alleged · RUS · drones" in shown
    wrong = run.invoke(app, ["events", "list", "--status", "sined"])
    assert (wrong.exit_code, "known are proposed" in wrong.output) == (2, True)
    (record,) = map(json.loads, run.invoke(app, ["events", "export", *since]).output.splitlines())
    assert (record["event_type"], record["event_mode"], record["context"]) == (
        "ACCUSE",
        "alleged",
        "arms_transfers",
    )
    assert (record["source"], record["target"], record["quantity"]) == (["IRN"], ["RUS"], 40)
    (line,) = csv.DictReader(io.StringIO(run.invoke(app, ["events", "export", *since, "-f", "csv"]).output))
    assert (line["source"], line["target"], line["claimed_by"]) == ("IRN", "RUS", "UKR")
    assert line.keys() == record.keys()
