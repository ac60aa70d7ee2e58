"""The door to HTTP against a hostile server on loopback."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import socket
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.certificates import Authority
from fakes.hostile import ETAG, FEED, LAST_MODIFIED, Hostile, Request, hostile_server
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor.feeds.fetch import FEED_LIMIT, Fetcher, Patience
from monitor.feeds.names import Lookup, system_lookup
from monitor.records import Fetched, FetchOutcome
from monitor.settings import PROJECT, Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
OPEN = Settings(allowed_networks=(LOOPBACK,), host_spacing=0.0, host_concurrency=50)
GUARDED = replace(OPEN, allowed_networks=())
CALM = Patience()
SHORT = Patience(read=0.3, total=0.8)


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


def get(
    *urls: str,
    settings: Settings = OPEN,
    patience: Patience = CALM,
    lookup: Lookup = system_lookup,
    limit: int = FEED_LIMIT,
    **asked: str,
) -> list[Fetched]:
    """All `urls`, one after another, with one fetcher."""

    async def work() -> list[Fetched]:
        async with Fetcher(settings, patience=patience, lookup=lookup) as fetcher:
            return [await fetcher.get(url, limit=limit, **asked) for url in urls]

    return asyncio.run(work())


def test_a_feed_comes_with_its_validators(site: Hostile) -> None:
    [end] = get(site.url("/feed"))
    assert (end.outcome, end.body, end.status) == (FetchOutcome.FETCHED, FEED, 200)
    assert (end.etag, end.last_modified) == (ETAG, LAST_MODIFIED)
    assert end.max_age == timedelta(minutes=10)
    assert end.body_hash == hashlib.sha256(FEED).hexdigest()
    assert end.content_type == "application/rss+xml"
    assert end.elapsed > timedelta(0)
    asked = site.seen[-1].headers
    assert asked["user-agent"] == OPEN.user_agent
    assert "if-none-match" not in asked
    assert asked["accept-encoding"].startswith("gzip, deflate")


def test_validators_go_back_as_they_came(site: Hostile) -> None:
    [end] = get(site.url("/feed"), etag=ETAG, last_modified=LAST_MODIFIED)
    assert (end.outcome, end.status, end.body) == (FetchOutcome.NOT_MODIFIED, 304, b"")


def test_validators_survive_a_redirect(site: Hostile) -> None:
    [end] = get(site.url("/to?u=/feed"), etag=ETAG, last_modified=LAST_MODIFIED)
    assert (end.outcome, end.final_url) == (FetchOutcome.NOT_MODIFIED, site.url("/feed"))


def test_the_same_bytes_are_unchanged(site: Hostile) -> None:
    known = hashlib.sha256(FEED).hexdigest()
    [end] = get(site.url("/gzip"), known_hash=known)
    assert (end.outcome, end.body, end.body_hash) == (FetchOutcome.UNCHANGED, b"", known)


def test_validators_that_cannot_be_stored_are_dropped(site: Hostile) -> None:
    [end] = get(site.url("/bad-etag"))
    assert (end.outcome, end.etag, end.last_modified) == (FetchOutcome.FETCHED, None, None)


@pytest.mark.parametrize(
    ("path", "outcome", "detail"),
    [
        ("/nowhere", FetchOutcome.NOT_FOUND, "the server says 404 Not Found"),
        ("/status?n=410", FetchOutcome.GONE, "the server says 410 Gone"),
        ("/status?n=401", FetchOutcome.FORBIDDEN, "the server says 401 Unauthorized"),
        ("/status?n=403", FetchOutcome.FORBIDDEN, "the server says 403 Forbidden"),
        ("/status?n=451", FetchOutcome.FORBIDDEN, "the server says 451 Unavailable For Legal Reasons"),
        ("/status?n=500", FetchOutcome.SERVER_ERROR, "the server says 500 Internal Server Error"),
        ("/status?n=599", FetchOutcome.SERVER_ERROR, "the server says 599"),
        ("/status?n=418", FetchOutcome.HTTP_ERROR, "the server says 418 I'm a Teapot"),
        ("/status?n=302", FetchOutcome.HTTP_ERROR, "the server says 302 Found"),
        ("/status?n=304", FetchOutcome.HTTP_ERROR, "the server says 304, but nothing was known before"),
        ("/empty", FetchOutcome.EMPTY_BODY, "the server sent an empty body"),
        ("/status?n=204", FetchOutcome.EMPTY_BODY, "the server sent an empty body"),
        ("/endless", FetchOutcome.TOO_LARGE, "the body is over 10 MB"),
        ("/declared", FetchOutcome.TOO_LARGE, "the body is over 10 MB"),
        ("/gzip-bomb", FetchOutcome.TOO_LARGE, "the body is over 10 MB"),
        ("/gzip-cut", FetchOutcome.UNREADABLE, "the compressed body stops before its end"),
        ("/gzip-lie", FetchOutcome.UNREADABLE, "the compressed body is broken"),
        ("/odd-encoding", FetchOutcome.UNREADABLE, "the body is encoded as 'rot13', which is not read here"),
        ("/loop", FetchOutcome.TOO_MANY_REDIRECTS, "more than 5 redirects: the last leads to {site}/loop"),
        ("/cut", FetchOutcome.DROPPED, "the connection broke off"),
        ("/hang-up", FetchOutcome.DROPPED, "the connection broke off"),
        ("/not-http", FetchOutcome.DROPPED, "the answer is not proper HTTP"),
        ("/to?u=ftp://example.org/x", FetchOutcome.BAD_URL, None),
        ("/to?u=http://[", FetchOutcome.BAD_URL, "the server redirects to something that is not a URL"),
        ("/to?u=http://10.0.0.1/", FetchOutcome.REFUSED_ADDRESS, None),
        ("/to?u=http://169.254.169.254/latest/", FetchOutcome.REFUSED_ADDRESS, None),
        ("/to?u=http://[::ffff:10.0.0.1]/", FetchOutcome.REFUSED_ADDRESS, None),
    ],
)
def test_every_bad_answer_has_its_name(
    site: Hostile, path: str, outcome: FetchOutcome, detail: str | None
) -> None:
    [end] = get(site.url(path))
    assert (end.outcome, end.body) == (outcome, b"")
    assert end.detail
    assert "\n" not in end.detail
    if detail is not None:
        assert end.detail == detail.format(site=site.url(""))


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("/hang", "the server sent nothing for 0.3 s"),
        ("/drip", "the answer was not complete after 0.8 s"),
    ],
)
def test_a_slow_server_is_given_up(site: Hostile, path: str, detail: str) -> None:
    [end] = get(site.url(path), patience=SHORT)
    assert (end.outcome, end.detail) == (FetchOutcome.TIMED_OUT, detail)


@pytest.mark.parametrize(
    "url", ["", "gazette.example/feed", "file:///etc/passwd", "http://", "http://x:99999/", "http://a\nb/"]
)
def test_what_is_no_url_is_named(url: str) -> None:
    [end] = get(url)
    assert (end.outcome, end.url) == (FetchOutcome.BAD_URL, url)


def test_a_bomb_costs_little(site: Hostile) -> None:
    """200 MB behind 200 KB: the memory stays near the limit of 10 MB, and so does what is read of 50 MB."""
    get(site.url("/feed"))  # imports and caches
    site.bytes_sent = 0
    tracemalloc.start()
    begun = time.process_time()
    ends = get(site.url("/gzip-bomb"), site.url("/endless"))
    spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {end.outcome for end in ends} == {FetchOutcome.TOO_LARGE}
    assert peak < 40_000_000
    assert spent < 3
    assert site.bytes_sent < 25_000_000


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("wait", ["120", "Mon, 23 Nov 2026 10:02:00 GMT"])
def test_retry_after_in_seconds_and_as_a_date(site: Hostile, status: int, wait: str) -> None:
    [end] = get(site.url(f"/status?n={status}&wait={wait.replace(' ', '%20')}"))
    assert end.outcome is (FetchOutcome.RATE_LIMITED if status == 429 else FetchOutcome.SERVER_ERROR)
    assert end.retry_after == timedelta(minutes=2)


def test_a_host_that_asks_for_a_pause_gets_it(site: Hostile) -> None:
    before = len(site.seen)
    first, second = get(site.url("/status?n=429&wait=60"), site.url("/feed"))
    assert (first.outcome, second.outcome) == (FetchOutcome.RATE_LIMITED, FetchOutcome.POSTPONED)
    assert second.retry_after is not None
    assert timedelta(seconds=50) < second.retry_after <= timedelta(seconds=60)
    assert len(site.seen) == before + 1


def test_cookies_and_credentials_stay_where_they_belong(site: Hostile) -> None:
    there = site.url("/feed", host="127.0.0.2")
    [end] = get(f"http://user:secret@127.0.0.1:{site.port}/to?u={there}")
    first, second = site.seen[-2:]
    assert end.outcome is FetchOutcome.FETCHED
    assert first.headers["authorization"].startswith("Basic ")
    assert "authorization" not in second.headers
    assert "cookie" not in second.headers
    assert end.final_url == there


def test_a_password_is_never_shown(site: Hostile) -> None:
    [end] = get(f"http://user:secret@127.0.0.1:{site.port}/loop")
    assert "secret" not in end.final_url + end.detail


# ---------------------------------------------------------------- hosts


def test_a_name_that_does_not_exist_is_a_dead_host() -> None:
    def lookup(_host: str) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    [end] = get("http://gazette.example/feed", lookup=lookup)
    assert (end.outcome, end.detail) == (FetchOutcome.DEAD_HOST, "the host gazette.example does not exist")


def test_a_port_without_a_listener_is_a_dead_host() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        [end] = get(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    assert (end.outcome, end.detail) == (FetchOutcome.DEAD_HOST, "the host refuses the connection")


def test_an_address_that_is_off_limits_is_not_connected_to(site: Hostile) -> None:
    before = len(site.seen)
    ends = get(
        site.url("/feed"),
        site.url("/feed", host="localhost"),
        site.url("/feed", host="2130706433"),
        site.url("/feed", host="0x7f.1"),
        site.url("/feed", host="[::ffff:127.0.0.1]"),
        site.url("/feed", host="127。0。0。1"),
        settings=GUARDED,
    )
    assert [end.outcome for end in ends] == [FetchOutcome.REFUSED_ADDRESS] * 6
    assert len(site.seen) == before


def test_the_address_that_was_checked_is_connected_to(site: Hostile) -> None:
    """DNS rebinding: the name's second answer, which leads elsewhere, is never asked for."""
    answers = iter([["127.0.0.5"], ["10.0.0.1"]])
    asked: list[str] = []

    def lookup(host: str) -> Sequence[str]:
        asked.append(host)
        return next(answers)

    url = site.url("/feed", host="rebind.example")
    ends = get(url, url, lookup=lookup)
    assert [end.outcome for end in ends] == [FetchOutcome.FETCHED] * 2
    assert asked == ["rebind.example"]


