from __future__ import annotations

from pathlib import Path

import pytest

from monitor.articles import roster
from monitor.articles.names import of_states
from monitor.articles.publishers import publisher
from monitor.articles.urls import registrable
from monitor.feeds.opml import read
from monitor.records import Publisher

SEEDS = Path(__file__).parents[2] / "seeds"


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


def test_every_feed_that_ships_has_a_state_but_those_of_bodies() -> None:
    specs = read((SEEDS / "feeds.opml").read_bytes())
    listed = roster.load(SEEDS).publishers
    hosts = {registrable(url) for spec in specs for url in (spec.url, spec.site_url) if url}
    unknown = {host for host in hosts if host and publisher(host, listed).country is None}
    assert unknown <= {"europa.eu", "iaea.org", "un.org"}  # they speak for many states


def test_the_usual_name_of_a_state_is_in_the_usual_letters() -> None:
    assert {key: of_states("en")[key][0] for key in ("NOR", "EST", "CHN")} == {
        "NOR": "Norway",
        "EST": "Estonia",
        "CHN": "China",
    }
