"""A hundred ways in which a server misbehaves, each with the outcome by which a poll of it ends.

`ROGUES` are plain answers, byte by byte; `ACTS` do something besides; `PATHS` are those of
`fakes.hostile` itself. Bodies that are large are made when they are first asked for.
"""

from __future__ import annotations

import asyncio
import gzip
import importlib
import socket
import struct
import zlib
from collections.abc import Callable
from functools import cache, partial

from fakes.hostile import BOMB, FEED, HTML, Act, Request

from monitor.records import FetchOutcome as O

BAD = O.DROPPED
BLOCK = bytes(1_000_000)


def reply(body: bytes = FEED, status: str = "200 OK", *lines: str, length: bool = True) -> bytes:
    head = [f"HTTP/1.1 {status}", *lines, *([f"Content-Length: {len(body)}"] if length else [])]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)


def chunked(body: bytes) -> bytes:
    return reply(body, "200 OK", "Transfer-Encoding: chunked", length=False)


def encoded(name: str, body: bytes) -> bytes:
    return reply(body, "200 OK", f"Content-Encoding: {name}")


def redirect(to: str, status: int = 302) -> bytes:
    return reply(b"", f"{status} Found", f"Location: {to}")


def xml(inside: str, doctype: str = "") -> bytes:
    return f'<?xml version="1.0"?>{doctype}<rss version="2.0"><channel>{inside}</channel></rss>'.encode()


def utf16(document: bytes) -> bytes:
    return document.decode().encode("utf-16")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ITEM = "<item><title>A</title><link>https://gazette.example/a</link></item>"

XXE_ITEM = ITEM.replace("A<", "&x;<")


@cache
def gzip_gigabyte() -> bytes:
    """1 GB of zeros in 1 MB: one block of a deflate stream, a thousand times."""
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = press.compress(BLOCK) + press.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + block * 1_000 + b"\x03\x00" + struct.pack("<II", 0, 10**9)


@cache
def brotli_gigabyte() -> bytes:
    press = importlib.import_module("brotli").Compressor(quality=1)
    return b"".join(press.process(BLOCK) for _ in range(1_000)) + press.finish()


@cache
def zstd_gigabyte() -> bytes:
    return importlib.import_module("backports.zstd").compress(BLOCK) * 1_000


def brotli(body: bytes) -> bytes:
    return bytes(importlib.import_module("brotli").compress(body))


def zstd(body: bytes) -> bytes:
    return bytes(importlib.import_module("backports.zstd").compress(body))


def deflated(body: bytes, window: int) -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, window)
    return press.compress(body) + press.flush()


