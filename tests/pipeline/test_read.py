"""The read step as a whole: pages that are one article become one."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime

from fakes.newspaper import site
from fixtures_outbox import changed, run
from sqlalchemy import select

from monitor import pipeline
from monitor.records import FeedSpec
from monitor.settings import Settings
from monitor.store import tables as t
from monitor.store.database import begin, open_database

TEXT = "".join(
    f"<p>{sentence}</p>"
    for sentence in (
        "The ministers of Norland and Estavia signed a pact of mutual defence on Tuesday evening.",
        "Under its fifth article an armed attack on either state is to be seen as an attack on both of them.",
        "Parliaments of both states will vote on it before the summer, officials of both governments said.",
        "The opposition in Estavia asked for a referendum, which its government has ruled out.",
        "Observers called the text the most far-reaching that the two neighbours have agreed on in decades.",
        "A joint staff will be set up next year, and exercises at the border will be held each autumn.",
    )
)


def page(own: str) -> str:
    head = f'<title>Norland and Estavia sign a pact</title><link rel="canonical" href="ROOT{own}">'
    story = f"<article><h1>Norland and Estavia sign a pact</h1>{TEXT}</article>"
    return f"<html><head>{head}</head><body>{story}</body></html>"


def feed(*links: str) -> str:
    now = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    items = "".join(
        f"<item><title>Norland and Estavia sign a pact</title><link>ROOT{link}</link><guid>{link}</guid>"
        f"<description>Ministers of both states signed it.</description><pubDate>{now}</pubDate></item>"
        for link in links
    )
    return f'<rss version="2.0"><channel><title>Courier</title>{items}</channel></rss>'


def test_pages_that_name_one_address_become_one_article(settings: Settings) -> None:
    """Two ways to one page, one in each of two feeds; and a third feed that links to the page itself."""
    pages = {
        "/one.xml": feed("/world/17"),
        "/two.xml": feed("/top/pact-signed"),
        "/three.xml": feed("/news/pact"),
        **dict.fromkeys(("/world/17", "/top/pact-signed", "/news/pact"), page("/news/pact")),
    }
    loopback = (ipaddress.ip_network("127.0.0.0/8"),)
    open_ = changed(settings, allowed_networks=loopback, host_spacing=0.0, parse_workers=0)
    with site(pages) as root:
        pipeline.add_feeds(
            open_, [FeedSpec(f"{root}/{name}.xml", name, alert_backlog=True) for name in ("one", "two")]
        )
        _, entries = pipeline.fetch(open_, run())
        assert entries.outcomes == {"new": 2}
        (pages_read,) = pipeline.read(open_, run())
        assert pages_read.outcomes == {"page_text": 1, "merged": 1}
        assert pages_read.balances
        pipeline.add_feeds(open_, [FeedSpec(f"{root}/three.xml", "three")])
        _, again = pipeline.fetch(open_, run())
        assert again.outcomes == {"duplicate": 1}
        pipeline.make_due(open_)
        pages["/one.xml"] += " "  # another document with the same news
        pages["/two.xml"] += " "
        _, later = pipeline.fetch(open_, run())
        assert later.outcomes == {"duplicate": 2}
    with begin(open_database(settings.database_url)) as db:
        (stored,) = db.execute(select(t.articles.c.id, t.articles.c.text, t.articles.c.read_outcome))
        sightings = db.execute(select(t.entries.c.article_id)).scalars().all()
    assert "fifth article" in stored.text
    assert stored.read_outcome == "page_text"
    assert sightings == [stored.id] * 3
