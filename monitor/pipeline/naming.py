"""Who is named in articles that are being placed: read, find, write beside the placement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.records import ArticleActors, NewsText, Publisher, StoryText
from monitor.settings import Settings
from monitor.store import mentions


@dataclass(frozen=True, slots=True)
class Named:
    """What was found in a batch: actors by article, and the states of its publishers."""

    articles: dict[int, ArticleActors]
    publishers: tuple[Publisher, ...]


def name(settings: Settings, db: Connection, fresh: Sequence[StoryText]) -> Named:
    """Find the actors of articles, and where their publishers sit.

    Raises:
        Misconfigured: `seeds/actors.toml` cannot be used.
    """
    texts = mentions.texts(db, (text.article_id for text in fresh))
    return find(settings, texts, sorted({text.publisher for text in fresh}))


def find(settings: Settings, texts: Sequence[NewsText], publishers: Sequence[str]) -> Named:
    """The same for texts that have been read."""
    from monitor.articles import gazetteer
    from monitor.articles.actors import name_actors
    from monitor.articles.publishers import publisher

    known = gazetteer.of(settings.seeds)
    found = {one.article_id: one for one in name_actors(known, texts)}
    listed = known.roster.publishers
    return Named(found, tuple(publisher(title, listed) for title in publishers))


def keep(db: Connection, named: Named) -> None:
    """Write what was found, in the transaction that places the articles."""
    mentions.record(db, list(named.articles.values()))
    mentions.record_publishers(db, named.publishers)
