from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Permanent
from monitor.feeds.opml import _path, read, write
from monitor.records import FeedSpec
from monitor.settings import PROJECT
from monitor.text import clean

names = st.text(min_size=1, max_size=20).map(clean).filter(bool)
specs = st.builds(
    FeedSpec,
    url=st.integers(0, 10**6).map(lambda n: f"https://feeds.example/{n}?a=1&b=<2>"),
    title=names,
    group=st.lists(names, max_size=3).map(_path),
    site_url=st.none() | st.just("https://site.example/"),
    language=st.none() | st.just("en"),
)


@given(st.lists(specs, unique_by=lambda spec: spec.url))
def test_what_is_written_is_read_again(feeds):
    def by_url(spec: FeedSpec) -> str:
        return spec.url

    assert sorted(read(write(feeds)), key=by_url) == sorted(feeds, key=by_url)


def test_nested_groups_and_strange_spelling_are_read():
    document = b"""<OPML version="1.0"><body><outline text="News"><outline title="Asia">
      <outline text="One" XMLURL="https://one.example/rss"/></outline>
      <outline text="Two" xmlUrl="https://two.example/rss" category="/Europe/"/></outline>
      <outline text="again" xmlUrl="https://one.example/rss"/><outline text="no" xmlUrl="ftp://three.example"/>
      </body></OPML>"""
    assert [(spec.title, spec.group) for spec in read(document)] == [("One", "News/Asia"), ("Two", "News")]


@pytest.mark.parametrize("document", [b"", b"not xml", b"<rss/>", b"<opml><body>"])
def test_other_documents_are_refused(document):
    with pytest.raises(Permanent, match="not an OPML file"):
        read(document)


def test_outside_entities_stay_outside(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("https://secret.example/")
    document = f"""<!DOCTYPE opml [<!ENTITY x SYSTEM "{secret.as_uri()}">]>
      <opml version="2.0"><body><outline text="&x;">&x;</outline></body></opml>"""
    with pytest.raises(Permanent):
        read(document.encode())


def test_the_feeds_that_ship_are_many_and_grouped():
    feeds = read((PROJECT / "seeds" / "feeds.opml").read_bytes())
    assert len(feeds) >= 60
    assert all(spec.group and spec.title and spec.site_url for spec in feeds)
    assert len({spec.group for spec in feeds}) >= 6