ROGUES: dict[str, tuple[Callable[[], bytes], O]] = {
    # ------------------------------------------------------------ the frame of the answer
    "http-1.0": (lambda: b"HTTP/1.0 200 OK\r\n\r\n" + FEED, O.FETCHED),
    "no-length": (lambda: reply(length=False), O.FETCHED),
    "no-reason": (lambda: reply(FEED, "200"), O.FETCHED),
    "early-hints": (lambda: b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + reply(), O.FETCHED),
    "continue": (lambda: b"HTTP/1.1 100 Continue\r\n\r\n" + reply(), O.FETCHED),
    "length-too-long": (lambda: reply(FEED, "200 OK", "Content-Length: 9999", length=False), BAD),
    "length-negative": (lambda: reply(FEED, "200 OK", "Content-Length: -5", length=False), BAD),
    "length-words": (lambda: reply(FEED, "200 OK", "Content-Length: many", length=False), BAD),
    "length-huge": (lambda: reply(FEED, "200 OK", f"Content-Length: {10**12}", length=False), O.TOO_LARGE),
    "chunked": (lambda: chunked(chunks(FEED[:40], FEED[40:]) + b"0\r\n\r\n"), O.FETCHED),
    "chunked-with-trailer": (lambda: chunked(chunks(FEED) + b"0\r\nX-Sum: 1\r\n\r\n"), O.FETCHED),
    "chunked-garbage": (lambda: chunked(b"zz\r\n" + FEED + b"\r\n0\r\n\r\n"), BAD),
    "chunked-cut": (lambda: chunked(chunks(FEED[:40])), BAD),
    "chunk-size-endless": (lambda: chunked(b"f" * 200_000), BAD),
    "chunk-negative": (lambda: chunked(b"-5\r\n" + FEED + b"\r\n"), BAD),
    "header-huge": (lambda: reply(FEED, "200 OK", "X-Long: " + "x" * 100_000), BAD),
    "header-without-colon": (lambda: reply(FEED, "200 OK", "no colon here"), BAD),
    "header-with-nul": (lambda: reply(FEED, "200 OK", "X-Odd: a\0b"), BAD),
    "status-of-letters": (lambda: reply(FEED, "OK 200"), BAD),
    "status-of-five-digits": (lambda: reply(FEED, "20000 OK"), BAD),
    "version-9": (lambda: b"HTTP/9.9 " + reply()[9:], BAD),
    "noise-before": (lambda: b"\x00\xff\xfe noise\r\n" + reply(), BAD),
    "ssh-banner": (lambda: b"SSH-2.0-OpenSSH_9.6\r\n", BAD),
    "only-a-head": (lambda: b"HTTP/1.1 200 OK\r\n", BAD),
    "nothing": (lambda: b"", BAD),
    # ------------------------------------------------------------ statuses
    **{
        f"status-{status}": (partial(reply, b"no", f"{status} X"), outcome)
        for status, outcome in {
            202: O.NOT_A_FEED,
            206: O.NOT_A_FEED,
            300: O.HTTP_ERROR,
            400: O.HTTP_ERROR,
            401: O.FORBIDDEN,
            402: O.HTTP_ERROR,
            403: O.FORBIDDEN,
            404: O.NOT_FOUND,
            406: O.HTTP_ERROR,
            407: O.HTTP_ERROR,
            410: O.GONE,
            421: O.HTTP_ERROR,
            429: O.RATE_LIMITED,
            451: O.FORBIDDEN,
            500: O.SERVER_ERROR,
            502: O.SERVER_ERROR,
            503: O.SERVER_ERROR,
            504: O.SERVER_ERROR,
            520: O.SERVER_ERROR,
            999: O.HTTP_ERROR,
        }.items()
    },
    "304-without-validators": (lambda: reply(b"", "304 Not Modified"), O.HTTP_ERROR),
    # ------------------------------------------------------------ redirects
    "redirect-without-location": (lambda: reply(b"", "302 Found"), O.HTTP_ERROR),
    "redirect-to-itself": (lambda: redirect("redirect-to-itself"), O.TOO_MANY_REDIRECTS),
    "redirect-relative": (lambda: redirect("/feed", 307), O.FETCHED),
    "redirect-308": (lambda: redirect("/feed", 308), O.FETCHED),
    "redirect-to-file": (lambda: redirect("file:///etc/passwd"), O.BAD_URL),
    "redirect-to-data": (lambda: redirect("data:text/xml,<rss/>"), O.BAD_URL),
    "redirect-to-gopher": (lambda: redirect("gopher://127.0.0.1:70/x"), O.BAD_URL),
    "redirect-to-rubbish": (lambda: redirect("http://["), O.BAD_URL),
    "redirect-inside-10": (lambda: redirect("http://10.0.0.1/"), O.REFUSED_ADDRESS),
    "redirect-inside-192": (lambda: redirect("http://192.168.0.1/"), O.REFUSED_ADDRESS),
    "redirect-inside-carrier": (lambda: redirect("http://100.64.0.1/"), O.REFUSED_ADDRESS),
    "redirect-to-metadata": (lambda: redirect("http://169.254.169.254/latest/"), O.REFUSED_ADDRESS),
    "redirect-to-ipv6-loopback": (lambda: redirect("http://[::1]/"), O.REFUSED_ADDRESS),
    "redirect-to-mapped": (lambda: redirect("http://[::ffff:10.0.0.1]/"), O.REFUSED_ADDRESS),
    "redirect-to-nat64": (lambda: redirect("http://[64:ff9b::a00:1]/"), O.REFUSED_ADDRESS),
    "redirect-to-multicast": (lambda: redirect("http://224.0.0.1/"), O.REFUSED_ADDRESS),
    "redirect-to-zero": (lambda: redirect("http://0.0.0.0/"), O.REFUSED_ADDRESS),
    # ------------------------------------------------------------ encodings
    "deflate": (lambda: encoded("deflate", deflated(FEED, 15)), O.FETCHED),
    "deflate-bare": (lambda: encoded("deflate", deflated(FEED, -15)), O.FETCHED),
    "brotli": (lambda: encoded("br", brotli(FEED)), O.FETCHED),
    "zstd": (lambda: encoded("zstd", zstd(FEED)), O.FETCHED),
    "gzip-and-more": (lambda: encoded("gzip", gzip.compress(FEED) + b"garbage"), O.FETCHED),
    "gzip-twice": (lambda: encoded("gzip, gzip", gzip.compress(gzip.compress(FEED))), O.UNREADABLE),
    "gzip-that-is-none": (lambda: encoded("gzip", FEED), O.UNREADABLE),
    "gzip-cut": (lambda: encoded("gzip", gzip.compress(FEED)[:-20]), O.UNREADABLE),
    "brotli-that-is-none": (lambda: encoded("br", b"\xff" * 500), O.UNREADABLE),
    "brotli-cut": (lambda: encoded("br", brotli(FEED)[:-20]), O.UNREADABLE),
    "zstd-that-is-none": (lambda: encoded("zstd", FEED), O.UNREADABLE),
    "zstd-cut": (lambda: encoded("zstd", zstd(FEED)[:-20]), O.UNREADABLE),
    "encoding-unknown": (lambda: encoded("rot13", FEED), O.UNREADABLE),
    "gzip-1-gb": (lambda: encoded("gzip", gzip_gigabyte()), O.TOO_LARGE),
    "brotli-1-gb": (lambda: encoded("br", brotli_gigabyte()), O.TOO_LARGE),
    "zstd-1-gb": (lambda: encoded("zstd", zstd_gigabyte()), O.TOO_LARGE),
    # ------------------------------------------------------------ documents
    "empty": (lambda: reply(b""), O.EMPTY_BODY),
    "spaces": (lambda: reply(b" \r\n" * 1_000), O.EMPTY_BODY),
    "html": (lambda: reply(HTML), O.NOT_A_FEED),
    "pdf": (lambda: reply(b"%PDF-1.7 \x00\x01\x02"), O.NOT_A_FEED),
    "json": (lambda: reply(b'{"a": [1, 2]}'), O.NOT_A_FEED),
    "json-nested": (lambda: reply(b"{" + b'"a":[' * 100_000), O.NOT_A_FEED),
    "entities-of-entities": (lambda: reply(BOMB), O.ENTITY_BOMB),
    "billion-laughs": (
        lambda: reply(xml("<title>&l9;</title>", f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>')),
        O.ENTITY_BOMB,
    ),
    "billion-laughs-in-utf-16": (lambda: reply(utf16(BOMB)), O.ENTITY_BOMB),
    "entity-of-a-file": (
        lambda: reply(xml(XXE_ITEM, '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>')),
        O.ENTITY_BOMB,
    ),
    "entity-of-a-file-in-utf-16": (
        lambda: reply(utf16(xml(XXE_ITEM, '<!DOCTYPE rss [<!ENTITY x PUBLIC "-" "file:///etc/passwd">]>'))),
        O.ENTITY_BOMB,
    ),
    "entities-of-another-file": (
        lambda: reply(xml(ITEM, '<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">%x;]>')),
        O.FETCHED,  # what lies elsewhere is left out
    ),
    "document-type-elsewhere": (
        lambda: reply(xml(ITEM, '<!DOCTYPE rss SYSTEM "file:///etc/passwd">')),
        O.FETCHED,
    ),
    "sections-without-end": (lambda: reply(xml("<item><title><![CDATA[" * 20_000)), O.FETCHED),
    "comments-without-end": (lambda: reply(xml(f"<title>{'<!--' * 20_000}</title>")), O.FETCHED),
    "nested-deeply": (lambda: reply(xml("<a>" * 30_000 + "</a>" * 30_000 + ITEM)), O.FETCHED),
    "title-of-a-megabyte": (lambda: reply(xml(ITEM.replace("A", "a" * 1_000_000))), O.FETCHED),
    # ------------------------------------------------------------ validators and cookies
    "etag-huge": (lambda: reply(FEED, "200 OK", 'ETag: "' + "e" * 5_000 + '"'), O.FETCHED),
    "etag-bytes": (lambda: reply(FEED, "200 OK", 'ETag: "\xff\xfe"'), O.FETCHED),
    "cookies-many": (lambda: reply(FEED, "200 OK", *["Set-Cookie: a=b"] * 40), O.FETCHED),
    "headers-without-end": (lambda: reply(FEED, "200 OK", *["X-More: a"] * 5_000), BAD),
    "max-age-absurd": (lambda: reply(FEED, "200 OK", f"Cache-Control: max-age={'9' * 40}"), O.FETCHED),
    "retry-after-absurd": (lambda: reply(b"", "503 X", f"Retry-After: {'9' * 40}"), O.SERVER_ERROR),
}


async def _reset(_: Request, writer: asyncio.StreamWriter) -> bool:
    """Breaks the connection off in the middle of the body, and not politely."""
    writer.write(reply()[:-50])
    await writer.drain()
    own = writer.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def _silent_body(_: Request, writer: asyncio.StreamWriter) -> bool:
    writer.write(reply()[:-50])
    await writer.drain()
    await asyncio.sleep(60)
    return False


async def _dripped_head(_: Request, writer: asyncio.StreamWriter) -> bool:
    for byte in reply(FEED, "200 OK", "X-Long: " + "x" * 5_000):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)
    return False


async def _cookie_wall(request: Request, writer: asyncio.StreamWriter) -> bool:
    """Lets in only who brings the cookie back."""
    known = "cookie" in request.headers
    writer.write(reply() if known else reply(b"", "302 X", "Location: cookie-wall", "Set-Cookie: in=1"))
    return True


async def _growing(request: Request, writer: asyncio.StreamWriter) -> bool:
    writer.write(redirect(f"growing?n={request.query.get('n', '') + 'x'}", 301))
    return True


async def _another_etag(request: Request, writer: asyncio.StreamWriter) -> bool:
    writer.write(reply(FEED, "200 OK", f'ETag: "{request.at}"'))
    return True


ACTS: dict[str, tuple[Act, O]] = {
    "reset": (_reset, BAD),
    "silent-body": (_silent_body, O.TIMED_OUT),
    "dripped-head": (_dripped_head, O.TIMED_OUT),
    "cookie-wall": (_cookie_wall, O.TOO_MANY_REDIRECTS),
    "growing": (_growing, O.TOO_MANY_REDIRECTS),
    "another-etag-each-time": (_another_etag, O.FETCHED),
}

PATHS = {
    "/hang": O.TIMED_OUT,
    "/drip": O.TIMED_OUT,
    "/endless": O.TOO_LARGE,
    "/not-http": BAD,
}


def acts() -> dict[str, Act]:
    """What a hostile server is given to do all of it."""

    def plain(make: Callable[[], bytes]) -> Act:
        async def act(_: Request, writer: asyncio.StreamWriter) -> bool:
            writer.write(make())
            return False

        return act

    return {f"/{name}": plain(make) for name, (make, _) in ROGUES.items()} | {
        f"/{name}": act for name, (act, _) in ACTS.items()
    }


def ends() -> dict[str, O]:
    """The outcome of each path."""
    static = {f"/{name}": outcome for name, (_, outcome) in ROGUES.items()}
    return static | {f"/{name}": outcome for name, (_, outcome) in ACTS.items()} | PATHS