def test_guarded_addresses_of_a_name_are_passed_over(site: Hostile) -> None:
    url = site.url("/feed", host="mixed.example")
    [end] = get(url, lookup=lambda _host: ["10.0.0.1", "127.0.0.1"])
    assert end.outcome is FetchOutcome.FETCHED
    [end] = get(url, lookup=lambda _host: ["10.0.0.1", "fd00::1"])
    assert end.outcome is FetchOutcome.REFUSED_ADDRESS
    assert "mixed.example is at 10.0.0.1" in end.detail


def test_a_redirect_to_a_name_inside_is_refused(site: Hostile) -> None:
    names = {"outside.example": ["127.0.0.1"], "inside.example": ["192.168.1.1"]}
    [end] = get(site.url("/to?u=http://inside.example/", "outside.example"), lookup=lambda host: names[host])
    assert (end.outcome, end.final_url) == (FetchOutcome.REFUSED_ADDRESS, "http://inside.example/")


def test_a_number_for_a_name_does_not_pass_the_resolver_by(site: Hostile) -> None:
    """Whatever a lookup says of 2130706433, the system would connect to 127.0.0.1."""
    before = len(site.seen)
    only = replace(OPEN, allowed_networks=(ipaddress.ip_network("127.0.0.9/32"),))
    [end] = get(site.url("/feed", "2130706433"), settings=only, lookup=lambda _host: ["127.0.0.9"])
    # Versions of aiohttp differ: the newer refuse such a host themselves, before our guard does.
    assert end.outcome in {FetchOutcome.REFUSED_ADDRESS, FetchOutcome.BAD_URL}
    assert len(site.seen) == before


