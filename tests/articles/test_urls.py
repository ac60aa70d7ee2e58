from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.urls import _plainly, _step_by_step, canonical, own_key, registrable

paths = st.text(alphabet="abc/%.?#=&42FéA ~", max_size=30)
urls = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["www.a.example", "A.example", "amp.www.a.example", "www.com", "10.0.0.1"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    paths,
)


links_through = st.builds(
    "https://{}{}".format,
    st.sampled_from(
        [
            "www.google.com/url?q=",
            "l.facebook.com/l.php?u=",
            "a.cdn.ampproject.org/c/s/",
            "www.google.com/amp/s/",
            "news.google.com/articles/CBMi",
            "youtu.be/",
        ]
    ),
    st.text(alphabet="abc/%.?#=&:;42FéA ~", max_size=40) | urls,
)


@given(urls | links_through | st.text(st.characters(), max_size=40))
def test_a_canonical_address_is_its_own(url):
    assert canonical(canonical(url)) == canonical(url)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://www.Courier.example:80/a/b/", "https://courier.example/a/b"),
        ("https://courier.example/a?utm_source=x&id=7&fbclid=y#top", "https://courier.example/a?id=7"),
        ("https://courier.example/a?b=2&a=1", "https://courier.example/a?a=1&b=2"),
        ("https://courier.example/a/amp/", "https://courier.example/a"),
        ("https://amp.courier.example/a/index.html", "https://courier.example/a"),
        ("https://courier.example/caf%C3%A9", "https://courier.example/caf%C3%A9"),
        ("https://courier.example/café", "https://courier.example/caf%C3%A9"),
        ("https://courier.example/a?from=rss", "https://courier.example/a"),
        ("https://courier.example/list?from=20", "https://courier.example/list?from=20"),
        ("https://courier.example:8443/a", "https://courier.example:8443/a"),
        ("https://courier.example/app#!/story/7", "https://courier.example/app#!/story/7"),
        ("https://courier.example", "https://courier.example/"),
        ("https://courier.example:port/a", "https://courier.example:port/a"),
        ("https://m.courier.example/a.amp.html", "https://courier.example/a.html"),
        ("https://mobile.courier.example/amp/a", "https://courier.example/a"),
        ("https://en.m.courier.example/a", "https://en.courier.example/a"),
        ("https://courier.example/amp/2026/pact?outputType=amp", "https://courier.example/2026/pact"),
        (
            "https://courier-example.cdn.ampproject.org/c/s/www.courier.example/a/amp",
            "https://courier.example/a",
        ),
        ("https://www.google.com/amp/s/amp.courier.example/a", "https://courier.example/a"),
        ("https://courier.example/a;jsessionid=9F2C?x=1", "https://courier.example/a?x=1"),
        ("https://courier.example/a?PHPSESSID=abc&id=7", "https://courier.example/a?id=7"),
        ("https://courier.example/a?sid=0123456789abcdef0123456789abcdef", "https://courier.example/a"),
        ("https://courier.example/a/index.php?id=7", "https://courier.example/a?id=7"),
        ("https://courier.example/a/../b/./c//d", "https://courier.example/b/c/d"),
        (
            "https://www.google.com/url?rct=j&url=https%3A%2F%2Fcourier.example%2Fa&ct=ga",
            "https://courier.example/a",
        ),
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fcourier.example%2Fa%3Ffbclid%3Dx",
            "https://courier.example/a",
        ),
        (
            "https://news.google.com/rss/articles/CBMiGWh0dHBzOi8vY291cmllci5leGFtcGxlL2HSAQA?oc=5",
            "https://courier.example/a",
        ),
        ("https://news.google.com/rss/articles/CBMiAUFVX3lxTE1zb21ldGhpbmc", None),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/%C3%A4"),
        ("https://courier.example/app#/story/7", "https://courier.example/app#/story/7"),
        ("https://groups.google.com/g/x#post-7", "https://groups.google.com/g/x#post-7"),
        ("https://youtu.be/abc?si=1", "https://youtube.com/watch?v=abc"),
    ],
)
def test_golden_pairs(url, key):
    assert canonical(url) == (key or url)


@pytest.mark.parametrize("other", ["?id=8", "/b?id=7", "?ID=7"])
def test_different_pages_stay_apart(other):
    assert canonical("https://courier.example/a?id=7") != canonical(f"https://courier.example/a{other}")


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://news.bbc.co.uk/1", "bbc.co.uk"),
        ("http://127.0.0.1:80/x", None),
        ("http://intranet/x", None),
        ("not an address", None),
    ],
)
def test_registrable(url, domain):
    assert registrable(url) == domain


@pytest.mark.parametrize(
    ("named", "final", "key"),
    [
        (
            "https://www.courier.example/a?utm_source=x",
            "https://m.courier.example/b",
            "https://courier.example/a",
        ),
        (None, "https://courier.example/b?fbclid=1", "https://courier.example/b"),
        ("https://elsewhere.example/a", "https://courier.example/b", "https://courier.example/b"),
        ("https://courier.example/", "https://courier.example/b", "https://courier.example/b"),
        (None, "https://courier.example/", None),
    ],
)
def test_a_page_is_believed_about_its_own_site(named: str | None, final: str, key: str | None) -> None:
    assert own_key(named, final) == key


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://www.theguardian.com/world/live/2026/mar/04/talks#block-65e5a1b28f08c9d1", True),
        ("https://www.theguardian.com/world/2026/mar/04/talks#comments", False),
        ("https://github.com/a/b/issues/1#issuecomment-99", True),
        ("https://github.com/a/b/releases/tag/v1#assets", False),
        ("https://courier.example/a#top", False),
        ("https://courier.example/#!/a", True),
    ],
)
def test_fragments_count_where_a_site_names_articles_by_them(url: str, kept: bool) -> None:
    assert ("#" in canonical(url)) is kept


plain_urls = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        "courier.example www.m.courier.example amp.www.courier.example en.m.courier.example youtu.be "
        "m.youtu.be www.google.com l.facebook.com a.safelinks.protection.outlook.com a.cdn.ampproject.org "
        "www.com 10.0.0.1 out.reddit.com github.com m.www.m.a.b.example".split()
    ),
    st.sampled_from(["", ":80", ":443", ":0", ":0080", ":8080"]),
    st.text(alphabet="ab/.-~_", max_size=12)
    | st.sampled_from(["/amp/a", "/a/amp", "/a.amp", "/index.html", "/url"]),
    st.sampled_from(
        ["", "?", "?a=1", "?b=2&a=1", "?utm_x=x&id=7", "?from=rss&a", "?q=a/b", "?url=x&&", "?a#b"]
    ),
)


@given(plain_urls)
def test_the_short_way_to_a_key_leads_where_the_long_one_does(url: str) -> None:
    assert _plainly(url) in {None, _step_by_step(url)}
    host = urlsplit(url).hostname or ""
    assert registrable(url) == registrable(f"http://reader@{host}/")


def test_most_addresses_take_the_short_way() -> None:
    assert _plainly("https://www.courier.example/2026/03/04/pact-signed/?utm_source=rss&id=7")
