"""What programs pull from the archive, row after row in the order in which it was stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PulledArticle:
    """An article as of now; `topics` are those on which it is a hit. Fields are those of `articles_view`."""

    article_id: int
    title: str
    url: str
    publisher: str
    feed_group: str | None
    published_at: datetime | None
    first_seen_at: datetime
    effective_at: datetime
    language: str | None
    author: str | None
    summary: str
    text_source: str
    is_stale: bool
    story_id: int | None
    story_headline: str | None
    placed_as: str | None
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PulledHit:
    """A hit as of now, decided or not. Fields are those of `hits_view`."""

    hit_id: int
    topic: str
    score: float
    threshold: float
    classifier_version: str
    why_sentence: str
    found_at: datetime
    decision: str | None
    decision_in_words: str | None
    decided_at: datetime | None
    article_id: int
    article_title: str
    article_url: str
    publisher: str
    effective_at: datetime
    story_id: int | None
    story_headline: str | None
    story_independent_publishers: int | None
