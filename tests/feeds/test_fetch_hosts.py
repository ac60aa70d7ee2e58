"""Which hosts the door to HTTP connects to: names, guarded addresses, certificates."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fakes.certificates import Authority
from fakes.hostile import Hostile, hostile_server
from fixtures_fetch import GUARDED, OPEN, SHORT, get

from monitor.records import FetchOutcome
from monitor.settings import PROJECT


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
