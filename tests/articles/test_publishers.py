from __future__ import annotations

import pytest

from monitor.articles.publishers import publisher
from monitor.records import Publisher


@pytest.mark.parametrize(
    ("name", "country", "source"),
    [
        ("bbc.co.uk", "GBR", "list"),
        ("gov.example.uk", "GBR", "tld"),
        ("yna.co.kr", "KOR", "tld"),
        ("news.io", None, ""),
        ("reuters.example", None, ""),
        ("The Daily. Fr", None, ""),
        ("Intranet", None, ""),
    ],
)
def test_the_list_counts_before_the_domain(name: str, country: str | None, source: str) -> None:
    assert publisher(name, {"bbc.co.uk": "GBR"}) == Publisher(name, country, source)
