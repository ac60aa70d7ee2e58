"""From a feed's document to its articles, as a piece of work for processes that can be killed.

Keys, languages and texts of entries cost about as much as parsing them, so they are made where the
document is parsed, on another core than that of requests and rows.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.articles.intake import admit
from monitor.feeds.formats.sitemap import INDEX
from monitor.feeds.parser import Order, Reading, read_feed
from monitor.pool import Trade, work


def take_in(order: Order) -> Reading:
    """Parse one document and judge its entries, where the order says whose they are.

    The entries of an index are other documents, not articles.
    """
    reading = read_feed(order)
    if reading.parsed is None or order.feed is None or reading.parsed.format == INDEX:
        return reading
    entries, parsed = reading.parsed.entries, replace(reading.parsed, entries=())
    return replace(reading, parsed=parsed, admitted=tuple(admit(entries, order.feed, order.now)))


def main() -> None:
    """Start workers that take documents in."""
    # Before the workers are forked, which share what is loaded.
    import monitor.feeds.parse  # noqa: F401
    from monitor.articles import language, urls

    urls.registrable("https://example.org/")
    language.load()
    work(take_in)


TAKING_IN = Trade("from monitor.intake import main; main()", take_in)
