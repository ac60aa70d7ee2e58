"""What docs/security.md promises: each test that it names is there, and those that stand nowhere else."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docs.commands import PROJECT
from docs.conftest import CANARY, Newsroom
from fastapi.testclient import TestClient
from fixtures_outbox import changed
from fixtures_store import new_article, scored

from monitor.cli import app
from monitor.errors import MonitorError
from monitor.records import FeedSpec, Placement, PlacementKind
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, stories
from monitor.store.database import begin, open_database, upgrade
from monitor.topics.versions import home
from monitor.web.app import create_app

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
NOW = datetime.now(UTC).replace(microsecond=0)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "{{ 7*7 }} {% print(request) %} ${7*7}",
    "</title><iframe src=javascript:alert(1)>",
    "' OR 1=1; DROP TABLE articles; --",
)


def test_each_threat_names_tests_that_are_there() -> None:
    page = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
    named = NAMED.findall(page)
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (PROJECT / file).is_file()
        or f"def {test}(" not in (PROJECT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
    rows = [
        line
        for line in page.split("\n")
        if line.startswith("| ") and not line.startswith(("| threat", "| ---"))
    ]
    assert len(rows) >= 25
    assert [row for row in rows if not NAMED.search(row)] == []


def test_a_token_is_in_nothing_that_a_run_leaves(newsroom: Newsroom) -> None:
    """A canary of a token, looked for in the database, each file and each line of a run with messages."""
    assert newsroom.slack.messages
    assert newsroom.run("--debug", "deliver")[0] == 0
    assert newsroom.run("alerts", "--format", "json")[0] == 0
    files = [path for path in newsroom.folder.rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
    assert [line for line in newsroom.said if CANARY in line] == []


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    return changed(Settings(), database_url=url)


@pytest.fixture
def hostile(settings: Settings) -> Settings:
    """An archive in which every text that a publisher can choose is an attack."""
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", HOSTILE[0], group=HOSTILE[1])], NOW)
        fresh = [
            new_article(n, title=text, summary=text, publisher=text, published_at=NOW, first_seen_at=NOW)
            for n, text in enumerate(HOSTILE, 1)
        ]
        articles.admit(db, fresh, NOW)
        numbers = range(1, len(HOSTILE) + 1)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in numbers], NOW)
        hits.record_scores(db, [scored(n, 0.9) for n in numbers], "v1", NOW)
    return settings


def test_a_hostile_article_runs_nothing_in_a_page(hostile: Settings) -> None:
    client = TestClient(create_app(hostile))
    paths = ["/search", "/alerts", "/feeds", "/runs", *(f"/stories/{n}" for n in range(1, len(HOSTILE) + 1))]
    shown = 0
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert [text for text in HOSTILE if "<" in text and text in answer.text] == [], path
        shown += html.escape(HOSTILE[0]) in answer.text or "&lt;script&gt;" in answer.text
        assert not re.search(r"\b49\b.{0,20}\$|\$49\b", answer.text), path  # a template would have reckoned
    assert shown >= 2
    for text in HOSTILE:
        answer = client.get("/search", params={"q": text})
        assert answer.status_code in {200, 400}
        assert text not in answer.text or "<" not in text
    assert len(client.get("/search.jsonl").text.splitlines()) == len(HOSTILE)  # no table was dropped


def test_a_hostile_article_writes_no_sequences_to_a_terminal(settings: Settings) -> None:
    from typer.testing import CliRunner

    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        text = "\x1b]0;owned\x07\x1b[2J sanctions \u202egnorw\x9b31m"
        articles.admit(
            db, [new_article(1, title=text, summary=text, published_at=NOW, first_seen_at=NOW)], NOW
        )
        stories.place(db, [Placement(1, PlacementKind.NEW_STORY)], NOW)
    env = {"MONITOR_DATABASE_URL": settings.database_url}
    for words in (["search", "sanctions"], ["story", "1"], ["search", "sanctions", "--format", "csv"]):
        found = CliRunner().invoke(app, words, env=env)
        assert found.exit_code == 0
        assert "sanctions" in found.output
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", found.output), words


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "..", "a/b", "a\\b", "x\x00y", ""])
def test_no_name_leads_out_of_its_folder(name: str, tmp_path: Path) -> None:
    try:
        found = home(tmp_path, name)
    except MonitorError:
        return
    assert found.resolve().is_relative_to(tmp_path.resolve())


def test_what_is_installed_is_locked_by_hash() -> None:
    for file in ("requirements.lock", "requirements-dev.lock"):
        lines = (PROJECT / file).read_text(encoding="utf-8").split("\n")
        pinned = [line for line in lines if re.match(r"[a-zA-Z0-9]", line)]
        assert len(pinned) > 50
        assert [line for line in pinned if "==" not in line or not line.rstrip().endswith("\\")] == []
    recipe = (PROJECT / "Makefile").read_text(encoding="utf-8") + (PROJECT / "Dockerfile").read_text(
        encoding="utf-8"
    )
    installs = [line for line in recipe.split("\n") if " install " in line and "-r " in line]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line] == []


def test_settings_are_not_shown_with_their_secrets() -> None:
    assert CANARY not in repr(changed(Settings(), slack_token=CANARY, slack_app_token=CANARY))
