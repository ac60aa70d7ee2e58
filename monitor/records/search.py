"""What is looked for in the archive, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class SearchOrder(StrEnum):
    DATE = "date"  # newest first
    RELEVANCE = "relevance"  # words in the headline and fresh news first


@dataclass(frozen=True, slots=True)
class Search:
    """A question to the archive; what is None or empty does not count.

    `words` is in the query language of `monitor.store.questions`. `since` and `until` bound the time
    an article counts as, both included. `country` is the state of the publisher. `actors` are
    keys that the article must all name; that of a state or alliance stands for its people too.
    """

    words: str = ""
    topic: str | None = None
    min_score: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    publisher: str | None = None
    country: str | None = None
    actors: tuple[str, ...] = ()
    language: str | None = None
    story: int | None = None
    order: SearchOrder = SearchOrder.DATE


@dataclass(frozen=True, slots=True)
class SearchRow:
    """An article that was found.

    `published_at` is the time it counts as: published, or first seen where its date was no good.
    `topics` are its hits with their scores, best first. `title_marks` and `snippet_marks` are pairs of
    offsets at which the words occur that were asked for.
    """

    article_id: int
    title: str
    url: str
    publisher: str
    published_at: datetime
    story_id: int | None
    topics: tuple[tuple[str, float], ...]
    snippet: str
    title_marks: tuple[tuple[int, int], ...] = ()
    snippet_marks: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """How the articles that were found spread; each facet largest first, days in order.

    Where more were found than are counted, `counted` is the newest of them and `all_counted` false.
    """

    counted: int
    all_counted: bool
    topics: tuple[tuple[str, int], ...] = ()
    publishers: tuple[tuple[str, int], ...] = ()
    countries: tuple[tuple[str, int], ...] = ()
    languages: tuple[tuple[str, int], ...] = ()
    actors: tuple[tuple[str, int], ...] = ()
    days: tuple[tuple[date, int], ...] = ()
