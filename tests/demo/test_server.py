from __future__ import annotations

import asyncio
import gzip
import http.client
import socket
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
from lxml import etree

from monitor import demo
from monitor.demo import FeedServer, dates
from monitor.errors import Misconfigured

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OLD = (
    b"<rss><channel><title>Old &amp; slow</title>"
    b"<item><pubDate>Fri, 01 Jan 2021 00:00:00 GMT</pubDate></item></channel></rss>"
)
NEW = (
    b"<rss><channel><title>New</title><link>{{server}}/x</link>"
    b"<item><pubDate>Sat, 02 Jan 2021 00:00:00 GMT</pubDate></item></channel></rss>"
)
FEEDS = {"old.xml": OLD, "new.xml": NEW}


def get(url: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    asked = urllib.request.Request(
        url, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


def newest(server: FeedServer, name: str) -> datetime | None:
    return dates.newest(get(server.url(name))[1], NOW + timedelta(days=1))


def test_the_order_between_feeds_is_kept():
    with FeedServer(FEEDS, now=NOW) as server:
        assert newest(server, "new.xml") == NOW - timedelta(hours=1)
        assert newest(server, "old.xml") == NOW - timedelta(hours=25)


def test_each_feed_can_be_new():
    with FeedServer(FEEDS, now=NOW, per_feed=True, newest=timedelta(minutes=5)) as server:
        assert {newest(server, name) for name in FEEDS} == {NOW - timedelta(minutes=5)}


def test_a_repeated_request_is_answered_304():
    with FeedServer(FEEDS, now=NOW) as server:
        url = server.url("new.xml")
        status, body, headers = get(url)
        assert (status, headers["Last-Modified"]) == (200, "Wed, 01 Jul 2026 12:00:00 GMT")
        assert headers["Content-Type"] == "application/rss+xml"
        assert get(url, If_None_Match=headers["ETag"])[:2] == (304, b"")
        assert get(url, If_None_Match=f'"other", W/{headers["ETag"]}')[0] == 304
        assert get(url, If_Modified_Since=headers["Last-Modified"])[0] == 304
        assert get(url, If_Modified_Since="Wed, 01 Jul 2026 11:59:59 GMT")[0] == 200
        assert get(url, If_Modified_Since="some day")[0] == 200
        other = get(url, If_None_Match='"other"', If_Modified_Since=headers["Last-Modified"])
        assert other[:2] == (200, body), "the ETag goes before the date"
        assert server.served == {200: 4, 304: 3}


def test_the_placeholder_becomes_the_address_of_the_server():
    with FeedServer(FEEDS, now=NOW) as server:
        assert f"<link>{server.origin}/x</link>".encode() in get(server.url("new.xml"))[1]


def test_unknown_paths_and_methods():
    with FeedServer(FEEDS, now=NOW) as server:
        assert get(server.origin + "/feeds/none.xml")[0] == 404
        parts = urlsplit(server.url("new.xml"))
        client = http.client.HTTPConnection(parts.netloc, timeout=10)
        lengths = []
        for method in ("HEAD", "POST", "GET"):  # one connection, kept alive
            client.request(method, parts.path)
            answer = client.getresponse()
            lengths.append((answer.status, len(answer.read())))
        client.close()
        assert [status for status, _ in lengths] == [200, 405, 200]
        assert lengths[0][1] == 0 < lengths[2][1]


def test_noise_is_refused_and_pipelined_requests_are_answered_in_turn():
    with FeedServer(FEEDS, now=NOW) as server:
        where = (urlsplit(server.origin).hostname, urlsplit(server.origin).port)
        for noise in (b"hello\r\n\r\n", b"x" * 70_000):
            with socket.create_connection(where, timeout=10) as client:
                client.sendall(noise)
                assert client.recv(100).startswith(b"HTTP/1.1 400 ")
        with socket.create_connection(where, timeout=10) as client:
            client.sendall(b"HEAD / HTTP/1.1\r\n\r\nHEAD /none HTTP/1.1\r\nConnection: close\r\n\r\n")
            with client.makefile("rb") as answers:
                lines = answers.read().split(b"\r\n")
        assert [line[9:12] for line in lines if line.startswith(b"HTTP/1.1")] == [b"200", b"404"]


def test_files_and_folders_are_served_by_their_names(tmp_path: Path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b" / "one@2.xml").write_bytes(OLD)
    (tmp_path / "two.xml.gz").write_bytes(gzip.compress(NEW))
    (tmp_path / "read me.md").write_text("not a feed")
    files = [tmp_path / "a b" / "one@2.xml", tmp_path / "two.xml.gz"]
    for sources in (tmp_path, files):
        with FeedServer(sources, now=NOW) as server:
            assert [get(url)[0] for url in server.urls()] == [200, 200]
            assert server.url("a b/one@2.xml") == server.url(files[0]) == server.urls()[0]
            assert newest(server, "two.xml.gz") == NOW - timedelta(hours=1)


def test_the_subscription_list_names_all_feeds():
    with FeedServer(FEEDS, now=NOW) as server:
        outlines = etree.fromstring(server.opml()).findall(".//outline[@xmlUrl]")
        assert [outline.get("xmlUrl") for outline in outlines] == server.urls()
        assert [outline.get("title") for outline in outlines] == ["New", "Old & slow"]
        assert [get(outline.get("htmlUrl"))[0] for outline in outlines] == [200, 200]


async def _all(urls: list[str], times: int) -> list[int]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(url: str) -> int:
            async with session.get(url) as answer:
                await answer.read()
                return answer.status

        return await asyncio.gather(*(one(url) for url in urls * times))


def test_two_hundred_slow_answers_take_about_one_latency():
    latency = 0.4
    with FeedServer(FEEDS, now=NOW, latency=latency) as server:
        start = time.perf_counter()
        statuses = asyncio.run(_all(server.urls(), 100))
        elapsed = time.perf_counter() - start
    assert statuses == [200] * 200
    assert latency <= elapsed < 5 * latency, "one after another would take 200 latencies"


@pytest.mark.skipif(not Path("/proc/net").exists(), reason="only Linux answers on all of 127.0.0.0/8")
def test_feeds_can_be_spread_over_loopback_hosts():
    many = {f"{number:03}.xml": NEW for number in range(300)}
    with FeedServer(many, now=NOW, spread=True) as server:
        assert len({urlsplit(url).hostname for url in server.urls()}) == 300
        assert asyncio.run(_all(server.urls()[::50], 1)) == [200] * 6
        url = server.urls()[250]
        assert f"http://{urlsplit(url).netloc}/x".encode() in get(url)[1]


def test_peers_from_the_network_are_dropped():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; asks which address would be used
            outward = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but loopback")
    if outward.startswith("127."):
        pytest.skip("this machine has no address but loopback")
    with FeedServer(FEEDS, now=NOW, spread=True) as server:
        where = (outward, urlsplit(server.origin).port)
        with pytest.raises(OSError), socket.create_connection(where, timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\n\r\n")
            if not client.recv(10):
                raise ConnectionResetError("closed without an answer")


def test_wrong_set_ups_say_what_to_do(tmp_path: Path):
    with pytest.raises(Misconfigured, match="no feeds in"):
        FeedServer(tmp_path)
    with pytest.raises(Misconfigured, match="cannot read"):
        FeedServer([tmp_path / "none.xml"])
    (tmp_path / "cut.xml.gz").write_bytes(gzip.compress(OLD)[:20])
    with pytest.raises(Misconfigured, match="cannot read"):
        FeedServer(tmp_path)
    with pytest.raises(Misconfigured, match="MONITOR_SEEDS"):
        demo.serve(tmp_path)
    with FeedServer(FEEDS) as server, pytest.raises(Misconfigured, match="choose another port"):
        FeedServer(FEEDS, port=urlsplit(server.origin).port or 0).start()


def test_a_server_can_be_stopped_twice_and_lets_go_of_its_port():
    server = FeedServer(FEEDS).start()
    port = urlsplit(server.origin).port
    server.stop()
    server.stop()
    with FeedServer(FEEDS, port=port or 0) as again:
        assert get(again.urls()[0])[0] == 200
