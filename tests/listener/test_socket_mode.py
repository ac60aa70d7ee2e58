"""What readers do in Slack, over Socket Mode: the listener as the command line starts it."""

from __future__ import annotations

import pytest
from fakes.slack import TEAM, FakeSlack
from fakes.socket_mode import SocketMode
from listener.conftest import STORY
from sqlalchemy import select

from monitor.alerts.listen import create_app, listen_by_socket
from monitor.alerts.slack import connect
from monitor.errors import Misconfigured
from monitor.pipeline.listening import answers
from monitor.settings import Settings
from monitor.store import tables
from monitor.store.database import begin, open_database

APP_TOKEN = "xapp-1"


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


def test_presses_and_commands_over_a_socket(settings: Settings, slack: FakeSlack) -> None:
    from slack_bolt.adapter.socket_mode import SocketModeHandler

    with SocketMode() as socket:
        slack.socket_url, slack.app_token = socket.url, APP_TOKEN
        bolt = create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
        handler = SocketModeHandler(bolt, APP_TOKEN)
        handler.connect()
        assert socket.connected.wait(10)
        command = {
            "command": "/monitor", "text": "mute", "user_id": "U1", "user_name": "anna", "team_id": TEAM,
            "trigger_id": "1", "response_url": "http://127.0.0.1:9/",
        }  # fmt: skip
        socket.send(envelope(1, "interactive", press(STORY)))
        socket.send(envelope(2, "slash_commands", command))
        found = [socket.answers.get(timeout=10) for _ in range(2)]
        handler.close()
    by_id = {answer["envelope_id"]: answer for answer in found}
    assert set(by_id) == {"e1", "e2"}
    assert by_id["e2"]["payload"]["text"] == "Nothing is muted."
    with begin(open_database(settings.database_url)) as db:
        (row,) = db.execute(select(tables.presses))
        (label,) = db.execute(select(tables.labels))
    assert (row.press, row.person) == ("not_relevant", "U1")
    assert (label.verdict, label.labelled_by) == ("no", "anna (U1)")


def test_without_an_app_token_it_says_what_to_do(settings: Settings, slack: FakeSlack) -> None:
    bolt = create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_APP_TOKEN"):
        listen_by_socket(bolt, "")
    slack.token = "another"
    with pytest.raises(Misconfigured, match="MONITOR_SLACK_TOKEN") as raised:
        create_app(connect(settings.slack_token, settings.slack_url).client, answers(settings))
    assert settings.slack_token not in str(raised.value)
