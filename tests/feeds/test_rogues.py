"""A hundred misbehaving servers at once: each ends by its name, none stops the others or outlives them."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import rogues
from fakes.hostile import Hostile, hostile_server

from monitor.feeds.fetch import Patience
from monitor.feeds.harvest import harvest
from monitor.records import Feed, FetchOutcome, Polled
from monitor.settings import Settings

OPEN = Settings(allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),), host_spacing=0.0, parse_workers=2)
PATIENCE = Patience(connect=1.0, read=2.0, total=4.0)
ENDS = rogues.ends()
ROUNDS = int(os.environ.get("MONITOR_ROGUE_ROUNDS", "2"))

NAMES: dict[str, list[str]] = {
    "empty.example": [],
    "inside.example": ["192.168.1.1"],
    "metadata.example": ["169.254.169.254"],
    "both.example": ["10.0.0.1", "127.0.0.9"],
}
OF_NAMES = {
    "empty.example": FetchOutcome.DEAD_HOST,
    "unknown.example": FetchOutcome.DEAD_HOST,
    "no-answer.example": FetchOutcome.DEAD_HOST,
    "inside.example": FetchOutcome.REFUSED_ADDRESS,
    "metadata.example": FetchOutcome.REFUSED_ADDRESS,
    "both.example": FetchOutcome.FETCHED,
    "rebinding.example": FetchOutcome.FETCHED,
}


class Lookups:
    """A name server of the same kind."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        if host == "unknown.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        if host == "no-answer.example":
            raise socket.gaierror(socket.EAI_AGAIN, "try again")
        if host == "rebinding.example":  # public at first, and inside whenever it is asked again
            return ["10.0.0.1"] if self.asked.count(host) > 1 else ["127.0.0.8"]
        return NAMES[host]


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    for make, outcome in rogues.ROGUES.values():
        if outcome is FetchOutcome.TOO_LARGE:
            make()  # the large bodies, before any clock runs
    with hostile_server() as server:
        server.acts.update(rogues.acts())
        yield server


def feeds(site: Hostile) -> list[Feed]:
    """Every rogue at a host of its own, then honest feeds at others, which must not wait for them."""
    urls = [site.url(path, f"127.0.1.{place + 1}") for place, path in enumerate(ENDS)]
    urls += [site.url("/feed", name) for name in OF_NAMES]
    urls += [site.url("/feed", f"127.0.2.{number + 1}") for number in range(20)]
    return [Feed(place, url, url) for place, url in enumerate(urls)]


def test_at_least_sixty_behaviours() -> None:
    assert len(ENDS) + len(OF_NAMES) >= 100


def test_every_rogue_ends_by_its_name_and_stops_no_other(site: Hostile) -> None:
    lookups = Lookups()
    asked = feeds(site)
    begun = time.monotonic()
    honest: list[float] = []
    found: dict[int, Polled] = {}
    for polled in harvest(asked, OPEN, patience=PATIENCE, lookup=lookups, parse_seconds=10):
        assert polled.feed.id not in found
        found[polled.feed.id] = polled
        if polled.feed.id >= len(asked) - 20:
            honest.append(time.monotonic() - begun)
    spent = time.monotonic() - begun
    got = [found[place].fetched.outcome for place in range(len(asked))]
    wanted = [*ENDS.values(), *OF_NAMES.values(), *[FetchOutcome.FETCHED] * 20]
    wrong = {
        feed.url.partition(str(site.port))[2] or feed.url: (
            str(end),
            found[feed.id].fetched.detail,
            str(want),
        )
        for feed, end, want in zip(asked, got, wanted, strict=True)
        if end is not want
    }
    assert wrong == {}
    assert all(
        one.fetched.detail for one in found.values() if one.fetched.outcome is not FetchOutcome.FETCHED
    )
    assert lookups.asked.count("rebinding.example") == 1
    slowest = max(one.fetched.elapsed.total_seconds() for one in found.values())
    assert slowest <= PATIENCE.total + 0.5
    assert spent < 40


def test_three_hundred_hosts_that_hang_keep_no_other_waiting(site: Hostile) -> None:
    """More than there are slots: the honest feeds, which come last, are done before the first is given up."""
    urls = [site.url("/hang", f"127.0.{4 + n // 200}.{n % 200 + 1}") for n in range(300)]
    urls += [site.url("/feed", f"127.0.6.{n + 1}") for n in range(50)]
    asked = [Feed(place, url, url) for place, url in enumerate(urls)]
    inline = replace(OPEN, parse_workers=0)
    ended = [polled.feed.id for polled in harvest(asked, inline, patience=Patience(read=12.0, total=12.0))]
    assert sorted(ended[:50]) == list(range(300, 350))


def test_nothing_of_it_stays_behind(site: Hostile) -> None:
    """No round leaves more memory and more open files behind than the first; `make rogues` asks ten."""
    tracemalloc.start()
    try:
        held = [_round(site) for _ in range(ROUNDS)]
    finally:
        tracemalloc.stop()
    print("MB held and files open after each round:", [(round(size / 1e6, 1), files) for size, files in held])
    assert max(size for size, _ in held) - held[0][0] < 3_000_000
    assert max(files for _, files in held) <= held[0][1] + 4  # some close a moment later


def _round(site: Hostile) -> tuple[int, int]:
    """Bytes that Python holds, and open files but the server's, after all rogues have been polled once."""
    for _ in harvest(feeds(site), OPEN, patience=PATIENCE, lookup=Lookups(), parse_seconds=10):
        pass
    site.seen.clear()
    gc.collect()
    return tracemalloc.get_traced_memory()[0], len(list(Path("/proc/self/fd").iterdir())) - site.open
