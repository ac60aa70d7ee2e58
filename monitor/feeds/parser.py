"""A process of its own for parsing; `main` is what runs in it (see `monitor.pool`)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from monitor.pool import LENGTH, packed, work
from monitor.records import FetchOutcome, ParsedFeed

__all__ = ["LENGTH", "Order", "Reading", "main", "packed", "read_feed"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """One document to parse; `seconds` is its deadline."""

    body: bytes
    url: str
    content_type: str | None
    now: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How parsing ended: FETCHED with a feed, or why not."""

    outcome: FetchOutcome
    parsed: ParsedFeed | None = None
    detail: str = ""


def read_feed(order: Order) -> Reading:
    """Parse one document; whatever it holds, this returns."""
    from monitor.feeds.parse import EntityBomb, NotAFeed, Unreadable, parse

    try:
        parsed = parse(order.body, url=order.url, content_type=order.content_type, now=order.now)
    except NotAFeed as error:
        return Reading(FetchOutcome.NOT_A_FEED, detail=str(error))
    except EntityBomb as error:
        return Reading(FetchOutcome.ENTITY_BOMB, detail=str(error))
    except Unreadable as error:
        return Reading(FetchOutcome.UNREADABLE, detail=str(error))
    except Exception as error:
        # The door to a parser of strangers' documents: a fault in it must end this feed alone.
        _log.error("the parser failed on %s", order.url, exc_info=error)
        return Reading(FetchOutcome.UNREADABLE, detail=f"the parser failed on it ({type(error).__name__})")
    return Reading(FetchOutcome.FETCHED, parsed)


def main() -> None:
    """Serve orders on stdin."""
    import monitor.feeds.parse  # noqa: F401  # before "ready": its cost belongs to the start

    work(read_feed)