def test_a_host_that_does_not_answer_is_given_up() -> None:
    """A listener whose queue is full drops the next connection's first packet, as a dead machine does."""
    with socket.socket() as full, sockets(4) as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        [end] = get(f"http://127.0.0.1:{full.getsockname()[1]}/", patience=replace(SHORT, connect=0.3))
    assert (end.outcome, end.detail) == (FetchOutcome.TIMED_OUT, "the host does not answer within 0.3 s")


@contextmanager
def sockets(count: int) -> Iterator[list[socket.socket]]:
    opened = [socket.socket() for _ in range(count)]
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


# ---------------------------------------------------------------- TLS


def test_a_certificate_that_no_one_vouches_for(tmp_path: Path) -> None:
    with hostile_server(Authority.found(tmp_path).server()) as server:
        [end] = get(server.url("/feed"))
    assert end.outcome is FetchOutcome.TLS_FAILED
    assert end.detail.startswith("the certificate is not good: unable to get local issuer")


_ASK = """
import asyncio, sys
from ipaddress import ip_network
from monitor.feeds.fetch import Fetcher
from monitor.settings import PROJECT, Settings
async def ask():
    async with Fetcher(Settings(allowed_networks=(ip_network("127.0.0.0/8"),))) as fetcher:
        for url in sys.argv[1:]:
            end = await fetcher.get(url, limit=1000)
            print(end.outcome, end.detail)
asyncio.run(ask())
"""


