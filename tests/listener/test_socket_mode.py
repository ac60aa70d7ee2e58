"""What readers do in Slack, over Socket Mode: the listener as the command line starts it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.slack import TEAM, FakeSlack
from fakes.socket_mode import SocketMode
from listener.conftest import OLD, STORY
from sqlalchemy import select

from monitor.alerts.listen import create_app
from monitor.alerts.slack import connect
from monitor.alerts.ways import listen_by_socket
from monitor.errors import Misconfigured
from monitor.pipeline.listening import answers, heartbeat
from monitor.records import Listener
from monitor.settings import Settings
from monitor.store import listeners, tables
from monitor.store.database import begin, open_database

APP_TOKEN = "xapp-canary-1b7a"


def envelope(number: int, kind: str, payload: dict[str, object]) -> dict[str, object]:
    return {"envelope_id": f"e{number}", "type": kind, "accepts_response_payload": True, "payload": payload}


def press(token: str) -> dict[str, object]:
    return {
        "type": "block_actions",
        "user": {"id": "U1", "username": "anna", "team_id": TEAM},
        "team": {"id": TEAM},
        "api_app_id": "A1",
        "trigger_id": "1",
        "response_url": "http://127.0.0.1:9/",  # nobody is told: what counts is what is stored
        "actions": [{"type": "button", "action_id": "not_relevant", "block_id": "feedback", "value": token}],
    }


@contextmanager
def listening(settings: Settings, slack: FakeSlack, socket: SocketMode) -> Iterator[None]:
    """The listener of the command line, linked to `socket`."""
    slack.socket_url, slack.app_token = socket.url, APP_TOKEN
    bolt = create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
    over = threading.Event()
    beat = heartbeat(settings, "socket")
    way = {"until": over.is_set, "beat": beat}
    thread = threading.Thread(target=listen_by_socket, args=(bolt, APP_TOKEN), kwargs=way)
    thread.start()
    try:
        assert socket.connected.wait(10)
        yield
    finally:
        over.set()
        thread.join(10)
    assert not thread.is_alive()


def test_the_listener_says_that_it_is_in_touch_and_never_a_token(
    settings: Settings, slack: FakeSlack, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with SocketMode() as socket, listening(settings, slack, socket):
        deadline = time.monotonic() + 10
        while _newest(settings) is None and time.monotonic() < deadline:
            time.sleep(0.05)
    found = _newest(settings)
    assert found is not None
    assert found.way == "socket"
    assert found.is_well(datetime.now(UTC))
    assert not found.is_well(datetime.now(UTC) + timedelta(minutes=3))
    assert not [token for token in (APP_TOKEN, settings.slack_token) if token in caplog.text]


def _newest(settings: Settings) -> Listener | None:
    with begin(open_database(settings.database_url)) as db:
        return listeners.newest(db)


def test_presses_and_commands_over_a_socket(settings: Settings, slack: FakeSlack) -> None:
    with SocketMode() as socket, listening(settings, slack, socket):
        command = {
            "command": "/monitor", "text": "mute", "user_id": "U1", "user_name": "anna", "team_id": TEAM,
            "trigger_id": "1", "response_url": "http://127.0.0.1:9/",
        }  # fmt: skip
        socket.send(envelope(1, "interactive", press(STORY)))
        socket.send(envelope(2, "slash_commands", command))
        found = [socket.answers.get(timeout=10) for _ in range(2)]
    by_id = {answer["envelope_id"]: answer for answer in found}
    assert set(by_id) == {"e1", "e2"}
    assert by_id["e2"]["payload"]["text"] == "Nothing is muted."
    with begin(open_database(settings.database_url)) as db:
        (row,) = db.execute(select(tables.presses))
        (label,) = db.execute(select(tables.labels))
    assert (row.press, row.person) == ("not_relevant", "U1")
    assert (label.verdict, label.labelled_by) == ("no", "anna (U1)")


def test_a_double_press_an_old_one_and_a_stranger_over_a_socket(settings: Settings, slack: FakeSlack) -> None:
    """Socket Mode has no signatures: what is sent again is known by what it says."""
    stranger = press(STORY) | {"user": {"id": "U9", "username": "eve", "team_id": "T9"}, "team": {"id": "T9"}}
    with SocketMode() as socket, listening(settings, slack, socket):
        for number, payload in enumerate((press(STORY), press(STORY), press(OLD), stranger), 1):
            socket.send(envelope(number, "interactive", payload))
        acknowledged = {socket.answers.get(timeout=10)["envelope_id"] for _ in range(4)}
        assert acknowledged == {"e1", "e2", "e3", "e4"}
        deadline = time.monotonic() + 10
        while not _presses(settings) and time.monotonic() < deadline:
            time.sleep(0.05)
    assert [(row.token, row.person) for row in _presses(settings)] == [(STORY, "U1")]


def _presses(settings: Settings) -> list[Any]:
    with begin(open_database(settings.database_url)) as db:
        return list(db.execute(select(tables.presses)))


def test_without_an_app_token_it_says_what_to_do(settings: Settings, slack: FakeSlack) -> None:
    bolt = create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_APP_TOKEN"):
        listen_by_socket(bolt, "", until=lambda: True)
    slack.app_token = "xapp-right"
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_APP_TOKEN") as refused:
        listen_by_socket(bolt, "xapp-canary-9d2f", until=lambda: True)
    assert "xapp-canary-9d2f" not in str(refused.value)
    slack.token = "another"
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_TOKEN") as raised:
        create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
    assert settings.slack_token not in str(raised.value)
