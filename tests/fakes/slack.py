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
    "apps.connections.open": None,  # with the app's token
    "auth.test": None,
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.list": "channels:read",
    "conversations.info": "channels:read",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "views.open": None,
    "views.publish": None,
}
POST_KEYS = set(
    "channel text blocks metadata unfurl_links unfurl_media token thread_ts reply_broadcast".split()
)
UPDATE_KEYS = set("channel ts text blocks metadata token".split())
BOT, TEAM = "B1", "T1"
UPDATE_TEXT = 4_000  # characters; a post takes ten times as many


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
        self._uploads = 0
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
        if method == "apps.connections.open":
            need(token == self.app_token, "another app token", "invalid_auth")
            return {"url": self.socket_url}
        need(token == self.token, "another token", "invalid_auth")
        scope = METHODS[method]
        need(scope is None or scope in self.scopes, str(scope), "missing_scope")
        match method:
            case "auth.test":
                return {"user": "news-monitor", "team": "Test Desk", "team_id": TEAM, "bot_id": BOT}
            case "chat.postMessage":
                return self._post(args)
            case "chat.update":
                return self._update(args)
            case "chat.delete":
                return self._delete(args)
            case "conversations.list":
                return self._list(args)
            case "conversations.info":
                return {"channel": self._info(self._named(args))}
            case "conversations.history":
                return self._history(args)
            case "conversations.replies":
                return self._replies(args)
            case "views.open" | "views.publish":
                self.views.append(args | {"method": method})
                return {"view": {"id": f"V{len(self.views)}"}}
            case _:
                return self._file(method, args)

    def _named(self, args: dict[str, Any]) -> str:
        wanted = str(args.get("channel", "")).removeprefix("#")
        name = next((n for n, id_ in self.ids.items() if wanted in {n, id_}), None)
        need(name is not None, wanted, "channel_not_found")
        assert name is not None
        return name

    def _update(self, args: dict[str, Any]) -> dict[str, Any]:
        need(not args.keys() - UPDATE_KEYS, f"{args.keys() - UPDATE_KEYS}", "invalid_arguments")
        need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
        name = self._channel(args)
        need(name not in self.archived, name, "is_archived")
        mine = [m for m in self.messages if (m["channel"], m["ts"]) == (self.ids[name], args.get("ts"))]
        need(bool(mine), str(args.get("ts")), "message_not_found")
        need(mine[0]["bot_id"] == BOT, "another's", "cant_update_message")
        text, blocks = args.get("text") or "", args.get("blocks")
        need(bool(text.strip()) or bool(blocks), "nothing to show", "no_text")
        need(len(text) <= UPDATE_TEXT, f"{len(text)} characters", "msg_too_long")
        if blocks:
            validate(blocks, len(json.dumps(blocks)))
        _metadata(args.get("metadata"))
        self.edits.append((mine[0]["ts"], text))
        mine[0] |= {"text": text, "edited": {"user": BOT}}
        if blocks is not None:
            mine[0]["blocks"] = blocks
        if args.get("metadata") is not None:
            mine[0]["metadata"] = args["metadata"]
        return {"channel": self.ids[name], "ts": mine[0]["ts"], "text": text}

    def _delete(self, args: dict[str, Any]) -> dict[str, Any]:
        name = self._channel(args)
        mine = [m for m in self.messages if (m["channel"], m["ts"]) == (self.ids[name], args.get("ts"))]
        need(bool(mine), str(args.get("ts")), "message_not_found")
        need(mine[0]["bot_id"] == BOT, "another's", "cant_delete_message")
        self.messages.remove(mine[0])
        return {"channel": self.ids[name], "ts": args["ts"]}

    def _info(self, name: str) -> dict[str, Any]:
        return {
            "id": self.ids[name],
            "name": name,
            "is_member": name in self.joined,
            "is_archived": name in self.archived,
        }

    def _replies(self, args: dict[str, Any]) -> dict[str, Any]:
        need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
        channel, root = self.ids[self._channel(args)], str(args.get("ts"))
        thread = [m for m in self.messages if m["channel"] == channel and root in {m["ts"], m["thread_ts"]}]
        need(bool(thread), root, "thread_not_found")
        oldest = float(args.get("oldest") or 0)
        found = [self._shown(m, args) for m in thread if m["ts"] == root or float(m["ts"]) > oldest]
        return self._paged("messages", found, args)

    def _shown(self, message: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
        hidden = set() if str(args.get("include_all_metadata")) in {"1", "true", "True"} else {"metadata"}
        hidden |= {"channel", "broadcast"} | (set() if message["thread_ts"] else {"thread_ts"})
        answers = sum(m["thread_ts"] == message["ts"] for m in self.messages)
        counted = {"reply_count": answers, "thread_ts": message["ts"]} if answers else {}
        return {key: value for key, value in message.items() if key not in hidden} | counted

    def _file(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        """The three steps of an upload: an address for so many bytes, the bytes, and the end."""
        if method == "files.getUploadURLExternal":
            need(bool(args.get("filename")) and int(args.get("length") or 0) > 0, "what", "invalid_arguments")
            self._uploads += 1
            id_ = f"F{self._uploads:08d}"
            self.files[id_] = {"name": args["filename"], "length": int(args["length"]), "done": False}
            return {"upload_url": self.url.replace("/api/", f"/upload/{id_}"), "file_id": id_}
        if method == "files.delete":
            need(self.files.get(str(args.get("file")), {}).get("done") is True, "no file", "file_not_found")
            del self.files[args["file"]]
            return {}
        wanted = args.get("files")
        wanted = json.loads(wanted) if isinstance(wanted, str) else wanted
        need(isinstance(wanted, list) and bool(wanted), "files", "invalid_arguments")
        for one in wanted:
            file = self.files.get(one.get("id"))
            need(file is not None and "bytes" in file, str(one), "file_not_found")
            file["done"] = True  # type: ignore[index]
        return {"files": [{"id": one["id"], "title": one.get("title", "")} for one in wanted]}

    def take_bytes(self, id_: str, content: bytes) -> bool:
        """The second step of an upload; whether the bytes are as many as were announced."""
        with self._lock:
            file = self.files.get(id_)
            if file is None or len(content) != file["length"]:
                return False
            file["bytes"] = content
            return True

    def _channel(self, args: dict[str, Any]) -> str:
        """The name of the channel that the call names, where the bot may be."""
        name = self._named(args)
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
        for id_ in _pictures(blocks):
            need(self.files.get(id_, {}).get("done") is True, f"no file {id_}", "invalid_blocks")
            self.slow_files -= 1
            need(self.slow_files < 0, f"{id_} is not ready", "invalid_blocks")
        root = args.get("thread_ts")
        if root is not None:
            known = {m["ts"] for m in self.messages if m["channel"] == self.ids[name]}
            need(root in known, f"no message {root}", "thread_not_found")
            need(root not in self.locked, str(root), "restricted_action_thread_locked")
        need(root is not None or not args.get("reply_broadcast"), "no thread", "invalid_arguments")
        self._spend(name)
        ts = f"{time.time():.6f}"
        while any(message["ts"] == ts for message in self.messages):
            ts = f"{float(ts) + 1e-6:.6f}"
        message = {"type": "message", "bot_id": BOT, "channel": self.ids[name], "ts": ts, "text": text}
        more = {"blocks": blocks or [], "metadata": args.get("metadata"), "thread_ts": root}
        self.messages.append(message | more | {"broadcast": bool(args.get("reply_broadcast"))})
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
        return self._paged("channels", [self._info(name) for name in self.ids], args)

    def _history(self, args: dict[str, Any]) -> dict[str, Any]:
        need(re.fullmatch(r"C\d{8}", str(args.get("channel"))) is not None, "not an id", "channel_not_found")
        channel = self.ids[self._channel(args)]
        oldest = float(args.get("oldest") or 0)
        found = [
            self._shown(message, args)
            for message in reversed(self.messages)
            if message["channel"] == channel
            and float(message["ts"]) > oldest
            and (message["thread_ts"] is None or message["broadcast"])
        ]
        return self._paged("messages", found, args)

    def _paged(self, key: str, found: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
        start = int(args.get("cursor") or 0)
        end = start + min(int(args.get("limit") or 100), self.page)
        cursor = str(end) if end < len(found) else ""
        return {key: found[start:end], "response_metadata": {"next_cursor": cursor}}


def _pictures(blocks: Any) -> list[str]:
    """The ids of the files that image blocks show."""
    return [b["slack_file"]["id"] for b in blocks or [] if "id" in b.get("slack_file", {})]


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
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            if address.path.startswith("/upload/"):
                fault = slack.upload_faults.popleft() if slack.upload_faults else ""
                if self._before(fault):
                    return
                taken = slack.take_bytes(address.path.removeprefix("/upload/"), content)
                self._reply(200 if taken else 400, b"OK - 1" if taken else b"wrong length")
                return
            body = content.decode()
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

        do_GET = do_POST

        def _before(self, fault: str) -> bool:
            """Faults that keep the call from having any effect; true where one did."""
            if fault == "drop_before":
                self.connection.shutdown(socket.SHUT_RDWR)
            elif fault == "http_500_before":
                self._reply(500, b"upstream broke")
            elif fault == "429":
                self._reply(
                    429, b'{"ok": false, "error": "ratelimited"}', {"Retry-After": str(slack.retry_after)}
                )
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
