"""The door to what readers do in Slack: buttons, the form behind "Mute", `/monitor`, the App Home.

What a press does is decided elsewhere and handed in as `Answers`; Slack gets its acknowledgement first,
within its three seconds. How requests come in is in `ways.py`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient

from monitor.alerts.presses import GONE, MUTE_FORM
from monitor.errors import Misconfigured, MonitorError
from monitor.records import Json, Person, Press

log = logging.getLogger("monitor")

BUTTONS = re.compile("^(" + "|".join(Press) + ")$")
UNKNOWN = "This is for members of the workspace whose alerts these are: nothing was changed."
TROUBLE = "That could not be stored; please try again in a minute."


@dataclass(frozen=True, slots=True)
class Answers:
    """What is done with what readers say. Each may raise a `MonitorError`.

    Attributes:
        press: token, button, person; returns what to tell the person.
        form: token; the form behind "Mute", None where the message is too old.
        mute: token, values of the form, Slack's id of it, person; what to tell the person.
        command: the text after `/monitor`, person; the answer in mrkdwn.
        home: the view of the App Home.
    """

    press: Callable[[str, Press, Person], str]
    form: Callable[[str], Json | None]
    mute: Callable[[str, Mapping[str, str], str, Person], str]
    command: Callable[[str, Person], str]
    home: Callable[[], Json]


def create_app(client: WebClient, answers: Answers, *, secret: str = "", team: str = "") -> App:
    """The Bolt app over a connection to Slack.

    Args:
        secret: the signing secret, for requests over HTTP; Socket Mode needs none.
        team: the workspace; whoever comes from another one is refused. Asked for where not given.

    Raises:
        Misconfigured: Slack refuses the token.
    """
    try:
        team = team or str(client.auth_test().get("team_id") or "")
    except Exception as error:  # the door: whatever it is, the listener cannot begin
        token = client.token or "-"
        why = " ".join(str(error).split()).replace(token, "***")[:200]
        cure = "check MONITOR_SLACK_TOKEN with `monitor doctor`"
        raise Misconfigured(f"Slack does not take the listener's token ({why}): {cure}") from None
    app = App(
        client=client,
        signing_secret=secret or "not used in Socket Mode",
        request_verification_enabled=bool(secret),
        token_verification_enabled=False,
        logger=log,
    )
    _Desk(answers, team).open(app)
    return app


class _Desk:
    """The handlers of an app."""

    def __init__(self, answers: Answers, team: str) -> None:
        self._answers = answers
        self._team = team

    def open(self, app: App) -> None:
        app.action(BUTTONS)(self.pressed)
        app.action(re.compile(".*"))(_ignored)  # links of ours are buttons to Slack too
        app.view(MUTE_FORM)(self.sent)
        app.command("/monitor")(self.asked)
        app.event("app_home_opened")(self.opened)

    def _person(self, body: Mapping[str, Any]) -> Person | None:
        """Who it was; None for somebody from elsewhere."""
        user = body.get("user") or {}
        named = {"id": body.get("user_id"), "username": body.get("user_name"), "team_id": body.get("team_id")}
        user = {**named, **user} if isinstance(user, Mapping) else named
        home = str(user.get("team_id") or (body.get("team") or {}).get("id") or "")
        id_ = str(user.get("id") or "")
        if not id_ or (self._team and home != self._team):
            return None
        return Person(id_, str(user.get("username") or user.get("name") or ""), home)

    def pressed(self, ack: Any, body: Mapping[str, Any], client: Any, respond: Any) -> None:
        ack()
        action = body["actions"][0]
        person, token = self._person(body), str(action.get("value") or "")
        button = Press(action["action_id"])
        if person is None:
            _tell(respond, UNKNOWN)
        elif button is Press.MUTE:
            form = _safely(lambda: self._answers.form(token))
            if isinstance(form, Mapping):
                client.views_open(trigger_id=body["trigger_id"], view=dict(form))
            else:
                _tell(respond, form or GONE)
        else:
            _tell(respond, _safely(lambda: self._answers.press(token, button, person)))

    def sent(self, ack: Any, body: Mapping[str, Any], view: Mapping[str, Any]) -> None:
        """The form of a mute. What went wrong stands in the form, which stays open."""
        person = self._person(body)
        if person is None:
            ack(response_action="errors", errors={"reason": UNKNOWN})
            return
        values = _values(view)
        said = _safely(lambda: self._answers.mute(view["private_metadata"], values, str(view["id"]), person))
        if said in {GONE, TROUBLE}:
            ack(response_action="errors", errors={"reason": said})
        else:
            ack()

    def asked(self, ack: Any, body: Mapping[str, Any]) -> None:
        person = self._person(body)
        text = str(body.get("text") or "")
        said = UNKNOWN if person is None else _safely(lambda: self._answers.command(text, person))
        ack(response_type="ephemeral", text=str(said)[:2_900])

    def opened(self, event: Mapping[str, Any], client: Any) -> None:
        if event.get("tab", "home") == "home":
            client.views_publish(user_id=event["user"], view=dict(self._answers.home()))


def _safely(work: Callable[[], Any]) -> Any:
    """What the work gives; an error of ours is logged and becomes a line for the reader."""
    try:
        return work()
    except MonitorError as error:
        log.error("listen: %s", error)
        return TROUBLE


def _tell(respond: Any, text: Any) -> None:
    """To the one who pressed; the message stays as it is."""
    respond(text=str(text), response_type="ephemeral", replace_original=False)


def _ignored(ack: Any) -> None:
    ack()


def _values(view: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for block in view["state"]["values"].values():
        for name, field in block.items():
            chosen = field.get("selected_option") or {}
            found[name] = str(chosen.get("value") or field.get("value") or "")
    return found
