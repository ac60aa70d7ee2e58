"""Many feeds at once, against a hostile server on loopback."""

from __future__ import annotations

import gc
import hashlib
import ipaddress
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from fakes.hostile import ETAG, FEED, LAST_MODIFIED, Hostile, big_feed, hostile_server
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st

from monitor.feeds.fetch import Patience
from monitor.feeds.harvest import harvest
from monitor.records import Feed, FetchOutcome, Polled
from monitor.settings import Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
INLINE = Settings(allowed_networks=(LOOPBACK,), host_spacing=0.0, host_concurrency=50, parse_workers=0)
WORKERS = replace(INLINE, parse_workers=2)
SHORT = Patience(read=0.3, total=0.6)
FAIR = Patience(read=1.5, total=2.0)  # time enough for an honest answer on a busy machine

ENDS = {
    "/feed": FetchOutcome.FETCHED,
    "/gzip": FetchOutcome.FETCHED,
    "/html": FetchOutcome.NOT_A_FEED,
    "/bomb": FetchOutcome.ENTITY_BOMB,
    "/empty": FetchOutcome.EMPTY_BODY,
    "/nowhere": FetchOutcome.NOT_FOUND,
    "/status?n=410": FetchOutcome.GONE,
    "/status?n=500": FetchOutcome.SERVER_ERROR,
    "/endless": FetchOutcome.TOO_LARGE,
    "/gzip-bomb": FetchOutcome.TOO_LARGE,
    "/gzip-cut": FetchOutcome.UNREADABLE,
    "/loop": FetchOutcome.TOO_MANY_REDIRECTS,
    "/to?u=http://10.0.0.1/": FetchOutcome.REFUSED_ADDRESS,
    "/to?u=/feed": FetchOutcome.FETCHED,
    "/hang": FetchOutcome.TIMED_OUT,
    "/drip": FetchOutcome.TIMED_OUT,
    "/cut": FetchOutcome.DROPPED,
    "/not-http": FetchOutcome.DROPPED,
}


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


def polls(urls: list[str], settings: Settings = INLINE, patience: Patience = FAIR) -> dict[int, Polled]:
    """The end of each URL, by its place; each exactly once, or this fails."""
    feeds = [Feed(place, url, f"Feed {place}") for place, url in enumerate(urls)]
    ends: dict[int, Polled] = {}
    for polled in harvest(feeds, settings, patience=patience):
        assert polled.feed.id not in ends
        assert polled.feed is feeds[polled.feed.id]
        ends[polled.feed.id] = polled
    assert len(ends) == len(urls)
    return ends


@pytest.mark.parametrize("settings", [INLINE, WORKERS], ids=["inline", "workers"])
def test_every_feed_ends_by_its_name_and_none_stops_the_others(site: Hostile, settings: Settings) -> None:
    ends = polls([site.url(path) for path in ENDS], settings)
    assert {path: ends[place].fetched.outcome for place, path in enumerate(ENDS)} == ENDS
    for polled in ends.values():
        fetched = polled.fetched
        read = fetched.outcome is FetchOutcome.FETCHED
        assert read == (polled.parsed is not None) == bool(fetched.body)
        assert read != bool(fetched.detail)
    parsed = ends[0].parsed
    assert parsed is not None
    assert [entry.title for entry in parsed.entries] == ["Two states sign a pact"]


@laws(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(paths=st.lists(st.sampled_from([*ENDS, "", "http://", "ftp://x/"]), max_size=12))
def test_every_feed_ends_exactly_once(site: Hostile, paths: list[str]) -> None:
    polls([site.url(path) if path.startswith("/") else path for path in paths], patience=SHORT)


def test_what_is_known_is_not_fetched_again(site: Hostile) -> None:
    known = hashlib.sha256(FEED).hexdigest()
    feeds = [
        Feed(0, site.url("/feed"), "a", etag=ETAG, last_modified=LAST_MODIFIED),
        Feed(1, site.url("/gzip"), "b", body_hash=known),
    ]
    ends = {polled.feed.id: polled for polled in harvest(feeds, WORKERS)}
    assert ends[0].fetched.outcome is FetchOutcome.NOT_MODIFIED
    assert ends[1].fetched.outcome is FetchOutcome.UNCHANGED
    assert ends[0].parsed is None
    assert ends[1].parsed is None


def test_nothing_to_do_is_no_work() -> None:
    assert list(harvest([], WORKERS)) == []


def test_a_feed_comes_out_before_the_slow_ones_are_done(site: Hostile) -> None:
    feeds = [Feed(0, site.url("/hang"), "slow"), Feed(1, site.url("/feed"), "fast")]
    results = harvest(feeds, INLINE)
    assert next(results).feed.title == "fast"
    results.close()  # type: ignore[attr-defined]


def _children() -> set[int]:
    """The processes that this one has started, as Linux knows them."""
    return {child.pid for child in psutil.Process().children()}


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("harvest")]


@pytest.mark.parametrize("how", ["closed", "dropped", "to the end"])
def test_nothing_outlives_the_iterator(site: Hostile, how: str) -> None:
    before = _children()
    feeds = [Feed(n, site.url("/feed" if n % 2 else "/hang"), "x") for n in range(20)]
    results = harvest(feeds, WORKERS, patience=FAIR)
    taken = 1
    while next(results).fetched.outcome is not FetchOutcome.FETCHED:
        taken += 1  # a parser that starts slowly is overtaken by what times out
    assert _children() > before
    assert _threads()
    if how == "closed":
        results.close()  # type: ignore[attr-defined]
    elif how == "to the end":
        assert len(list(results)) == 20 - taken
    del results
    gc.collect()
    assert _children() == before
    assert _threads() == []


def test_an_iterator_that_is_never_asked_starts_nothing() -> None:
    harvest([Feed(0, "http://127.0.0.1:1/", "x")], WORKERS)
    assert _threads() == []


def test_parsing_has_a_deadline(site: Hostile) -> None:
    site.files["/long"] = big_feed(20_000)
    feeds = [Feed(0, site.url("/long"), "long"), Feed(1, site.url("/feed"), "short")]
    ends = {p.feed.id: p for p in harvest(feeds, replace(WORKERS, parse_workers=1), parse_seconds=0.3)}
    assert ends[0].fetched.outcome is FetchOutcome.UNREADABLE
    assert ends[0].fetched.detail == "it took longer than 0.3 s"
    assert ends[0].fetched.body == b""
    assert ends[1].fetched.outcome is FetchOutcome.FETCHED


def test_many_slow_feeds_take_the_time_of_few(site: Hostile) -> None:
    """400 feeds of 100 ms, 256 at once: far from the 40 seconds of one after another."""
    urls = [site.url("/slow?s=0.1", host=f"127.0.{n // 200}.{n % 200 + 1}") for n in range(400)]
    begun = time.monotonic()
    ends = polls(urls, patience=Patience())
    assert time.monotonic() - begun < 10
    assert {end.fetched.outcome for end in ends.values()} == {FetchOutcome.FETCHED}
