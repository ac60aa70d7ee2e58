"""The buttons under an alert, and what a press on one is called (pure).

A button carries the opaque token of its story's message and nothing that a reader could forge: whose
story it is, and what may be done with it, the database says.
"""

from __future__ import annotations

from monitor.records import Json, Press

BLOCK = "monitor_buttons"
PREFIX = "monitor_"
_LABELS = {
    Press.RELEVANT: "Relevant",
    Press.NOT_RELEVANT: "Not relevant",
    Press.WRONG_TOPIC: "Wrong topic",
    Press.DUPLICATE: "Duplicate",
    Press.MUTE: "Mute…",
    Press.ACKNOWLEDGE: "Acknowledge",
}


def buttons(token: str, *, acknowledge: bool = False) -> Json:
    """The row of buttons under an alert.

    Args:
        token: of the story's message, at most 2,000 characters.
        acknowledge: whether the alert waits for somebody to say that it is seen.
    """
    wanted = [press for press in Press if acknowledge or press is not Press.ACKNOWLEDGE]
    return {"type": "actions", "block_id": BLOCK, "elements": [_button(press, token) for press in wanted]}


def _button(press: Press, token: str) -> Json:
    label = {"type": "plain_text", "text": _LABELS[press], "emoji": False}
    style = {"style": "primary"} if press is Press.ACKNOWLEDGE else {}
    return {"type": "button", "action_id": action_id(press), "text": label, "value": token} | style


def action_id(press: Press) -> str:
    """The name of a press in what Slack sends: `monitor_relevant`."""
    return f"{PREFIX}{press}"


def press_of(action_id: str) -> Press | None:
    """The press of that name; None for a button that is not ours."""
    name = action_id.removeprefix(PREFIX)
    known = {str(press): press for press in Press}
    return known.get(name) if action_id.startswith(PREFIX) else None


def label(press: Press) -> str:
    """What stands on the button."""
    return _LABELS[press]
