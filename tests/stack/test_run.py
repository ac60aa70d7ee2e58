"""The production stack at work: its commands run here without containers, in the order of `depends_on`."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import psycopg
import pytest
from fakes.slack import FakeSlack
from fakes.socket_mode import SocketMode
from fixtures_store import SERVER
from sqlalchemy import make_url
from stack.native import Native

TOKENS = {"slack_token": "xoxb-stack", "slack_app_token": "xapp-stack"}


def _timed(what: str, do: Callable[[], None]) -> None:
    before = time.monotonic()
    do()
    print(f"{what}: {time.monotonic() - before:.1f} s")


def test_the_commands_of_the_stack_run(native: Native, databases: tuple[str, str]) -> None:
    _timed("databases", lambda: native.completed("databases", 30))
    _timed("init", lambda: native.completed("init", 120))
    native.start("api-server")
    native.start("dag-processor")
    _timed("api-server", lambda: native.await_health(["api-server"], 120))
    for name in ("scheduler", "triggerer", "worker"):
        native.start(name)
    others = ["scheduler", "dag-processor", "triggerer", "worker"]
    _timed("all", lambda: native.await_health(others, 120))
    _see_the_state(native, databases[0])
    _see_the_listener(native)
    codes: dict[str, int] = {}
    _timed("stop", lambda: codes.update(native.stop()))
    assert -signal.SIGKILL not in codes.values(), codes


def _see_the_listener(native: Native) -> None:
    """The listener of the profile `slack` links itself to Slack and then counts as healthy."""
    with FakeSlack(TOKENS["slack_token"]) as slack, SocketMode() as socket:
        slack.app_token, slack.socket_url = TOKENS["slack_app_token"], socket.url
        for name, token in TOKENS.items():
            native.secret(name, token)
        native.give({"MONITOR_SLACK_URL": slack.url})
        assert not native.healthy("slack-listener")
        native.start("slack-listener")
        _timed("slack-listener", lambda: native.await_health(["slack-listener"], 60))
        assert socket.connected.is_set()
        assert native.stop_one("slack-listener") == 0
    assert not any(token in native.said("slack-listener") for token in TOKENS.values())


def _see_the_state(native: Native, database: str) -> None:
    with urllib.request.urlopen(
        f"http://127.0.0.1:{native.port}/api/v2/monitor/health", timeout=10
    ) as answer:
        health = json.load(answer)
    assert {
        health[part]["status"] for part in ("metadatabase", "scheduler", "triggerer", "dag_processor")
    } == {"healthy"}
    # Our pages are for those who are signed in.
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"http://127.0.0.1:{native.port}/monitor/alerts", timeout=10)
    with psycopg.connect(make_url(SERVER).set(database=database).render_as_string(hide_password=False)) as db:
        row = db.execute("SELECT count(*) FROM feeds").fetchone()
    assert row is not None
    assert row[0] >= 60
