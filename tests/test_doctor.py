"""What `monitor doctor` and `monitor slack status` say of Slack."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fixtures_outbox import changed
from whole_runs import monitor

from monitor import doctor
from monitor.records import WORKSPACE, FeedSpec, Listener
from monitor.settings import Settings
from monitor.store import destinations, feeds, listeners
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC)


@pytest.fixture
def settings(database_url: str) -> Settings:
    return changed(Settings(), database_url=database_url)


def said(settings: Settings) -> dict[str, doctor.Finding]:
    return {finding.part: finding for finding in doctor.examine(settings)}


def test_nothing_has_happened_yet(settings: Settings) -> None:
    found = said(settings)
    assert (found["channels"].well, found["channels"].line) == (True, "nothing has been sent yet")
    assert found["listener"].well  # nobody asked for one
    assert not said(changed(settings, slack_app_token="xapp-1"))["listener"].well


def test_what_slack_refuses_is_named_with_since_when_and_why(settings: Settings) -> None:
    with begin(open_database(settings.database_url)) as db:
        destinations.refuse(db, "#desk", "is_archived", NOW, NOW)
        destinations.refuse(db, WORKSPACE, "token_revoked", NOW, NOW)
    found = said(settings)["channels"]
    assert not found.well
    assert "Slack takes nothing in #desk since" in found.line
    assert "(is_archived)" in found.line
    assert "Slack refuses the token since" in found.line


def test_deliveries_of_another_process_count_as_a_connection(settings: Settings) -> None:
    assert not said(settings)["slack"].well
    with begin(open_database(settings.database_url)) as db:
        destinations.sent(db, "#desk", NOW)
    assert "another process delivers" in said(settings)["slack"].line


@pytest.mark.parametrize(("age", "well"), [(1, True), (3, False)])
def test_a_listener_that_is_out_of_touch_is_noticed(settings: Settings, age: int, well: bool) -> None:
    with begin(open_database(settings.database_url)) as db:
        listeners.seen(db, Listener("old", "http", NOW, NOW - timedelta(days=1)))
        listeners.seen(db, Listener("desk-1", "socket", NOW, datetime.now(UTC) - timedelta(minutes=age)))
    found = said(settings)["listener"]
    assert found.well is well
    assert "on desk-1, last in touch" in found.line


def test_the_status_ends_with_4_without_a_listener(settings: Settings, tmp_path: Path) -> None:
    env = {"MONITOR_DATABASE_URL": settings.database_url, "MONITOR_HOME": str(tmp_path)}
    assert "monitor slack listen" in monitor(env, "slack", "status", code=4)
    with begin(open_database(settings.database_url)) as db:
        listeners.seen(db, Listener("desk-1", "socket", NOW, datetime.now(UTC)))
    assert "listener: on desk-1" in monitor(env, "slack", "status")


def test_a_route_of_a_group_without_feeds_is_noticed(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "topics").mkdir()
    (tmp_path / "routes.toml").write_text(
        '[[route]]\nname = "wires"\nchannel = "#wires"\ntopics = ["*"]\ngroups = ["Wires"]\n'
    )
    mine = changed(settings, seeds=tmp_path)
    found = said(mine)["routes"]
    assert (found.well, found.blocks) == (False, False)
    assert found.line.startswith("route wires (line 1): no feed is in its group 'Wires'")
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://kestrel.example/feed", "Kestrel", group="wires")], NOW)
    assert said(mine)["routes"].well
