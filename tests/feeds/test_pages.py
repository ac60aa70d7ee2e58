"""Many pages at once, by the rules of their sites, against a hostile server on loopback."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from fakes.hostile import Hostile, hostile_server

from monitor.feeds.pages import fetch_pages, lasting, origin_of
from monitor.feeds.robots import LIMIT
from monitor.records import Fetched, FetchOutcome, SiteRules
from monitor.settings import Settings

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
INLINE = Settings(allowed_networks=(LOOPBACK,), host_spacing=0.0, host_concurrency=50, parse_workers=0)
SOON = timedelta(seconds=10)


@pytest.fixture(scope="module")
def site() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


def test_nothing_to_do_is_no_work() -> None:
    assert list(fetch_pages([], INLINE, SOON)) == []


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
        (500, FetchOutcome.SERVER_ERROR),
        (503, FetchOutcome.SERVER_ERROR),
        (429, FetchOutcome.RATE_LIMITED),
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


def test_the_start_of_a_larger_robots_is_read(paper: Hostile) -> None:
    """What is beyond the limit does not count, and neither does the line that it cuts in two."""
    start = b"User-agent: *\nDisallow: /html\n"
    filler = b"# nothing\n" * 60_000
    cut = (start + filler)[: LIMIT - len(b"Disallow: /f")] + b"Disallow: /feed-of-old\nDisallow: /pdf\n"
    paper.robots = cut + filler
    found = pages([paper.url("/html"), paper.url("/feed"), paper.url("/pdf")])
    assert [found[paper.url(path)].detail for path in ("/html", "/feed", "/pdf")] == [
        "robots.txt does not allow it",
        "not a web page: application/rss+xml",
        "not a web page: application/pdf",
    ]


def test_a_crawl_delay_is_kept(paper: Hostile) -> None:
    paper.robots = b"User-agent: *\nCrawl-delay: 0.4\n"
    pages([paper.url(f"/html?n={n}") for n in range(3)])
    times = [request.at for request in paper.seen]
    assert len(times) == 4
    assert all(later - earlier >= 0.39 for earlier, later in pairwise(times[1:]))


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


def test_a_redirect_is_judged_by_the_rules_of_where_it_leads(paper: Hostile) -> None:
    """Both addresses are the same server here: one robots.txt, asked for once at each host."""
    paper.robots = b"User-agent: *\nDisallow: /html\n"
    [page] = pages([paper.url(f"/to?u={paper.url('/html', host='127.0.0.2')}")]).values()
    assert (page.outcome, page.detail) == (FetchOutcome.FORBIDDEN, "robots.txt does not allow it")
    assert page.final_url == paper.url("/html", host="127.0.0.2")
    assert paper.paths() == ["/robots.txt", "/to", "/robots.txt"]


def test_rules_that_are_known_are_not_asked_for(paper: Hostile) -> None:
    paper.robots = b"User-agent: *\nDisallow: /\n"
    origin = origin_of(paper.url("/html?a=1"))
    assert origin == paper.url("")
    known = {origin: SiteRules(origin, FetchOutcome.FETCHED, "", datetime.now(UTC))}
    [page] = fetch_pages([paper.url("/html")], INLINE, SOON, rules=known)
    assert page.outcome is FetchOutcome.FETCHED
    assert paper.paths() == ["/html"]


def test_rules_that_were_asked_for_can_be_kept(paper: Hostile) -> None:
    found: dict[str, SiteRules] = {}
    paper.robots = b"User-agent: *\nDisallow: /\n"
    [page] = fetch_pages([paper.url("/html")], INLINE, SOON, rules=found)
    assert page.outcome is FetchOutcome.FORBIDDEN
    assert [said.text for said in lasting(found)] == ["User-agent: *\nDisallow: /\n"]
    paper.robots = 503
    silent: dict[str, SiteRules] = {}
    assert [page.outcome for page in fetch_pages([paper.url("/html")], INLINE, SOON, rules=silent)] == [
        FetchOutcome.SERVER_ERROR
    ]
    assert (len(silent), lasting(silent)) == (1, [])


def test_a_host_that_wants_a_pause_is_not_asked(paper: Hostile) -> None:
    [page] = fetch_pages([paper.url("/html")], INLINE, SOON, pauses={"127.0.0.1": 60.0})
    assert page.outcome is FetchOutcome.POSTPONED
    assert paper.paths() == []


def test_what_cannot_be_fetched_has_no_origin() -> None:
    assert origin_of("mailto:a@b.example") is None
    assert origin_of("https://User:secret@News.Example:443/a?b") == "https://news.example"
