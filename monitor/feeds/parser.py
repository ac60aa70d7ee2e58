"""Parsing one document as a piece of work for processes that can be killed (see `monitor.pool`)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from monitor.pool import Lost, Trade, work
from monitor.records import EntryOutcome, Feed, FetchOutcome, NewArticle, ParsedFeed

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """One document to parse; `seconds` is its deadline, `feed` whose it is, if its entries are judged."""

    body: bytes
    url: str
    content_type: str | None
    now: datetime
    seconds: float
    feed: Feed | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """How parsing ended: FETCHED with a feed, or why not.

    Where the entries were judged, `admitted` has for each what it is, and `parsed` holds none of them.
    """

    outcome: FetchOutcome
    parsed: ParsedFeed | None = None
    detail: str = ""
    admitted: tuple[NewArticle | EntryOutcome, ...] | None = None


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


def unless_lost(reading: Reading | Lost) -> Reading:
    """`reading`, or what it means for a feed that there is none."""
    return Reading(FetchOutcome.UNREADABLE, detail=reading.detail) if isinstance(reading, Lost) else reading


def main() -> None:
    """Start workers that parse."""
    import monitor.feeds.parse  # noqa: F401  # before the workers are forked, which share it

    work(read_feed)


PARSING = Trade("from monitor.feeds.parser import main; main()", read_feed)
