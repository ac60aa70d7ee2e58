from __future__ import annotations

from datetime import UTC, datetime

import pytest

from monitor.feeds.formats.sitemap import is_sitemap, read_sitemap

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
NEWS = """<?xml version="1.0"?><!-- made by hand --><urlset {names}>
<url><loc> https://c.example/1 </loc><lastmod>2026-03-01</lastmod><news:news><news:publication>
<news:name>Courier</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-03-04T08:00:00+01:00</news:publication_date>
<news:title>Pact &amp; peace</news:title></news:news></url>
<url><loc>https://c.example/2</loc><lastmod>2026-03-02</lastmod></url></urlset>"""
NAMES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


@pytest.mark.parametrize("names", [NAMES, "", NAMES.replace("sitemaps.org", "sitemap.org")])
def test_pages_and_their_news_whatever_the_namespaces(names: str) -> None:
    body = NEWS.format(names=names).encode()
    assert is_sitemap(body)
    found = read_sitemap(body, NOW)
    assert found is not None
    assert (found.format, found.title, found.language) == ("news-sitemap", "Courier", "en")
    assert [(e.url, e.title, e.published_at) for e in found.entries] == [
        ("https://c.example/1", "Pact & peace", datetime(2026, 3, 4, 7, tzinfo=UTC)),
        ("https://c.example/2", "", datetime(2026, 3, 2, tzinfo=UTC)),
    ]


def test_an_index_lists_its_sitemaps() -> None:
    body = b"<sitemapindex><sitemap><loc>https://c.example/a.xml</loc></sitemap></sitemapindex>"
    found = read_sitemap(body, NOW)
    assert found is not None
    assert (found.format, [e.url for e in found.entries]) == ("sitemap-index", ["https://c.example/a.xml"])


def test_rows_that_lie_in_each_other_for_want_of_an_end() -> None:
    rows = "".join(f"<url><loc>https://c.example/{n}<lastmod>2026-03-0{n}</lastmod>" for n in (1, 2, 3))
    found = read_sitemap(f"<urlset>{rows}</urlset>".encode(), NOW)
    assert found is not None
    assert [e.url for e in found.entries] == [f"https://c.example/{n}" for n in (1, 2, 3)]
    assert [e.published_at for e in found.entries] == [datetime(2026, 3, n, tzinfo=UTC) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "body", [b"", b"<rss><channel><url/></channel></rss>", b"urlset", b"<html><urlset/></html>"]
)
def test_other_documents_are_none(body: bytes) -> None:
    assert not is_sitemap(body)
