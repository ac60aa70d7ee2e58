"""The pictures of a message on their way to Slack: there before the message is, and once.

Slack has no upload that can be repeated, so the id of a file is stored before its bytes are sent. Where
an upload was begun and nobody knows its end, the file is deleted and a new one made: whatever dies at
whatever line, a channel shows one picture and Slack keeps one file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import Permanent, Transient
from monitor.pipeline.desk import Desk, log
from monitor.records import Delivery, Message, Picture, Posted, PostOutcome
from monitor.store import outbox
from monitor.store import pictures as rows

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

REST = timedelta(seconds=30)  # after an upload that broke
PATIENCE = timedelta(minutes=15)  # then the message goes without its picture
FRESH = timedelta(minutes=2)  # Slack works on a file for some seconds, and refuses messages with it
NOT_READY = Posted(
    PostOutcome.RATE_LIMITED,
    error="Slack is not done with the chart",
    retry_after=timedelta(seconds=4),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as Slack gets it. `fresh`: one of its pictures came just now and may not be ready."""

    message: Message
    fresh: bool = False


def keys_of(message: Message) -> list[str]:
    """The keys of the pictures that a message shows."""
    return [str(block["slack_file"]["id"]) for block in message.blocks if "slack_file" in block]


def shown(desk: Desk, slack: Slack, mine: Delivery) -> Shown | None:
    """The message with the files of its pictures, which are uploaded where they are not in Slack yet.

    A picture that is not to be had is left out.

    Returns:
        None where an upload broke: the message rests and is tried again later.

    Raises:
        Misconfigured: the token is refused.
    """
    keys = keys_of(mine.message)
    if not keys:
        return Shown(mine.message)
    with desk.begin() as db:
        known = rows.of_keys(db, keys)
    files: dict[str, str] = {}
    fresh = False
    for key in keys:
        try:
            if key not in known:
                raise Permanent("the picture is not kept any more")
            found = _in_slack(desk, slack, known[key])
        except Permanent as error:
            log.warning("deliver: message %d goes without its chart: %s", mine.id, error)
            continue
        except Transient as error:
            log.warning("deliver: message %d waits for its chart: %s", mine.id, error)
            if slack.now() - mine.created_at < PATIENCE:
                with desk.begin() as db:
                    outbox.postpone(db, [mine.dedup_key], slack.now() + REST)
                return None
            continue
        files[key] = found.file_id
        fresh |= found.uploaded_at is not None and slack.now() - found.uploaded_at < FRESH
    return Shown(_with_files(mine.message, files), fresh)


def _in_slack(desk: Desk, slack: Slack, picture: Picture) -> Picture:
    """The picture with its file, uploaded if need be."""
    from monitor.alerts import uploads

    if picture.uploaded_at is not None:
        return picture
    if picture.file_id:
        uploads.discard(slack, picture.file_id)
    file_id, url = uploads.begin(slack, "chart.png", len(picture.content))
    with desk.begin() as db:
        rows.begun(db, picture.key, file_id)
    uploads.finish(slack, file_id, url, picture.content, "Hits by topic and day")
    now = slack.now()
    with desk.begin() as db:
        rows.uploaded(db, picture.key, now)
    return replace(picture, file_id=file_id, uploaded_at=now)


def _with_files(message: Message, files: dict[str, str]) -> Message:
    blocks = []
    for block in message.blocks:
        if "slack_file" not in block:
            blocks.append(block)
        elif key_file := files.get(str(block["slack_file"]["id"])):
            blocks.append({**block, "slack_file": {"id": key_file}})
    return Message(message.text, tuple(blocks))
