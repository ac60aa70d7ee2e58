"""A web server on loopback that does what the worst ones do, one path each."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qs, unquote, urlsplit

FEED = (
    b'<rss version="2.0"><channel><title>Fictional Gazette</title><item><title>Two states sign a pact</title>'
    b"<link>https://gazette.example/pact</link><guid>1</guid></item></channel></rss>"
)
HTML = b"<!DOCTYPE html><html><head><title>Hello</title></head><body><p>Not a feed.</p></body></html>"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "'
    + b"ha" * 2_000
    + b'"><!ENTITY b "'
    + b"&a;" * 2_000
    + b'">]><rss version="2.0"><channel><title>&b;</title></channel></rss>'
)
ETAG = "W/\"odd 'one'\""
LAST_MODIFIED = "Mon, 23 Nov 2026 10:00:00 GMT"


@cache
def gzip_bomb() -> bytes:
    """200 KB that become 200 MB."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = bytes(1_000_000)
    return b"".join(press.compress(block) for _ in range(200)) + press.flush()


@dataclass(frozen=True)
class Request:
    path: str
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    at: float  # time.monotonic


Act = Callable[[Request, asyncio.StreamWriter], Awaitable[bool]]
"""Answers a request; returns whether the connection stays open."""


@dataclass
class Hostile:
    """A running server; `seen` are the requests that it got."""

    port: int = 0
    scheme: str = "http"
    robots: bytes | int = 404  # the text of /robots.txt, or its status
    files: dict[str, bytes] = field(default_factory=dict)  # more paths, for a test of its own
    acts: dict[str, Act] = field(default_factory=dict)  # paths that do more than answer
    seen: list[Request] = field(default_factory=list)
    bytes_sent: int = 0
    open: int = 0  # connections that it holds, some for a minute after the client has gone

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]


@contextmanager
def hostile_server(tls: ssl.SSLContext | None = None) -> Iterator[Hostile]:
    """A server in a thread of its own on a free port of all loopback addresses."""
    _fixed()  # made before the clock of any test runs
    site = Hostile(scheme="https" if tls else "http")
    loop = asyncio.new_event_loop()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        site.open += 1
        try:
            while await _serve_one(site, reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # clients hang up on servers like this, and tests end
        finally:
            site.open -= 1
            writer.close()

    server = loop.run_until_complete(asyncio.start_server(connection, "0.0.0.0", 0, ssl=tls, backlog=1024))
    site.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        asyncio.run_coroutine_threadsafe(_shut(server), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _shut(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve_one(site: Hostile, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    first = await reader.readexactly(1)
    if first == b"\x16":  # the first byte of TLS: this is not for us
        writer.write(_whole(b"", "400 Bad Request"))
        return False
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    target = urlsplit(lines[0].split(" ")[1])
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:] if line)}
    query = {key: values[0] for key, values in parse_qs(target.query).items()}
    request = Request(unquote(target.path), query, headers, time.monotonic())
    site.seen.append(request)
    return await _answer(site, request, writer)


def _head(status: str, length: int | None, **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [] if length is None else [f"Content-Length: {length}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _whole(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    return _head(status, len(body), **headers) + body


async def _answer(site: Hostile, request: Request, writer: asyncio.StreamWriter) -> bool:
    """Whether the connection stays open."""
    path, query = request.path, request.query
    if path in site.acts:
        stays = await site.acts[path](request, writer)
        await writer.drain()
        return stays
    match path:
        case "/hang":
            await asyncio.sleep(60)
        case "/drip":
            writer.write(_head("200 OK", 1_000_000))
            for _ in range(1_000):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        case "/endless":
            await _endless(site, writer)
        case "/cut":
            writer.write(_head("200 OK", len(FEED)) + FEED[:50])
        case "/hang-up":
            return False
        case "/not-http":
            writer.write(b"220 mail.example ESMTP\r\n\r\n")
        case "/slow":
            await asyncio.sleep(float(query["s"]))
            writer.write(_whole(FEED))
            return True
        case "/robots.txt":
            robots = site.robots
            writer.write(_whole(robots) if isinstance(robots, bytes) else _whole(b"", f"{robots} X"))
            return True
        case _:
            extra = site.files.get(path)
            writer.write(_ready(request) if extra is None else _whole(extra))
            await writer.drain()
            return True
    await writer.drain()
    return False


async def _endless(site: Hostile, writer: asyncio.StreamWriter) -> None:
    writer.write(_head("200 OK", None, Transfer_Encoding="chunked"))
    block = b"%x\r\n" % 100_000 + b" " * 100_000 + b"\r\n"
    for _ in range(500):  # 50 MB
        writer.write(block)
        await writer.drain()
        site.bytes_sent += 100_000


def _ready(request: Request) -> bytes:
    query, asked = request.query, request.headers
    match request.path:
        case "/feed":
            known = asked.get("if-none-match") == ETAG and asked.get("if-modified-since") == LAST_MODIFIED
            validators = {"ETag": ETAG, "Last_Modified": LAST_MODIFIED, "Cache_Control": "max-age=600"}
            if known:
                return _head("304 Not Modified", None, **validators)
            return _whole(FEED, Content_Type="application/rss+xml", **validators)
        case "/to":
            return _whole(b"", query.get("status", "302") + " X", Location=query["u"], Set_Cookie="a=1")
        case "/status":
            extra = {"Retry_After": query["wait"]} if "wait" in query else {}
            return _whole(b"", f"{query['n']} X", Date=LAST_MODIFIED, **extra)
    return _fixed().get(request.path) or _whole(b"", "404 Not Found")


@cache
def _fixed() -> dict[str, bytes]:
    return {
        "/html": _whole(HTML, Content_Type="text/html; charset=utf-8"),
        "/pdf": _whole(b"%PDF-1.7", Content_Type="application/pdf"),
        "/empty": _whole(b""),
        "/bomb": _whole(BOMB),
        "/declared": _head("200 OK", 50_000_000),
        "/gzip": _whole(gzip.compress(FEED), Content_Encoding="gzip"),
        "/gzip-bomb": _whole(gzip_bomb(), Content_Encoding="gzip"),
        "/gzip-cut": _whole(gzip.compress(FEED)[:-20], Content_Encoding="gzip"),
        "/gzip-lie": _whole(FEED, Content_Encoding="gzip"),
        "/odd-encoding": _whole(FEED, Content_Encoding="rot13"),
        "/loop": _whole(b"", "302 Found", Location="/loop"),
        "/bad-etag": _whole(FEED, ETag='"\x80\xff"', Last_Modified="x" * 5_000),
    }


def big_feed(entries: int) -> bytes:
    """A feed that takes a while to parse."""
    item = b"<item><title>Item %d</title><link>https://gazette.example/%d</link></item>"
    items = b"".join(item % (n, n) for n in range(entries))
    return b'<rss version="2.0"><channel><title>Long</title>' + items + b"</channel></rss>"
