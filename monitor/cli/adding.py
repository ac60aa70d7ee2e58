"""`monitor feeds add`: what an address would bring, before it is added."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.errors import Permanent
from monitor.records import FeedSpec
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.feeds.discover import Found

Backlog = Annotated[
    bool, typer.Option("--alert-backlog", help="Let what the feeds hold already alert, not only what comes.")
]


def add(
    url: Annotated[str, typer.Argument(help="The address of a feed, or of a site.")],
    title: Annotated[str, typer.Option(help="Name to show.")] = "",
    group: Annotated[str, typer.Option(help="Group to file it under, like Europe or Europe/North.")] = "",
    every: Annotated[bool, typer.Option("--all", "--yes", help="Add every feed that is found.")] = False,
    unchecked: Annotated[bool, typer.Option("--unchecked", help="Add the address without a look.")] = False,
    alert_backlog: Backlog = False,
) -> None:
    """Add a feed, or find the feeds of a site and add those you choose."""
    from monitor import pipeline
    from monitor.articles.urls import registrable

    if not re.match(r"https?://[^/\s]+", url):
        raise Permanent(f"{url!r} is no address of a feed: give one that starts with https://")
    settings = load()
    if unchecked:
        specs = [FeedSpec(url, title or registrable(url) or url, group)]
    else:
        chosen = _chosen(url, every)
        specs = [
            FeedSpec(found.url, title if title and len(chosen) == 1 else found.title, group)
            for found in chosen
        ]
    added = pipeline.add_feeds(settings, specs, alert_backlog=alert_backlog)
    for spec in specs:
        new = added.get(spec.url)
        show.say(f"added {spec.url}; the next run polls it" if new else f"{spec.url} is there already")


def _chosen(url: str, every: bool) -> Sequence[Found]:
    """Look at `url`, show what it would bring, and let the user choose where there are several.

    Raises:
        Permanent: there is nothing to add, or nobody to choose.
    """
    from monitor.feeds.discover import discover

    found = discover(url, load())
    if found.problem:
        raise Permanent(f"{found.problem}; `--unchecked` adds the address as it is")
    if not found.feeds:
        raise Permanent(f"no feed was found at {url}: give the feed's own address, or add it `--unchecked`")
    _show(found.feeds)
    if every or len(found.feeds) == 1:
        return found.feeds
    if not sys.stdin.isatty():
        raise Permanent("there are several: add one by its address, or all of them with `--all`")
    numbers = typer.prompt("Which of them? Numbers, or nothing for none", default="", show_default=False)
    wanted = {int(number) for number in re.findall(r"\d+", numbers)}
    return [one for number, one in enumerate(found.feeds, 1) if number in wanted]


def _show(feeds: Sequence[Found]) -> None:
    columns = ["No", "Feed", "Format", "Entries", "A day", "Newest", "Found by", "URL"]
    lines = [
        [n, one.title, one.format, one.entries, one.a_day, one.newest, one.how, one.url]
        for n, one in enumerate(feeds, 1)
    ]
    show.rows(columns, lines, show.Format.TABLE, empty="")
    for number, one in enumerate(feeds, 1):
        for headline in one.headlines:
            show.say(f"  {number}  {headline}")
