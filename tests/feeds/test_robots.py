"""robots.txt: RFC 9309."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.robots import ALL, NONE, Robots, Rule, parse_robots

TEXT = """\ufeff# A fictional paper
User-agent: OtherBot
User-agent: ThirdBot
Disallow: /

User-agent: *
Disallow: /search
Disallow: /*.pdf$
Allow: /search/help
Disallow:
Crawl-delay: 10
Sitemap: https://gazette.example/sitemap.xml
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("", True),
        ("/news/1", True),
        ("/search", False),
        ("/search?q=1", False),
        ("/searching", False),
        ("/search/help/2", True),
        ("/%73earch", False),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/a/b.pdfx", True),
    ],
)
def test_the_longest_rule_decides(path: str, allowed: bool) -> None:
    assert parse_robots(TEXT, "NewsMonitor").allows(f"https://gazette.example{path}") is allowed


def test_rules_for_us_take_the_place_of_those_for_everyone() -> None:
    ours = "user-agent: newsmonitor/2.0 \ndisallow: /members\n"
    assert not parse_robots(TEXT + ours, "NewsMonitor").allows("https://gazette.example/members")
    assert parse_robots(TEXT + ours, "NewsMonitor").allows("https://gazette.example/search")
    assert parse_robots(TEXT + "User-agent: NewsMonitor\nDisallow:\n", "NewsMonitor") == ALL
    assert not parse_robots(TEXT, "ThirdBot").allows("https://gazette.example/news")


def test_allow_wins_a_tie() -> None:
    rules = parse_robots("User-agent: *\nDisallow: /a\nAllow: /a", "x")
    assert rules.allows("http://h.example/a")


@pytest.mark.parametrize(
    "text", ["", "<html>no</html>", "Disallow: /", "User-agent *\nDisallow /", "\x00:\x00"]
)
def test_what_says_nothing_allows_everything(text: str) -> None:
    assert parse_robots(text, "x").allows("http://h.example/a")


def test_the_two_constants() -> None:
    assert ALL.allows("http://h.example/")
    assert not NONE.allows("http://h.example/a?b")


@given(st.text(alphabet="ab*$/", min_size=1, max_size=8), st.text(alphabet="ab/", max_size=10))
def test_a_pattern_fits_what_its_regular_expression_fits(pattern: str, path: str) -> None:
    body = pattern.removesuffix("$")
    expression = ".*".join(re.escape(piece) for piece in body.split("*")) + ("$" if body != pattern else "")
    fits = not Robots((Rule(pattern, allow=False),)).allows(f"http://h.example/{path}")
    assert fits == bool(re.match(expression, f"/{path}"))


def test_a_pattern_made_to_take_for_ever_does_not() -> None:
    rules = parse_robots("User-agent: *\nDisallow: /" + "*a" * 1_000 + "b$", "x")
    assert rules.allows("http://h.example/" + "a" * 2_000)


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    parse_robots("User-agent: *\n" + text, "x").allows("http://h.example/a")


@pytest.mark.parametrize(
    ("text", "delay"),
    [
        (TEXT, 10.0),
        ("User-agent: us\nCrawl-delay: 2.5\n\nUser-agent: *\nCrawl-delay: 30", 2.5),
        ("User-agent: us\nDisallow: /a\n\nUser-agent: *\nCrawl-delay: 30", 0.0),
        ("User-agent: *\nCrawl-delay: 86400", 60.0),
        ("User-agent: *\nCrawl-delay: soon", 0.0),
        ("User-agent: *\nCrawl-delay: -3", 0.0),
        ("User-agent: *\nCrawl-delay: nan", 0.0),
        ("Crawl-delay: 3", 0.0),
    ],
)
def test_the_delay_is_that_of_our_group(text: str, delay: float) -> None:
    assert parse_robots(text, "us").delay == delay
