"""What a user meets when a part is missing or wrong: one line that says what to do, and nothing lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fakes.slack import FakeSlack
from whole_runs import environment, monitor, set_up, state

from monitor.demo import FeedServer
from monitor.settings import PROJECT

OWN = PROJECT / "tests" / "data" / "acceptance"
MISCONFIGURED, TRANSIENT = 3, 4


@pytest.fixture
def few() -> Iterator[FeedServer]:
    with FeedServer(OWN, per_feed=True, spread=True) as server:
        yield server


def line(message: str) -> str:
    """The one line of an error."""
    (only,) = [part for part in message.splitlines() if part.startswith("monitor: ")]
    assert "Traceback" not in message
    return only


def test_a_database_that_is_down(tmp_path: Path) -> None:
    env = environment(tmp_path, "postgresql+psycopg://monitor@127.0.0.1:9/monitor", None)
    said = line(monitor(env, "run", code=TRANSIENT))
    assert "127.0.0.1" in said
    assert "MONITOR_DATABASE_URL" in said


def test_a_database_without_a_schema(tmp_path: Path) -> None:
    env = environment(tmp_path, f"sqlite:///{tmp_path / 'new.db'}", None)
    assert "monitor db upgrade" in line(monitor(env, "run", code=MISCONFIGURED))


def test_a_missing_classifier_loses_nothing(few: FeedServer, slack: FakeSlack, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, slack)
    set_up(env, few, tmp_path)
    without = env | {"MONITOR_CLASSIFIERS": str(tmp_path / "none")}
    assert "monitor train" in line(monitor(without, "run", code=MISCONFIGURED))
    halfway = state(database)
    assert halfway.articles > 0
    assert not halfway.hits
    monitor(env, "run")
    whole = state(database)
    assert whole.articles == halfway.articles
    assert whole.alerts
    assert set(whole.deliveries) <= {"sent", "folded"}


def test_a_network_that_is_cut_shows_at_each_feed_and_loses_nothing(slack: FakeSlack, tmp_path: Path) -> None:
    """Half a day offline: every poll is accounted for, no feed fails for it, and all goes on afterwards."""
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, slack)
    with FeedServer(OWN, per_feed=True, spread=True) as server:
        set_up(env, server, tmp_path)
        port, count = urlsplit(server.origin).port, len(server.urls())
    assert line(monitor(env, "run", code=TRANSIENT)).startswith("monitor: no feed could be reached")
    cut = json.loads(monitor(env, "feeds", "health", "--format", "json"))
    assert len(cut) == count
    assert {feed["state"] for feed in cut} == {"active"}
    assert all("nothing could be reached" in feed["last_poll"] for feed in cut)
    assert state(database).articles == 0
    with FeedServer(OWN, per_feed=True, spread=True, port=port or 0):
        monitor(env, "run", "--all")
        found = state(database)
        assert found.articles > 0
        assert found.deliveries["sent"] > 0
    monitor(env, "run", "--all", code=TRANSIENT)
    again = state(database)
    assert (again.articles, again.alerts) == (found.articles, found.alerts)


def test_a_bad_topic_card_is_named_and_the_old_classifier_stays(tmp_path: Path) -> None:
    seeds, classifiers = tmp_path / "seeds", tmp_path / "classifiers"
    shutil.copytree(PROJECT / "seeds", seeds)
    shutil.copytree(PROJECT / "models", classifiers)
    env = environment(tmp_path, f"sqlite:///{tmp_path / 'monitor.db'}", None)
    env |= {"MONITOR_SEEDS": str(seeds), "MONITOR_CLASSIFIERS": str(classifiers)}
    monitor(env, "db", "upgrade")
    before = (classifiers / "classifier.skops").read_bytes()
    card = seeds / "topics" / "sanctions.toml"
    card.write_text(card.read_text().replace('severity = "', 'severity = "very ', 1))
    said = line(monitor(env, "train", code=MISCONFIGURED))
    assert "sanctions.toml, line" in said
    assert "severity" in said
    assert (classifiers / "classifier.skops").read_bytes() == before


def test_a_wrong_slack_token_keeps_the_alerts(few: FeedServer, slack: FakeSlack, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, slack)
    set_up(env, few, tmp_path)
    wrong = env | {"MONITOR_SLACK_TOKEN": "xoxb-wrong"}
    said = line(monitor(wrong, "run", code=MISCONFIGURED))
    assert "MONITOR_SLACK_TOKEN" in said
    waiting = state(database)
    assert waiting.deliveries["pending"] > 0
    assert set(waiting.deliveries) <= {"pending", "folded"}
    monitor(env, "deliver")
    assert state(database).deliveries["sent"] == waiting.deliveries["pending"] == len(slack.messages)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    env = environment(tmp_path, f"sqlite:///{tmp_path / 'monitor.db'}", None)
    said = line(monitor(env | {"MONITOR_HOST_SPACING": "soon"}, "run", code=MISCONFIGURED))
    assert said == "monitor: MONITOR_HOST_SPACING is 'soon': set it to a number or leave it out"
