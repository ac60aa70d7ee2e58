"""As much of HTTP/1.1 as a server of ready-made answers needs: GET, HEAD, keep-alive, conditions.

Validators are compared as RFC 9110 section 13 says: If-None-Match first, If-Modified-Since where it is
absent.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

HEADER_LIMIT = 65_536  # bytes of one request


@dataclass(frozen=True, slots=True)
class Answer:
    """A document with its type and validators."""

    body: bytes
    content_type: str
    last_modified: str
    etag: str


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    keep_alive: bool


@dataclass(slots=True)
class Site:
    """What the connections of one server share."""

    find: Callable[[str], Answer | None]
    latency: Callable[[], float]  # seconds
    served: Counter[int]
    open: set[asyncio.Transport] = field(default_factory=set)


class Connection(asyncio.Protocol):
    """One client: its requests are answered in turn, each after the latency of that moment."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._received = bytearray()
        self._waiting: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        peer = transport.get_extra_info("peername")
        if not peer or not ipaddress.ip_address(peer[0]).is_loopback:
            transport.abort()  # a sample server has nothing to say to the network
            return
        self._transport = transport
        self._site.open.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        if self._transport:
            self._site.open.discard(self._transport)
        self._transport = None
        if self._waiting:
            self._waiting.cancel()

    def data_received(self, data: bytes) -> None:  # the name is asyncio's
        self._received += data
        self._next()

    def _next(self) -> None:
        """Takes up the next whole request, unless one is being answered."""
        if self._waiting or self._transport is None:
            return
        end = self._received.find(b"\r\n\r\n")
        if end < 0 and len(self._received) <= HEADER_LIMIT:
            return
        request = read_request(bytes(self._received[:end])) if 0 <= end <= HEADER_LIMIT else None
        del self._received[: end + 4 if end >= 0 else None]
        loop = asyncio.get_running_loop()
        self._waiting = loop.call_later(self._site.latency(), self._send, request)

    def _send(self, request: Request | None) -> None:
        self._waiting = None
        if self._transport is None:
            return
        status, content = respond(request, self._site.find)
        self._site.served[status] += 1
        self._transport.write(content)
        if request is None or not request.keep_alive:
            self._transport.close()
        else:
            self._next()


def read_request(head: bytes) -> Request | None:
    """A request from its head, without the empty line; None where it is not HTTP/1."""
    first, *lines = head.decode("latin-1").split("\r\n")
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        return None
    headers = {}
    for line in lines:
        name, _, text = line.partition(":")
        headers[name.strip().lower()] = text.strip()
    method, target, version = parts
    wish = headers.get("connection", "").lower()
    keep_alive = "close" not in wish and (version != "HTTP/1.0" or "keep-alive" in wish)
    return Request(method, target, headers, keep_alive)


def respond(request: Request | None, find: Callable[[str], Answer | None]) -> tuple[int, bytes]:
    """The status and the bytes to send."""
    if request is None:
        return 400, _message(400, b"not an HTTP request\n", ["Connection: close"])
    if request.method not in {"GET", "HEAD"}:
        return 405, _message(405, b"only GET and HEAD\n", ["Allow: GET, HEAD"])
    answer = find(request.target)
    if answer is None:
        return 404, _message(404, b"there is no such page here\n", [], request.method == "HEAD")
    validators = [f"ETag: {answer.etag}", f"Last-Modified: {answer.last_modified}"]
    if unchanged(request.headers, answer):
        return 304, _message(304, b"", validators)
    headers = [*validators, f"Content-Type: {answer.content_type}"]
    return 200, _message(200, answer.body, headers, request.method == "HEAD")


def unchanged(headers: dict[str, str], answer: Answer) -> bool:
    """Whether the client has this very document already."""
    if (tags := headers.get("if-none-match")) is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in known or answer.etag in known
    try:
        since = parsedate_to_datetime(headers.get("if-modified-since", ""))
        return parsedate_to_datetime(answer.last_modified) <= since
    except (TypeError, ValueError):  # none given, or none that RFC 9110 asks us to understand
        return False


def _message(status: int, body: bytes, headers: list[str], head_only: bool = False) -> bytes:
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Date: {format_datetime(datetime.now(UTC), usegmt=True)}",
    ]
    if status != 304:
        lines.append(f"Content-Length: {len(body)}")
        if not any(line.startswith("Content-Type") for line in headers):
            lines.append("Content-Type: text/plain; charset=utf-8")
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + (b"" if head_only else body)