def test_certificates_that_have_ended_or_are_of_another_host(tmp_path: Path) -> None:
    """In a process that trusts who signed them: nothing else is wrong with them."""
    ours = Authority.found(tmp_path)
    with (
        hostile_server(ours.server()) as good,
        hostile_server(ours.server(ended=timedelta(days=2))) as expired,
        hostile_server(ours.server("127.0.0.9")) as other,
    ):
        urls = [server.url("/feed") for server in (good, expired, other)]
        env = os.environ | {"SSL_CERT_FILE": str(ours.file)}
        done = subprocess.run(
            [sys.executable, "-c", _ASK, *urls],
            env=env,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
    lines = done.stdout.splitlines()
    assert lines[0].strip() == "fetched"
    assert lines[1] == "tls_failed the certificate is not good: certificate has expired"
    assert lines[2].startswith("tls_failed the certificate is not good: IP address mismatch")


def test_a_server_without_tls(site: Hostile) -> None:
    [end] = get(site.url("/feed").replace("http:", "https:"))
    assert end.outcome is FetchOutcome.TLS_FAILED


# ---------------------------------------------------------------- anything at all

_heads = st.sampled_from(
    [
        b"",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.0 200\r\nContent-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: ",
        b"HTTP/1.1 200 OK\r\nETag: ",
        b"HTTP/1.1 200 OK\r\nExpires: ",
        b"HTTP/1.1 301 X\r\nLocation: ",
        b"HTTP/1.1 304 X\r\nSet-Cookie: ",
        b"HTTP/1.1 429 X\r\nRetry-After: ",
    ]
)
_marks = [b"\r\n", b"\r\n\r\n", b"5\r\n", b"0\r\n\r\n", b"/", b"http://", b"\x1f\x8b\x08", b":", b"-1"]
_pieces = st.sampled_from([*_marks, FEED])
_answers = st.builds(
    lambda head, parts: head + b"".join(parts), _heads, st.lists(_pieces | st.binary(max_size=40), max_size=8)
)


@hypothesis_settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answer=_answers)
def test_whatever_a_server_sends_ends_by_a_name(site: Hostile, answer: bytes, caplog: Any) -> None:
    async def act(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(answer)
        return False

    site.acts["/any"] = act
    [end] = get(site.url("/any"))
    assert (end.outcome is FetchOutcome.FETCHED) == bool(end.body)
    assert (end.outcome is FetchOutcome.FETCHED) != bool(end.detail)
    assert end.detail.isprintable()
    assert not [record for record in caplog.records if "has no name yet" in record.message]
