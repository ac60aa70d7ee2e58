"""The door to Slack's files: a picture goes there in three calls, and is shown in no channel by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from monitor.errors import Permanent, Transient

if TYPE_CHECKING:
    from monitor.alerts.slack import Slack

WHAT = "room for a chart"
SCHEMES = {"http", "https"}
GONE = ("file_not_found", "file_deleted")


def begin(slack: Slack, name: str, length: int) -> tuple[str, str]:
    """Announce a file of `length` bytes; its id, and the address that takes the bytes.

    Raises:
        Transient: Slack cannot take it now.
        Permanent: the app may not upload files.
        Misconfigured: the token is refused.
    """
    asked = {"filename": name, "length": length}
    try:
        answer = slack.ask(slack.client.files_getUploadURLExternal, WHAT, asked)
    except Permanent as error:
        cure = "give it the scope files:write and reinstall it, see docs/slack.md"
        raise Permanent(f"the Slack app may not upload files: {cure}") from error
    return str(answer["file_id"]), str(answer["upload_url"])


def finish(slack: Slack, file_id: str, url: str, content: bytes, title: str) -> None:
    """Send the bytes of a file and say that they are all; it is shown in no channel.

    Raises:
        Transient, Permanent, Misconfigured: as `begin`.
    """
    if urlsplit(url).scheme not in SCHEMES:
        raise Permanent("Slack gave no web address for a chart: it goes without")
    # Not by the SDK: its call for this takes no proxy from the environment.
    request = Request(url, data=content, headers={"Content-Type": "image/png"}, method="POST")
    try:
        with urlopen(request, timeout=slack.client.timeout) as answer:
            answer.read(1_000)
    except (URLError, OSError, ValueError) as error:
        raise Transient(f"Slack did not take a chart ({type(error).__name__}): try again later") from error
    files = [{"id": file_id, "title": title}]
    slack.ask(slack.client.files_completeUploadExternal, WHAT, {"files": files})


def discard(slack: Slack, file_id: str) -> None:
    """Delete a file of ours; nothing happens where Slack has no such file.

    Raises:
        Transient, Misconfigured: as `begin`.
    """
    try:
        slack.ask(slack.client.files_delete, WHAT, {"file": file_id})
    except Permanent:
        return
    except Transient as error:
        if not any(code in str(error) for code in GONE):
            raise
