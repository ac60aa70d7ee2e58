"""The whole job by the command line, on SQLite."""

from __future__ import annotations

import json
from pathlib import Path

from fakes.slack import FakeSlack
from whole_runs import check_first, check_second, environment, monitor, set_up, state, told

from monitor.demo import FeedServer


def test_two_cycles(served: FeedServer, slack: FakeSlack, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, slack)
    set_up(env, served, tmp_path)
    print(monitor(env, "run"))
    first = state(database)
    print(told(first, slack))
    check_first(first, served, slack)
    sent = len(slack.messages)

    print(monitor(env, "run", "--all"))
    check_second(first, state(database), sent, slack)

    found = json.loads(monitor(env, "search", "sanctions", "--topic", "sanctions", "--format", "json"))
    assert found
    assert all("sanctions" in row["topics"] for row in found)
    health = json.loads(monitor(env, "feeds", "health", "--format", "json"))
    assert len(health) == len(served.urls())
    assert all(row["last_poll"] for row in health)


def test_what_a_feed_holds_already_does_not_alert_unless_asked(
    served: FeedServer, slack: FakeSlack, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, slack)
    opml = tmp_path / "feeds.opml"
    opml.write_bytes(served.opml())
    monitor(env, "db", "upgrade")
    monitor(env, "feeds", "import", str(opml))
    monitor(env, "run")
    found = state(database)
    assert found.articles > 0
    assert found.hits
    assert found.alerts == []
    assert slack.messages == []


def test_alerts_wait_for_slack_and_go_out_as_one_summary(
    served: FeedServer, slack: FakeSlack, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    env = environment(tmp_path, database, None)
    set_up(env, served, tmp_path)
    printed = monitor(env, "run")
    assert "MONITOR_SLACK_TOKEN" in printed
    waiting = state(database)
    late = waiting.deliveries["folded"]  # older than half a day: in one summary already
    assert waiting.deliveries["no_destination"] == waiting.threads - late + bool(late)

    connected = environment(tmp_path, database, slack)
    monitor(connected, "deliver")
    assert len(slack.messages) == 1
    assert state(database).deliveries == {"folded": waiting.threads + bool(late), "sent": 1}
    monitor(connected, "deliver")
    assert len(slack.messages) == 1
