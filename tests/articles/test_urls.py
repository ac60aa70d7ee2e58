from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.urls import canonical, registrable

paths = st.text(alphabet="abc/%.?#=&42FéA ~", max_size=30)
urls = st.builds(
    "{}://{}{}/{}".format,
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["www.a.example", "A.example", "amp.www.a.example", "www.com", "10.0.0.1"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    paths,
)


@given(urls)
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
    ],
)
def test_golden_pairs(url, key):
    assert canonical(url) == key


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
