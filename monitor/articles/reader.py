"""Reading pages in processes that can be killed; `main` is what runs in them."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.pool import Pool, Trade, work
from monitor.records import Page, ReadOutcome

SECONDS = 20.0  # for one page; the largest real ones take two
FAILED = Page("", "", None, None, None, outcome=ReadOutcome.TOO_SLOW)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageOrder:
    """One page to read; `seconds` is its deadline, the rest as `extract` takes it."""

    html: bytes
    url: str
    about: str = ""
    now: datetime | None = None
    seconds: float = SECONDS


def pool(size: int) -> Pool[PageOrder, Page]:
    """Workers that read pages."""
    return Pool(size, _READING)


def read_page(order: PageOrder) -> Page:
    """Read one page; whatever it holds, this returns."""
    from monitor.articles.extract import extract
    from monitor.articles.language import detect

    try:
        page = extract(order.html, order.url, about=order.about, now=order.now)
    except Exception as error:
        # The door to a parser of strangers' documents: a fault in it must end this page alone.
        _log.error("the extractor failed on %s", order.url, exc_info=error)
        return FAILED
    return replace(page, language=detect(page.text or page.title, page.language))


def main() -> None:
    """Start workers that read pages."""
    # Before the workers are forked, which share what is loaded.
    import monitor.articles.extract  # noqa: F401
    from monitor.articles.language import load

    load()
    logging.disable(logging.CRITICAL)
    work(read_page)


_READING = Trade("from monitor.articles.reader import main; main()", read_page)
