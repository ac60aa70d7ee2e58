"""Who is named in articles: found when they are placed, and again when the list has been edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, silent
from monitor.records import ArticleActors, NewsText, Publisher, Step, StoryText
from monitor.settings import Settings
from monitor.store import mentions
from monitor.store.database import begin, open_database

AGAIN_BATCH = 2_000


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


def name_again(settings: Settings, since: datetime, *, progress: Progress = silent) -> tuple[int, int]:
    """Find actors anew in the placed articles from `since` on, in batches that each are whole.

    Returns:
        articles that were read, actors that are named in them.

    Raises:
        Misconfigured: `seeds/actors.toml` cannot be used.
    """
    engine = open_database(settings.database_url)
    done = found = last = 0
    while True:
        with begin(engine) as db:
            ids = mentions.ids_since(db, since, last, AGAIN_BATCH)
            if not ids:
                return done, found
            named = find(settings, mentions.texts(db, ids), mentions.publishers_of(db, ids))
            keep(db, named)
        last = ids[-1]
        done += len(ids)
        found += sum(len(one.actors) for one in named.articles.values())
        progress(Step.GROUP, done, done)


def with_actors(texts: Sequence[StoryText], named: dict[int, ArticleActors]) -> list[StoryText]:
    """The same texts, each with the parties that it is about and all that it names."""
    return [
        replace(
            text,
            parties=actors.main(),
            named=frozenset(one.actor.party for one in actors.actors),
        )
        if (actors := named.get(text.article_id))
        else text
        for text in texts
    ]
