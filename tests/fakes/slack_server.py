"""The HTTP side of the fake Slack: reads calls, and breaks connections and answers as the faults say."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

if TYPE_CHECKING:
    from fakes.slack import FakeSlack


class Server(ThreadingHTTPServer):
    """A server on loopback for one workspace."""

    def __init__(self, slack: FakeSlack) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.slack = slack


class Answers(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.close_connection = True
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        if address.path.startswith("/upload/"):
            self._upload(address.path.removeprefix("/upload/"), content)
        else:
            self._call(address, content.decode())

    do_GET = do_POST

    def _upload(self, id_: str, content: bytes) -> None:
        slack = self.server.slack
        fault = slack.upload_faults.popleft() if slack.upload_faults else ""
        if not self._before(fault):
            taken = slack.take_bytes(id_, content)
            self._reply(200 if taken else 400, b"OK - 1" if taken else b"wrong length")

    def _call(self, address: SplitResult, body: str) -> None:
        slack = self.server.slack
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
            self._reply(
                429,
                b'{"ok": false, "error": "ratelimited"}',
                {"Retry-After": str(self.server.slack.retry_after)},
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
            self._reply(200, json.dumps({"ok": False, "error": fault.removeprefix("error_after:")}).encode())
        else:
            assert fault in {"", "slow"}, f"no such fault: {fault}"
            if fault == "slow":
                self.server.slack.linger()
            self._reply(status, body, headers)

    def _reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        kept = {"Content-Length": str(len(body)), "Content-Type": "application/json; charset=utf-8"}
        kept["X-OAuth-Scopes"] = ",".join(self.server.slack.scopes)
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
