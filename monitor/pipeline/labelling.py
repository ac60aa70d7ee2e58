"""Labels: what to ask next, what was answered, and what the answers say of each topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from monitor.errors import NotFound
from monitor.pipeline.desk import clock
from monitor.records import Label, NewLabel, Offer, OfferedAs, Shown, TopicText, Verdict
from monitor.settings import Settings
from monitor.store import hits, labels
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.quality import Quality

QUEUE_DAYS = 14
CANDIDATE_LIMIT = 3_000  # newest articles that a candidate classifier is asked about


def next_offers(
    settings: Settings, by: str, topics: Sequence[str] = (), limit: int = 20, days: int = QUEUE_DAYS
) -> list[tuple[Offer, Shown]]:
    """What `by` should label next, with what to show of each: see `monitor.topics.queue`.

    Args:
        topics: only these; all of the cards where none is named.
    """
    from monitor.topics.queue import offers

    now = clock()
    wanted = _topics(settings, topics)
    with begin(open_database(settings.database_url)) as db:
        scored = [one for topic in wanted for one in labels.scored(db, topic, now - timedelta(days=days))]
        known = labels.counting(db)
        candidate = _candidate(settings, {one.article_id for one in scored}, db)
        found = offers(scored, known, by, now, candidate, limit)
        shown = labels.texts(db, [offer.article_id for offer in found])
        why = {
            (offer.article_id, offer.topic): hit.reason.sentence
            for offer in found
            for _, hit in hits.of_article(db, offer.article_id)
            if hit.topic == offer.topic
        }
    return [
        (one, replace(shown[one.article_id], sentence=why.get((one.article_id, one.topic), "")))
        for one in found
    ]


def _candidate(settings: Settings, ids: set[int], db: object) -> dict[tuple[int, str], bool]:
    """What the newest candidate classifier says of the newest articles; nothing where there is none."""
    from sqlalchemy import Connection

    from monitor.topics import versions

    newest = next((v for v in versions.listing(settings.classifiers) if v.state == "candidate"), None)
    if newest is None or not isinstance(db, Connection):
        return {}
    classifier = versions.load(settings.classifiers, newest.name)
    chosen = sorted(ids, reverse=True)[:CANDIDATE_LIMIT]
    shown = labels.texts(db, chosen)
    rows = classifier.score([TopicText(shown[i].title, shown[i].summary, shown[i].text) for i in chosen])
    return {(i, score.topic): score.is_hit for i, row in zip(chosen, rows, strict=True) for score in row}


def give_label(
    settings: Settings,
    article_id: int,
    topic: str,
    verdict: Verdict,
    by: str,
    *,
    via: str = "cli",
    offered_as: OfferedAs = OfferedAs.CHOSEN,
) -> Label:
    """Store what a person says of an article and a topic, with what they were shown.

    Raises:
        NotFound: there is no such article, or no card of that topic.
    """
    _topics(settings, [topic])
    with begin(open_database(settings.database_url)) as db:
        shown = labels.texts(db, [article_id]).get(article_id)
        if shown is None:
            raise NotFound(f"no article {article_id}: `monitor search` shows the numbers")
        score = next(iter(labels.scores_of(db, [article_id], topic)), None)
        hit = next((hit for _, hit in hits.of_article(db, article_id) if hit.topic == topic), None)
        label = NewLabel(
            article_id,
            topic,
            verdict,
            by,
            via,
            replace(shown, sentence=hit.reason.sentence if hit else ""),
            offered_as,
            score.score if score else None,
            score.threshold if score else None,
            score.classifier_version if score else None,
        )
        return labels.give(db, label, clock())


def undo_label(settings: Settings, by: str, label_id: int | None = None) -> Label:
    """Take back the newest label of `by`, or the one of that number.

    Raises:
        NotFound: there is none that counts.
    """
    with begin(open_database(settings.database_url)) as db:
        return labels.undo(db, by, clock(), label_id)


def topic_quality(settings: Settings, days: int = 90) -> list[Quality]:
    """Live precision and recall of every topic over the articles of the last `days`."""
    from monitor.topics.quality import quality

    since = clock() - timedelta(days=days)
    with begin(open_database(settings.database_url)) as db:
        known = labels.counting(db)
        return [quality(topic, labels.scored(db, topic, since), known) for topic in _topics(settings, ())]


def _topics(settings: Settings, wanted: Sequence[str]) -> list[str]:
    from monitor.topics import cards

    known = [card.name for card in cards.load(settings.seeds)]
    for topic in wanted:
        if topic not in known:
            raise NotFound(f"no topic {topic!r}: the cards are {', '.join(known)}")
    return list(wanted) or known
