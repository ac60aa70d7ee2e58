"""The feeds of a site, found on a real server of loopback."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from monitor.feeds.discover import discover
from monitor.feeds.harvest import harvest
from monitor.records import Feed
from monitor.settings import Settings

SETTINGS = Settings(
    allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),),
    host_spacing=0.0,
    host_concurrency=8,
    parse_workers=0,
)


def feed(name: str, items: int) -> str:
    entries = "".join(
        f"<item><title>{name} {n}</title><link>https://c.example/{name}/{n}</link>"
        f"<pubDate>Wed, 04 Mar 2026 0{n}:00:00 GMT</pubDate></item>"
        for n in range(items)
    )
    return f'<rss version="2.0"><channel><title>{name}</title>{entries}</channel></rss>'


NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>https://c.example/n/1</loc><news:news>
<news:publication><news:name>Courier</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-03-04</news:publication_date><news:title>Signed</news:title></news:news></url></urlset>"""
PAGE = """<html><head><link rel="alternate" type="application/rss+xml" href="/world.xml">
<link rel="alternate" type="application/atom+xml" href="http://[broken"></head>
<body><a href="/defence/rss">RSS</a><a href="/about">About</a></body></html>"""


@contextmanager
def site(pages: dict[str, str]) -> Iterator[str]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            body = (found or "").replace("ROOT", f"http://{self.headers['Host']}").encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_links_paths_and_sitemaps_are_found_each_once() -> None:
    pages = {
        "/": PAGE,
        "/world.xml": feed("World", 3),
        "/defence/rss": feed("Defence", 2),
        "/feed": feed("World", 3),  # the same under another address
        "/atom.xml": "<feed xmlns='http://www.w3.org/2005/Atom'><title>empty</title></feed>",
        "/robots.txt": "User-agent: *\nSitemap: ROOT/pages.xml\nSitemap: ROOT/news.xml\n",
        "/news.xml": NEWS,
        "/pages.xml": NEWS.partition("<news:news>")[0] + "</url></urlset>",
    }
    with site(pages) as root:
        found = discover(f"{root}/", SETTINGS)
    assert found.problem == ""
    assert [(one.title, one.how, one.entries) for one in found.feeds] == [
        ("World", "link", 3),
        ("Defence", "link", 2),
        ("Courier", "robots.txt", 1),
    ]
    assert found.feeds[0].headlines == ("World 0", "World 1", "World 2")


def test_a_feed_is_itself_and_nothing_else_is_asked() -> None:
    with site({"/world.xml": feed("World", 3)}) as root:
        found = discover(f"{root}/world.xml", SETTINGS)
    assert [(one.title, one.how, one.format) for one in found.feeds] == [("World", "address", "rss20")]


def test_an_index_of_sitemaps_brings_the_news_of_its_sitemaps() -> None:
    index = "".join(
        f"<sitemap><loc>ROOT/{n}.xml</loc></sitemap>" for n in ("pages", "none", "news", *range(30))
    )
    pages = {
        "/sitemap.xml": f"<sitemapindex>{index}</sitemapindex>",
        "/news.xml": NEWS,
        "/pages.xml": NEWS.partition("<news:news>")[0] + "</url></urlset>",
    }
    with site(pages) as root:
        (polled,) = harvest([Feed(1, f"{root}/sitemap.xml", "Courier")], SETTINGS)
    assert polled.parsed is not None
    assert [entry.title for entry in polled.parsed.entries] == ["Signed"]


def test_what_cannot_be_read_says_why() -> None:
    with site({}) as root:
        found = discover(f"{root}/", SETTINGS)
    assert found.feeds == ()
    assert "cannot be read" in found.problem
