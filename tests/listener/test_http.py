"""What readers do in Slack, as signed HTTP requests through Bolt."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import pytest
from fakes.slack import TEAM, FakeSlack
from fixtures_outbox import send
from listener.conftest import NOW, OLD, STORY
from slack_sdk.signature import SignatureVerifier
from sqlalchemy import select
from starlette.testclient import TestClient

from monitor.alerts.listen import TROUBLE, UNKNOWN, create_app
from monitor.alerts.presses import AGAIN, GONE
from monitor.alerts.slack import connect
from monitor.alerts.ways import http_app
from monitor.pipeline.answering import HELP
from monitor.pipeline.listening import answers
from monitor.records import Press, Verdict
from monitor.settings import Settings
from monitor.store import labels, outbox, presses, sending, silences, tables
from monitor.store.database import begin, open_database

SECRET = "signing-secret"
ANNA = {"id": "U1", "username": "anna", "team_id": TEAM}
BEN = {"id": "U2", "username": "ben", "team_id": TEAM}


class Reader:
    """Somebody in Slack: requests signed as Slack signs them, and what is told in return."""

    def __init__(self, settings: Settings, slack: FakeSlack) -> None:
        self.told: list[str] = []
        reader = self

        class Told(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reader.told.append(body["text"])
                assert body["replace_original"] is False
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Told)
        self.thread = Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.slack, self.settings = slack, settings
        bolt = create_app(
            connect(settings.slack_token, settings.slack_url).client, answers(settings), secret=SECRET
        )
        self.client = TestClient(http_app(bolt))

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def request(self, body: str, *, at: float | None = None, secret: str = SECRET) -> Any:
        stamp = str(int(time.time() if at is None else at))
        signature = SignatureVerifier(secret).generate_signature(timestamp=stamp, body=body) or ""
        headers = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if body.startswith("{"):
            headers["Content-Type"] = "application/json"
        return self.client.post("/slack/events", content=body, headers=headers)

    def press(self, button: str, token: str = STORY, user: dict[str, str] = ANNA, **options: Any) -> Any:
        return self.request(self.body(button, token, user), **options)

    def body(self, button: str, token: str = STORY, user: dict[str, str] = ANNA) -> str:
        payload = {
            "type": "block_actions",
            "user": user,
            "team": {"id": TEAM},
            "api_app_id": "A1",
            "token": "x",
            "trigger_id": "1.2.3",
            "channel": {"id": "C00000001"},
            "response_url": f"http://127.0.0.1:{self.server.server_address[1]}/",
            "actions": [
                {
                    "type": "button",
                    "action_id": button,
                    "block_id": "feedback",
                    "value": token,
                    "action_ts": "1",
                }
            ],
        }
        return urlencode({"payload": json.dumps(payload)})

    def submit(
        self, what: str, span: str = "1d", reason: str = "noise", form: str = "V1", user: Any = ANNA
    ) -> Any:
        chosen = {
            "what": {"what": {"type": "static_select", "selected_option": {"value": what}}},
            "span": {"span": {"type": "static_select", "selected_option": {"value": span}}},
            "reason": {"reason": {"type": "plain_text_input", "value": reason}},
        }
        view = {
            "id": form, "type": "modal", "callback_id": "mute_form", "private_metadata": STORY,
            "state": {"values": chosen},
        }  # fmt: skip
        payload = {
            "type": "view_submission",
            "user": user,
            "team": {"id": TEAM},
            "api_app_id": "A1",
            "view": view,
        }
        return self.request(urlencode({"payload": json.dumps(payload)}))

    def ask(self, text: str, user: dict[str, str] = ANNA) -> str:
        fields = {
            "command": "/monitor", "text": text, "user_id": user["id"], "user_name": user["username"],
            "team_id": user["team_id"], "channel_id": "C00000001", "trigger_id": "1.2.3",
            "response_url": "http://127.0.0.1:9/",
        }  # fmt: skip
        return str(self.request(urlencode(fields)).json()["text"])

    def wait(self, number: int) -> list[str]:
        """What has been told, once it is so many lines."""
        deadline = time.monotonic() + 10
        while len(self.told) < number and time.monotonic() < deadline:
            self.thread.join(0.01)
        assert len(self.told) == number, self.told
        return self.told


@pytest.fixture
def reader(settings: Settings, slack: FakeSlack):  # type: ignore[no-untyped-def]
    found = Reader(settings, slack)
    yield found
    found.stop()


def rows(settings: Settings, table: Any) -> list[Any]:
    with begin(open_database(settings.database_url)) as db:
        return list(db.execute(select(table)))


def test_a_press_is_stored_with_who_and_when_and_labels(reader: Reader, settings: Settings) -> None:
    assert reader.press("relevant").status_code == 200
    (told,) = reader.wait(1)
    assert told.startswith("Noted as relevant")
    (press,) = rows(settings, tables.presses)
    assert (press.person, press.person_name, press.press, press.story_id) == ("U1", "anna", "relevant", 1)
    assert abs(press.pressed_at - NOW) < timedelta(hours=2)
    with begin(open_database(settings.database_url)) as db:
        (label,) = labels.of_article(db, 1)
    assert (label.verdict, label.topic, label.labelled_by, label.via) == (
        Verdict.YES, "sanctions", "anna (U1)", "slack",
    )  # fmt: skip
    assert label.shown.sentence == "The council adopted sanctions."


def test_a_double_press_counts_once_and_a_change_of_mind_counts(reader: Reader, settings: Settings) -> None:
    for number, button in enumerate(("relevant", "relevant", "not_relevant", "relevant"), 1):
        reader.press(button)
        told = reader.wait(number)
    assert told[1] == AGAIN
    assert [row.press for row in rows(settings, tables.presses)] == ["relevant", "not_relevant", "relevant"]
    with begin(open_database(settings.database_url)) as db:
        assert [label.verdict for label in labels.of_article(db, 1)] == [Verdict.YES]


def test_two_people_count_twice(reader: Reader, settings: Settings) -> None:
    reader.press("relevant")
    reader.press("wrong_topic", user=BEN)
    reader.wait(2)
    with begin(open_database(settings.database_url)) as db:
        found = {label.labelled_by: label.verdict for label in labels.of_article(db, 1)}
    assert found == {"anna (U1)": Verdict.YES, "ben (U2)": Verdict.NO}


@pytest.mark.parametrize("token", [OLD, "no-such-token"])
@pytest.mark.parametrize("button", ["relevant", "acknowledge", "mute"])
def test_a_press_after_expiry_changes_nothing(
    reader: Reader, settings: Settings, token: str, button: str
) -> None:
    reader.press(button, token)
    assert reader.wait(1) == [GONE]
    assert rows(settings, tables.presses) == rows(settings, tables.labels) == []


@pytest.mark.parametrize(
    "user", [{"id": "U9", "username": "eve", "team_id": "T9"}, {"id": "", "team_id": TEAM}]
)
def test_an_unknown_user_changes_nothing(reader: Reader, settings: Settings, user: dict[str, str]) -> None:
    reader.press("relevant", user=user)
    assert reader.wait(1) == [UNKNOWN]
    answer = reader.submit("story", user=user).json()
    assert answer["errors"] == {"reason": UNKNOWN}
    assert rows(settings, tables.presses) == rows(settings, tables.silences) == []


def test_a_request_is_not_taken_again_after_five_minutes(reader: Reader, settings: Settings) -> None:
    body = reader.body("relevant")
    assert reader.request(body, at=time.time() - 301).status_code == 401
    assert reader.request(body, secret="another").status_code == 401
    assert rows(settings, tables.presses) == []
    assert reader.request(body, at=time.time() - 200).status_code == 200
    assert reader.request(body).status_code == 200  # replayed in time: taken, and counted once
    reader.wait(2)
    assert len(rows(settings, tables.presses)) == 1


def test_acknowledging_stops_the_escalation_and_says_so_in_the_thread(
    reader: Reader, settings: Settings
) -> None:
    reader.press("acknowledge")
    assert reader.wait(1) == ["Acknowledged: it will not be escalated."]
    with begin(open_database(settings.database_url)) as db:
        assert outbox.counts(db) == {"sent": 1, "cancelled": 1, "pending": 1}
        later = NOW + timedelta(hours=1)
        assert [d.message.text for d in sending.due(db, later, 10)] == ["Acknowledged by anna"]
    reader.press("acknowledge", user=BEN)
    assert reader.wait(2)[1] == "Acknowledged. No escalation was waiting."


def test_what_nobody_acknowledges_is_escalated(settings: Settings, slack: FakeSlack) -> None:
    assert send(settings) == {}
    with begin(open_database(settings.database_url)) as db:
        outbox.postpone(db, [f"escalation:{STORY}"], NOW - timedelta(seconds=5))
    assert send(settings) == {"sent": 1}
    assert slack.texts("duty") == ["Nobody has seen this"]


def test_a_mute_becomes_a_silence(reader: Reader, settings: Settings, slack: FakeSlack) -> None:
    reader.press("mute")
    deadline = time.monotonic() + 10
    while not slack.views and time.monotonic() < deadline:
        reader.thread.join(0.01)
    (opened,) = slack.views
    view = opened["view"] if isinstance(opened["view"], dict) else json.loads(opened["view"])
    assert view["private_metadata"] == STORY
    reader.submit("topic:sanctions", "1w", "exercise season")
    reader.submit("topic:sanctions", "1w", "exercise season")  # Slack sends again what it got no answer to
    with begin(open_database(settings.database_url)) as db:
        (one,) = silences.active(db, NOW)
        counted = presses.counts(db, NOW - timedelta(hours=1))
    assert (one.matcher.topic, one.owner, one.reason) == ("sanctions", "anna (U1)", "exercise season")
    assert one.expires_at is not None
    assert abs(one.expires_at - NOW - timedelta(weeks=1)) < timedelta(hours=2)
    assert counted == {Press.MUTE: 1}
    reader.submit("story", "ever", form="V2")
    with begin(open_database(settings.database_url)) as db:
        assert silences.active(db, NOW)[1].matcher.story_id == 1


def test_trouble_with_the_database_is_told(slack: FakeSlack, settings: Settings, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from fixtures_outbox import changed

    broken = Reader(changed(settings, database_url=f"sqlite:///{tmp_path}/none/none.db"), slack)
    broken.press("relevant")
    assert broken.wait(1) == [TROUBLE]
    broken.stop()


def test_the_command(reader: Reader) -> None:
    assert "*Outbox* 1 waiting" in reader.ask("status")
    assert "Sanctions" in reader.ask("topics")
    why = reader.ask("why 1")
    assert why.startswith("*Story 1: ")
    assert "\nSanctions: score 0.80, threshold 0.50, severity high, article 1 of " in why
    assert "\nMessage in #desk (Sanctions), by route all: sent " in why
    assert reader.ask("why 99") == "no story 99: `monitor search` shows the numbers"
    assert reader.ask("search nothing-like-it") == "Nothing found for nothing-like-it."
    assert reader.ask("search <!channel>") == "Nothing found for &lt;!channel&gt;."
    found = reader.ask("search title").splitlines()
    assert sorted(found)[0].startswith("• <https://news.example/1?ref=rss|Title 1>"), found
    assert reader.ask("search").startswith("Write what to look for")
    assert reader.ask("mute") == "Nothing is muted."
    assert reader.ask('mute topic sanctions 4h "too much"') == "Muted as 1: `/monitor mute end 1` ends it."
    assert "topic sanctions" in reader.ask("mute")
    assert reader.ask("mute end 1") == "Silence 1 has ended."
    assert reader.ask("mute end 1") == "No silence 1 is in force."
    assert reader.ask("mute topic sanctions") == reader.ask("mute topic sanctions 3y noise") == HELP
    assert reader.ask("status", user={"id": "U9", "username": "eve", "team_id": "T9"}) == UNKNOWN
    assert "/monitor status" in reader.ask("") == reader.ask("dance")


def test_the_home(reader: Reader, slack: FakeSlack) -> None:
    event = {
        "type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event_time": 1,
        "event": {"type": "app_home_opened", "user": "U1", "tab": "home", "channel": "D1", "event_ts": "1"},
    }  # fmt: skip
    assert reader.request(json.dumps(event)).status_code == 200
    deadline = time.monotonic() + 10
    while not slack.views and time.monotonic() < deadline:
        reader.thread.join(0.01)
    (published,) = slack.views
    text = json.dumps(published)
    for part in ("Outbox", "Last success", "Topics", "Nothing is muted"):
        assert part in text
