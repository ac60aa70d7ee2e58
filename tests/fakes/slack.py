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
    429             refused with Retry-After 7
    error:CODE      refused with that code
    error_after:CODE
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fakes.blocks import Refused, need, validate

SCOPES = ("chat:write", "channels:read", "channels:history", "groups:read", "groups:history")
METHODS = {
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "conversations.list": "channels:read",
    "conversations.history": "channels:history",
}
POST_KEYS = set("channel text blocks metadata unfurl_links unfurl_media token".split())


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
        self.calls: list[str] = []
        self.refusals: list[tuple[str, str]] = []  # error codes with their reasons
        self.faults: deque[str] = deque()
        self.read_faults: deque[str] = deque()
        self.delay = 0.5
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answers_for(self))
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
        need(method in METHODS, method, "unknown_method")
        need(bool(token), "no token", "not_authed")
        need(token == self.token, "another token", "invalid_auth")
        scope = METHODS[method]
        need(scope is None or scope in self.scopes, str(scope), "missing_scope")
        if method == "auth.test":
            return {"user": "news-monitor", "team": "Test Desk", "bot_id": "B1"}
        if method == "chat.postMessage":
            return self._post(args)
        return self._list(args) if method == "conversations.list" else self._history(args)

    def _channel(self, args: dict[str, Any]) -> str:
        """The name of the channel that the call names, where the bot may be."""
        wanted = str(args.get("channel", "")).removeprefix("#")
        name = next((n for n, id_ in self.ids.items() if wanted in {n, id_}), None)
        need(name is not None, wanted, "channel_not_found")
        assert name is not None
        need(name in self.joined, name, "not_in_channel")
        return name

    def _post(self, args: dict[str, Any]) -> dict[str, Any]:
        need(not args.keys() - POST_KEYS, f"{args.keys() - POST_KEYS}", "invalid_arguments")
        name = self._channel(args)
        need(name not in self.archived, name, "is_archived")
        text, blocks = args.get("text") or "", args.get("blocks")
        need(bool(text.strip()), "no text: a notification would be empty", "no_text")
        need(len(text) <= 40_000, f"{len(text)} characters", "msg_too_long")
        if "blocks" in args:
            validate(blocks, len(json.dumps(blocks)))
        _metadata(args.get("metadata"))
        for flag in ("unfurl_links", "unfurl_media"):
            need(
                args.get(flag) is False,
                f"{flag} is not off: a preview each floods the channel",
                "invalid_arguments",
            )
        self._spend(name)
        ts = f"{time.time():.6f}"
        while any(message["ts"] == ts for message in self.messages):
            ts = f"{float(ts) + 1e-6:.6f}"
        message = {"type": "message", "bot_id": "B1", "channel": self.ids[name], "ts": ts, "text": text}
        self.messages.append(message | {"blocks": blocks or [], "metadata": args.get("metadata")})
        return {"channel": self.ids[name], "ts": ts, "message": message}

    def _spend(self, name: str) -> None:
        if self.rate is None:
            return
        most = max(1.25, self.rate / 5)  # a quarter: two clocks never agree
        now = time.monotonic()
        left, at = self._buckets.get(name, (most, now))
        left = min(most, left + (now - at) * self.rate)
        self._buckets[name] = (left, now)
        need(left >= 1, f"faster than {self.rate} a second", "ratelimited")
        self._buckets[name] = (left - 1, now)

    def _list(self, args: dict[str, Any]) -> dict[str, Any]:
        need(
            "groups:read" in self.scopes or "private" not in args.get("types", ""),
            "groups:read",
            "missing_scope",
        )
        found = [
            {"id": id_, "name": name, "is_member": name in self.joined, "is_archived": name in self.archived}
            for name, id_ in self.ids.items()
        ]
        return self._paged("channels", found, args)

    def _history(self, args: dict[str, Any]) -> dict[str, Any]:
        need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
        channel = self.ids[self._channel(args)]
        oldest = float(args.get("oldest") or 0)
        hidden = set() if str(args.get("include_all_metadata")) in {"1", "true", "True"} else {"metadata"}
        found = [
            {key: value for key, value in message.items() if key not in hidden | {"channel"}}
            for message in reversed(self.messages)
            if message["channel"] == channel and float(message["ts"]) > oldest
        ]
        return self._paged("messages", found, args)

    def _paged(self, key: str, found: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
        start = int(args.get("cursor") or 0)
        end = start + min(int(args.get("limit") or 100), self.page)
        cursor = str(end) if end < len(found) else ""
        return {key: found[start:end], "response_metadata": {"next_cursor": cursor}}


def _metadata(metadata: Any) -> None:
    if metadata is None:
        return
    code = "invalid_metadata_format"
    need(isinstance(metadata, dict) and metadata.keys() == {"event_type", "event_payload"}, "its keys", code)
    need(re.fullmatch(r"\w{1,255}", metadata["event_type"]) is not None, "event_type", code)
    payload = metadata["event_payload"]
    need(isinstance(payload, dict), "event_payload", code)
    need(all(isinstance(value, str | int | bool) for value in payload.values()), "nested payload", code)
    need(len(json.dumps(metadata)) <= 8_000, "too large", "metadata_too_large")


def _answers_for(slack: FakeSlack) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.close_connection = True
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            address = urlsplit(self.path)
            method = address.path.removeprefix("/api/")
            slack.calls.append(method)
            args: dict[str, Any] = dict(parse_qsl(address.query))
            if self.headers.get("Content-Type", "").startswith("application/json"):
                args |= json.loads(body or "{}")
            else:
                args |= dict(parse_qsl(body))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            queue = slack.faults if method == "chat.postMessage" else slack.read_faults
            fault = queue.popleft() if queue else ""
            if not self._before(fault):
                self._after(fault, slack.answer(method, token, args))

        def _before(self, fault: str) -> bool:
            """Faults that keep the call from having any effect; true where one did."""
            if fault == "drop_before":
                self.connection.shutdown(socket.SHUT_RDWR)
            elif fault == "http_500_before":
                self._reply(500, b"upstream broke")
            elif fault == "429":
                self._reply(429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": "7"})
            elif fault.startswith("error:"):
                self._reply(200, json.dumps({"ok": False, "error": fault.removeprefix("error:")}).encode())
            else:
                return False
            return True

        def _after(self, fault: str, answer: tuple[int, dict[str, Any], dict[str, str]]) -> None:
            status, found, headers = answer
            body = json.dumps(found).encode()
            if fault == "drop_after":
                self.connection.shutdown(socket.SHUT_RDWR)
            elif fault == "cut_after":
                self._reply(status, body[: len(body) // 2], {"Content-Length": str(len(body))})
            elif fault == "http_500_after":
                self._reply(503, b'{"ok": false, "error": "service_unavailable"}')
            elif fault == "garbage_after":
                self._reply(200, b"<html>Sign in to the network</html>")
            elif fault.startswith("error_after:"):
                self._reply(
                    200, json.dumps({"ok": False, "error": fault.removeprefix("error_after:")}).encode()
                )
            else:
                assert fault in {"", "slow"}, f"no such fault: {fault}"
                if fault == "slow":
                    slack.linger()
                self._reply(status, body, headers)

        def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            kept = {"Content-Length": str(len(body)), "Content-Type": "application/json; charset=utf-8"}
            kept["X-OAuth-Scopes"] = ",".join(slack.scopes)
            try:
                self.send_response(status)
                for name, text in (kept | (headers or {}) | {"Connection": "close"}).items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the caller did not wait: that is what "slow" is for
                pass

        def log_message(self, *_: object) -> None:
            pass

    return Answers
