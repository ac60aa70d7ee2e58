"""Many feeds and many pages at once, against a hostile server on loopback."""

from __future__ import annotations

import gc
import hashlib
import ipaddress
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes.hostile import ETAG, FEED, LAST_MODIFIED, Hostile, big_feed, hostile_server
from hypothesis import HealthCheck, given
from hypothesis import settings as laws
from hypothesis import strategies as st

from monitor.feeds.fetch import Patience
from monitor.feeds.harvest import fetch_pages, harvest
from monitor.records import Feed, Fetched, FetchOutcome, Polled
from monitor.settings import Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
INLINE = Settings(allowed_networks=(LOOPBACK,), host_spacing=0.0, host_concurrency=50, parse_workers=0)
WORKERS = replace(INLINE, parse_workers=2)
SHORT = Patience(read=0.3, total=0.6)
FAIR = Patience(read=1.5, total=2.0)  # time enough for an honest answer on a busy machine
SOON = timedelta(seconds=10)

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
    assert list(fetch_pages([], WORKERS, SOON)) == []


def test_a_feed_comes_out_before_the_slow_ones_are_done(site: Hostile) -> None:
    feeds = [Feed(0, site.url("/hang"), "slow"), Feed(1, site.url("/feed"), "fast")]
    results = harvest(feeds, INLINE)
    assert next(results).feed.title == "fast"
    results.close()  # type: ignore[attr-defined]


def _children() -> set[int]:
    """The processes that this one has started, as Linux knows them."""
    tasks = Path(f"/proc/{os.getpid()}/task")
    return {int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()}


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
    assert ends[0].fetched.detail == "took longer than 0.3 s to parse"
    assert ends[0].fetched.body == b""
    assert ends[1].fetched.outcome is FetchOutcome.FETCHED


def test_many_slow_feeds_take_the_time_of_few(site: Hostile) -> None:
    """400 feeds of 100 ms, 256 at once: far from the 40 seconds of one after another."""
    urls = [site.url("/slow?s=0.1", host=f"127.0.{n // 200}.{n % 200 + 1}") for n in range(400)]
    begun = time.monotonic()
    ends = polls(urls, patience=Patience())
    assert time.monotonic() - begun < 10
    assert {end.fetched.outcome for end in ends.values()} == {FetchOutcome.FETCHED}


# ---------------------------------------------------------------- pages


def pages(urls: list[str]) -> dict[str, Fetched]:
    found = list(fetch_pages(urls, INLINE, SOON))
    assert len({page.url for page in found}) == len(found)
    return {page.url: page for page in found}


@pytest.fixture
def paper(site: Hostile) -> Iterator[Hostile]:
    """The site as it is asked for pages; its robots.txt is put away afterwards."""
    site.seen.clear()
    yield site
    site.robots = 404


def test_pages_come_under_the_urls_that_were_asked_for(paper: Hostile) -> None:
    url = paper.url("/to?u=/html")
    found = pages([url, url])
    assert found[url].outcome is FetchOutcome.FETCHED
    assert found[url].final_url == paper.url("/html")
    assert paper.seen[-1].headers["accept"].startswith("text/html")


def test_only_web_pages_are_read(paper: Hostile) -> None:
    [page] = pages([paper.url("/pdf")]).values()
    assert (page.outcome, page.detail) == (FetchOutcome.HTTP_ERROR, "not a web page: application/pdf")


def test_a_page_has_its_own_limit(paper: Hostile) -> None:
    [page] = pages([paper.url("/endless")]).values()
    assert (page.outcome, page.detail) == (FetchOutcome.TOO_LARGE, "the body is over 5 MB")


def test_robots_are_asked_once_and_obeyed(paper: Hostile) -> None:
    paper.robots = b"User-agent: *\nDisallow: /html\n"
    found = pages([paper.url("/html?a=1"), paper.url("/html?a=2"), paper.url("/feed")])
    assert [page.outcome for page in sorted(found.values(), key=lambda page: page.url)] == [
        FetchOutcome.HTTP_ERROR,  # the feed is no page, but it was asked for
        FetchOutcome.FORBIDDEN,
        FetchOutcome.FORBIDDEN,
    ]
    assert found[paper.url("/html?a=1")].detail == "robots.txt does not allow it"
    assert sorted(paper.paths()) == ["/feed", "/robots.txt"]


@pytest.mark.parametrize(
    ("robots", "outcome"),
    [
        (401, FetchOutcome.FORBIDDEN),
        (403, FetchOutcome.FORBIDDEN),
        (404, FetchOutcome.FETCHED),
        (500, FetchOutcome.FETCHED),
        (b"", FetchOutcome.FETCHED),
        (b"\xff\xfe\x00", FetchOutcome.FETCHED),
    ],
)
def test_what_robots_that_cannot_be_read_mean(
    paper: Hostile, robots: bytes | int, outcome: FetchOutcome
) -> None:
    paper.robots = robots
    [page] = pages([paper.url("/html")]).values()
    assert page.outcome is outcome


def test_a_bad_url_is_named_and_stops_no_other(paper: Hostile) -> None:
    found = pages(["", "http://", "mailto:a@b.example", paper.url("/html")])
    assert [page.outcome for page in found.values()].count(FetchOutcome.BAD_URL) == 3
    assert found[paper.url("/html")].outcome is FetchOutcome.FETCHED


def test_pages_that_the_deadline_cuts_off_do_not_come(paper: Hostile) -> None:
    """They stay undone in the database: a page that was not asked for has not failed."""
    slow, fast = paper.url("/slow?s=5"), paper.url("/html")
    begun = time.monotonic()
    found = list(fetch_pages([slow, fast], INLINE, timedelta(seconds=0.5)))
    assert [page.url for page in found] == [fast]
    assert time.monotonic() - begun < 3
