"""What hits tell of who did what to whom: found when they are scored, again when the words have changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, clock, silent
from monitor.records import KeptEvent, NewsText, Step
from monitor.settings import Settings
from monitor.store import events, mentions
from monitor.store.database import begin, open_database

AGAIN_BATCH = 500


def tell(settings: Settings, db: Connection, article_ids: Iterable[int]) -> int:
    """Find the events of articles anew, in the transaction that keeps their hits; returns how many.

    Raises:
        Misconfigured: a topic card or `seeds/actors.toml` cannot be used.
    """
    ids = set(article_ids)
    topics = events.hit_topics(db, ids)
    found: list[KeptEvent] = []
    if topics:
        for text in mentions.texts(db, topics):
            found += told(settings, text, topics[text.article_id])
    events.keep(db, ids, found, clock())
    return len(found)


def told(settings: Settings, text: NewsText, topics: set[str]) -> list[KeptEvent]:
    """The events that one article tells, one a topic; none where it is not in English."""
    from monitor.articles import gazetteer
    from monitor.articles.actors import find
    from monitor.topics.events.find import VERSION, in_text
    from monitor.topics.events.merge import in_one
    from monitor.topics.events.plover import plover
    from monitor.topics.words import lexicons

    if text.language not in {None, "en"}:
        return []
    day = text.effective_at.date()
    named = find(gazetteer.of(settings.seeds), text.title, text.text, language=text.language, day=day)
    every = in_text(f"{text.title}\n{text.text}", named, lexicons(settings.seeds), topics=topics, day=day)
    return [KeptEvent(text.article_id, event, plover(event), VERSION) for event in in_one(every).values()]


def tell_again(settings: Settings, since: datetime, *, progress: Progress = silent) -> tuple[int, int]:
    """Find events anew in the hits found from `since` on, in batches that each are whole.

    Returns:
        articles that were read, events that they tell.

    Raises:
        Misconfigured: a topic card or `seeds/actors.toml` cannot be used.
    """
    engine = open_database(settings.database_url)
    done = found = last = 0
    while True:
        with begin(engine) as db:
            ids = events.ids_since(db, since, last, AGAIN_BATCH)
            if not ids:
                return done, found
            found += tell(settings, db, ids)
        last = ids[-1]
        done += len(ids)
        progress(Step.SCORE, done, done)
