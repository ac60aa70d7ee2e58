"""Tokens of programs and how often they may ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from typer.testing import CliRunner

from monitor.cli import app
from monitor.errors import NotFound, Permanent
from monitor.settings import Settings
from monitor.store import api_tokens
from monitor.store import tables as t
from monitor.store.database import begin, open_database
from monitor.web.alone import guarded
from monitor.web.buckets import Bucket, take

KEY = "k" * 40
ARTICLES = "/monitor/api/v1/articles"
NOW = datetime.now(UTC)


def _asking(settings: Settings) -> TestClient:
    return TestClient(guarded(settings, KEY), follow_redirects=False)


def _shown(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def installed(database_url: str) -> Settings:
    return Settings(database_url=database_url, api_rate=3)


def test_a_token_opens_the_interface_and_no_page_until_it_is_revoked(installed: Settings) -> None:
    with begin(open_database(installed.database_url)) as db:
        secret = api_tokens.add(db, "sheet", NOW - timedelta(days=1))
    program = _asking(installed)
    assert program.get(ARTICLES, headers=_shown(secret)).json() == {"items": [], "next": 0}
    for page in ("/monitor/alerts", "/monitor/search.jsonl"):
        assert program.get(page, headers=_shown(secret)).status_code == 401
    with begin(open_database(installed.database_url)) as db:
        (one,) = api_tokens.listing(db)
        assert one.last_used_at is not None
        assert one.last_used_at >= NOW
        assert api_tokens.revoke(db, "sheet", NOW)
        assert not api_tokens.revoke(db, "sheet", NOW)
    answer = program.get(ARTICLES, headers=_shown(secret))
    assert answer.status_code == 401
    assert "monitor api tokens add" in answer.json()["detail"]


def test_the_database_does_not_hold_the_secret(installed: Settings) -> None:
    with begin(open_database(installed.database_url)) as db:
        secret = api_tokens.add(db, "sheet", NOW)
        held = str(db.execute(select(t.api_tokens)).all())
        assert secret not in held
        assert secret.removeprefix(api_tokens.PREFIX) not in held
        with pytest.raises(Permanent, match="already"):
            api_tokens.add(db, "sheet", NOW)
        with pytest.raises(NotFound, match="tokens list"):
            api_tokens.revoke(db, "other", NOW)


def test_who_asks_too_often_is_told_when_to_go_on_and_others_are_not_held_up(installed: Settings) -> None:
    with begin(open_database(installed.database_url)) as db:
        first, second = api_tokens.add(db, "one", NOW), api_tokens.add(db, "two", NOW)
    program = _asking(installed)
    codes = [program.get(ARTICLES, headers=_shown(first)).status_code for _ in range(3)]
    assert codes == [200, 200, 200]
    refused = program.get(ARTICLES, headers=_shown(first))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 20
    assert "token one has made its 3 requests of this minute" in refused.json()["detail"]
    assert program.get(ARTICLES, headers=_shown(second)).status_code == 200
    assert program.get(ARTICLES, headers=_shown(KEY)).status_code == 200
    assert _asking(replace(installed, api_rate=300)).get(ARTICLES, headers=_shown(first)).status_code == 200


@given(
    steps=st.lists(st.floats(0, 30), max_size=200),
    a_minute=st.integers(1, 600),
)
def test_nobody_is_let_in_more_often_than_the_rate_and_one_burst(steps: list[float], a_minute: int) -> None:
    now, bucket, allowed = 0.0, None, 0
    for step in steps:
        now += step
        bucket, wait = take(bucket, now, a_minute=a_minute)
        allowed += wait == 0
        if wait:  # who waits as told is let in
            _, again = take(bucket, now + wait * (1 + 1e-9) + 1e-9, a_minute=a_minute)
            assert again == 0
    assert allowed <= a_minute + now * a_minute / 60 + 1e-6


def test_a_clock_that_stands_or_steps_back_gives_nothing_away() -> None:
    bucket, wait = take(Bucket(0.5, 100.0), 40.0, a_minute=60)
    assert wait == 0.5
    assert bucket.left == 0.5


def test_the_commands_make_list_and_revoke(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", installed.database_url)
    runner = CliRunner()
    secret = runner.invoke(app, ["api", "tokens", "add", "sheet"]).stdout.split()[-1]
    assert _asking(installed).get(ARTICLES, headers=_shown(secret)).status_code == 200
    listed = runner.invoke(app, ["api", "tokens", "list", "-f", "csv"]).stdout
    assert listed.splitlines()[1].startswith("sheet,")
    assert secret not in listed
    runner.invoke(app, ["api", "tokens", "revoke", "sheet"])
    assert _asking(installed).get(ARTICLES, headers=_shown(secret)).status_code == 401
