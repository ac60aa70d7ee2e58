"""The feeds of a site, found on a real server of loopback."""

from __future__ import annotations

import ipaddress

from fakes.newspaper import NEWS, PAGE, feed, site

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
