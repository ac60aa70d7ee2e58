"""Feeds that redirect for good: when their new address is believed (pure).

One 301 may be a slip of a server or a captive portal. It is believed when several polls in a row lead to
the same address and bring the feed each time; until then the old address is asked, and leads there.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from monitor.records import FETCH_SUCCEEDED, Feed, Polled

BELIEVED_AFTER = 3
LONGEST = 2_000  # characters of an address that can be stored


def moved(feed: Feed, polled: Polled) -> tuple[str | None, int, bool]:
    """Where `feed` redirects for good, how many polls in a row led there, and whether it moves now.

    A poll that failed says nothing of it; one that stayed, or led elsewhere, starts the count anew.
    """
    if polled.fetched.outcome not in FETCH_SUCCEEDED:
        return feed.moved_to, feed.moved_times, False
    target = polled.fetched.moved_to
    if target is None or target == feed.url or len(target) > LONGEST or _has_user(feed.url):
        return None, 0, False
    times = feed.moved_times + 1 if target == feed.moved_to else 1
    return target, times, times >= BELIEVED_AFTER


def _has_user(url: str) -> bool:
    """Whether an address carries a user's name: a redirect drops it, and the feed would lose it."""
    return "@" in urlsplit(url).netloc
