"""What readers say about alerts in Slack."""

from __future__ import annotations

from enum import StrEnum


class Press(StrEnum):
    """The buttons of an alert, in their order."""

    ACKNOWLEDGE = "acknowledge"  # seen: nobody else needs to be told
    RELEVANT = "relevant"
    NOT_RELEVANT = "not_relevant"
    WRONG_TOPIC = "wrong_topic"
    DUPLICATE = "duplicate"  # its event has been told of already
    MUTE = "mute"  # opens a form; what is muted is a silence
