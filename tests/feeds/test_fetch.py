"""What the door to HTTP makes of the answers of a hostile server on loopback."""

from __future__ import annotations

import hashlib
import time
import tracemalloc
from datetime import timedelta

import pytest
from fakes.hostile import ETAG, FEED, LAST_MODIFIED, Hostile
from fixtures_fetch import OPEN, SHORT, get

from monitor.records import FetchOutcome


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
