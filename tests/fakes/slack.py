"""A Slack on loopback that is as strict as Slack: tokens, scopes, channels, blocks, rates, metadata.

    with FakeSlack(token="xoxb-1", channels=("news",)) as slack:
        slack.faults.append("drop_after")        # the next post is stored, then the connection breaks
        connect("xoxb-1", slack.url).post("#news", message, "id-1")
        assert slack.messages[0]["text"] == message.text

Faults are taken from the queue `faults`, one for each chat.postMessage; `read_faults` are those of the
other methods:

    drop_before     the connection breaks, nothing is stored
    drop_after      stored, then the connection breaks
    cut_after       stored, then the connection breaks in the middle of the answer
    http_500_before, http_500_after
    garbage_after   stored, then an answer that is not JSON
    slow            stored, answered after `delay` seconds
    429             refused with Retry-After `retry_after`, 7 unless that is set
    error:CODE      refused with that code
    error_after:CODE

`upload_faults`, of the bytes of a file, are those that end in `_before`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from fakes import conversations, uploads
from fakes.blocks import Refused, need
from fakes.conversations import BOT
from fakes.slack_server import Server

SCOPES = ("chat:write", "channels:read", "channels:history", "groups:read", "groups:history")
TEAM = "T1"


class FakeSlack:
    """One workspace.

    Args:
        token: the one token that is valid.
        channels: names of the channels that the bot is a member of.
        outside: names of channels that exist without it.
        archived: names of archived channels.
        scopes: what the app was granted.
        rate: posts a second and channel that are taken, None for any number. A fifth of a second's
            posts may come at once, at least one.
        page: the most entries of one page.
    """

    def __init__(
        self,
        token: str = "xoxb-test",
        channels: tuple[str, ...] = ("news-monitor",),
        *,
        outside: tuple[str, ...] = (),
        archived: tuple[str, ...] = (),
        scopes: tuple[str, ...] = SCOPES,
        rate: float | None = 1.0,
        page: int = 200,
    ) -> None:
        self.token, self.scopes, self.rate, self.page = token, scopes, rate, page
        names = (*channels, *outside, *archived)
        self.ids = {name: f"C{number:08d}" for number, name in enumerate(names, 1)}
        self.joined, self.archived = set(channels) | set(archived), set(archived)
        self.messages: list[dict[str, Any]] = []
        self.edits: list[tuple[str, str]] = []  # ts and new text
        self.files: dict[str, dict[str, Any]] = {}
        self.slow_files = 0  # posts that are refused since Slack is not done with their picture
        self.upload_faults: deque[str] = deque()  # of the second step of an upload
        self.app_token = self.socket_url = ""  # of Socket Mode
        self.views: list[dict[str, Any]] = []
        self.locked: set[str] = set()  # threads that take no more answers
        self.calls: list[str] = []
        self.refusals: list[tuple[str, str]] = []  # error codes with their reasons
        self.faults: deque[str] = deque()
        self.read_faults: deque[str] = deque()
        self.delay = 0.5
        self.retry_after = 7
        self.uploads = 0
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server = Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/api/"

    def __enter__(self) -> FakeSlack:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def texts(self, channel: str | None = None) -> list[str]:
        """The texts of the messages, of one channel where that is given."""
        wanted = self.ids[channel] if channel else None
        return [m["text"] for m in self.messages if wanted in {None, m["channel"]}]

    def linger(self) -> None:
        """Wait `delay` seconds, or until the server stops."""
        self._stopped.wait(self.delay)

    def answer(
        self, method: str, token: str, args: dict[str, Any]
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Status, body and headers for one call."""
        with self._lock:
            try:
                return 200, {"ok": True} | self._answer(method, token, args), {}
            except Refused as refusal:
                code, why = refusal.args
                self.refusals.append((code, why))
                if code == "ratelimited":
                    return 429, {"ok": False, "error": code}, {"Retry-After": "1"}
                return 200, {"ok": False, "error": code, "why": why}, {}

    def _answer(self, method: str, token: str, args: dict[str, Any]) -> dict[str, Any]:
        need(method == "apps.connections.open" or method in METHODS, method, "unknown_method")
        need(bool(token), "no token", "not_authed")
        if method == "apps.connections.open":
            need(token == self.app_token, "another app token", "invalid_auth")
            return {"url": self.socket_url}
        need(token == self.token, "another token", "invalid_auth")
        scope, call = METHODS[method]
        need(scope in {"", *self.scopes}, scope, "missing_scope")
        return call(self, args)

    def take_bytes(self, id_: str, content: bytes) -> bool:
        """The second step of an upload; whether the bytes are as many as were announced."""
        with self._lock:
            return uploads.take_bytes(self, id_, content)

    def spend(self, name: str) -> None:
        """Count a post to a channel; refuse what is too fast."""
        if self.rate is None:
            return
        most = max(1.25, self.rate / 5)  # a quarter: two clocks never agree
        now = time.monotonic()
        left, at = self._buckets.get(name, (most, now))
        left = min(most, left + (now - at) * self.rate)
        self._buckets[name] = (left, now)
        need(left >= 1, f"faster than {self.rate} a second", "ratelimited")
        self._buckets[name] = (left - 1, now)


def _who(_slack: FakeSlack, _args: dict[str, Any]) -> dict[str, Any]:
    return {"user": "news-monitor", "team": "Test Desk", "team_id": TEAM, "bot_id": BOT}


def _open_view(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    slack.views.append(args | {"method": "views.open"})
    return {"view": {"id": f"V{len(slack.views)}"}}


def _publish_view(slack: FakeSlack, args: dict[str, Any]) -> dict[str, Any]:
    slack.views.append(args | {"method": "views.publish"})
    return {"view": {"id": f"V{len(slack.views)}"}}


METHODS: dict[str, tuple[str, Callable[[FakeSlack, dict[str, Any]], dict[str, Any]]]] = {
    "auth.test": ("", _who),
    "chat.postMessage": ("chat:write", conversations.post),
    "chat.update": ("chat:write", conversations.update),
    "chat.delete": ("chat:write", conversations.delete),
    "conversations.list": ("channels:read", conversations.channel_list),
    "conversations.info": ("channels:read", conversations.channel_info),
    "conversations.history": ("channels:history", conversations.history),
    "conversations.replies": ("channels:history", conversations.replies),
    "files.getUploadURLExternal": ("files:write", uploads.begin),
    "files.completeUploadExternal": ("files:write", uploads.finish),
    "files.delete": ("files:write", uploads.delete),
    "views.open": ("", _open_view),
    "views.publish": ("", _publish_view),
}
"""Each method with the scope that it needs and what it does."""
