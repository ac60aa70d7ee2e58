"""Labels that people give, whoever asks for them: the terminal, Slack or a web form.

A person's newest label of an article and topic counts; what was given before, or undone, stays as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update

from monitor.errors import NotFound, Permanent
from monitor.records import Label, NewLabel, OfferedAs, ScoredArticle, Shown, Verdict
from monitor.store.sql import among
from monitor.store.tables import articles, labels, scores

SHOWN_TEXT = 3_000  # characters of an article's text that are kept with its label


def give(db: Connection, label: NewLabel, now: datetime) -> Label:
    """Store a label. The same one given twice is stored once.

    Raises:
        NotFound: there is no such article.
        Permanent: nobody is named as the giver.
    """
    if not label.labelled_by.strip():
        raise Permanent("a label needs a name: say who gives it with --by NAME")
    if db.execute(select(articles.c.id).where(articles.c.id == label.article_id)).first() is None:
        raise NotFound(f"no article {label.article_id}: `monitor search` shows the numbers")
    mine = [
        one for one in of_article(db, label.article_id, label.topic) if one.labelled_by == label.labelled_by
    ]
    if mine and mine[0].verdict is label.verdict:
        return mine[0]
    shown = label.shown
    values = {
        "article_id": label.article_id,
        "topic": label.topic,
        "verdict": str(label.verdict),
        "labelled_by": label.labelled_by,
        "labelled_at": now,
        "via": label.via,
        "offered_as": str(label.offered_as),
        "score": label.score,
        "threshold": label.threshold,
        "classifier_version": label.classifier_version,
        "shown": {
            "title": shown.title,
            "summary": shown.summary,
            "text": shown.text[:SHOWN_TEXT],
            "sentence": shown.sentence,
        },
    }
    row_id = db.execute(labels.insert().values(values).returning(labels.c.id)).scalar_one()
    return _label(db.execute(select(labels).where(labels.c.id == row_id)).one())


def undo(db: Connection, by: str, now: datetime, label_id: int | None = None) -> Label:
    """Take back a label of `by`: the newest one, or that of the id.

    Raises:
        NotFound: there is none that counts.
    """
    mine = select(labels).where(labels.c.labelled_by == by, labels.c.undone_at.is_(None))
    if label_id is not None:
        mine = mine.where(labels.c.id == label_id)
    row = db.execute(mine.order_by(labels.c.id.desc()).limit(1)).first()
    if row is None:
        which = f"label {label_id} of {by} to undo" if label_id else f"label of {by} to undo"
        raise NotFound(f"no {which}: `monitor label --list` shows what counts")
    db.execute(update(labels).where(labels.c.id == row.id).values(undone_at=now))
    return _label(db.execute(select(labels).where(labels.c.id == row.id)).one())


def of_article(db: Connection, article_id: int, topic: str | None = None) -> list[Label]:
    """The labels that count for an article, newest first, one a person and topic."""
    statement = _counting().where(labels.c.article_id == article_id)
    if topic is not None:
        statement = statement.where(labels.c.topic == topic)
    return _newest(_label(row) for row in db.execute(statement))


def counting(db: Connection, topic: str | None = None, since: datetime | None = None) -> list[Label]:
    """Every label that counts, newest first: each person's newest of each article and topic."""
    statement = _counting()
    if topic is not None:
        statement = statement.where(labels.c.topic == topic)
    found = _newest(_label(row) for row in db.execute(statement))
    return [label for label in found if since is None or label.labelled_at >= since]


def history(db: Connection, limit: int = 50) -> list[Label]:
    """The newest labels, those that were undone or replaced among them."""
    statement = select(labels).order_by(labels.c.id.desc()).limit(limit)
    return [_label(row) for row in db.execute(statement)]


def scored(db: Connection, topic: str, since: datetime, until: datetime | None = None) -> list[ScoredArticle]:
    """The stored score of every article on a topic, from `since` on by the time it counts as."""
    statement = _scored().where(scores.c.topic == topic, articles.c.effective_at >= since)
    if until is not None:
        statement = statement.where(articles.c.effective_at < until)
    return [_scored_article(row) for row in db.execute(statement.order_by(scores.c.article_id))]


def scores_of(db: Connection, article_ids: Iterable[int], topic: str | None = None) -> list[ScoredArticle]:
    """The stored scores of some articles."""
    statement = _scored() if topic is None else _scored().where(scores.c.topic == topic)
    return [_scored_article(row) for row in among(db, statement, scores.c.article_id, article_ids)]


def texts(db: Connection, article_ids: Sequence[int]) -> dict[int, Shown]:
    """What a person is shown of some articles."""
    statement = select(
        articles.c.id, articles.c.title, articles.c.summary, func.substr(articles.c.text, 1, SHOWN_TEXT)
    )
    rows = among(db, statement, articles.c.id, article_ids)
    return {row[0]: Shown(row[1], row[2], row[3]) for row in rows}


def _counting() -> Select[Any]:
    return select(labels).where(labels.c.undone_at.is_(None)).order_by(labels.c.id.desc())


def _newest(found: Iterable[Label]) -> list[Label]:
    kept: dict[tuple[int | None, str, str, str], Label] = {}
    for label in found:
        key = (
            label.article_id,
            "" if label.article_id else label.shown.title,
            label.topic,
            label.labelled_by,
        )
        kept.setdefault(key, label)
    return list(kept.values())


def _scored() -> Select[Any]:
    names = ("article_id", "topic", "score", "threshold", "classifier_version")
    return select(*(scores.c[name] for name in names), articles.c.effective_at, articles.c.story_id).join(
        articles, articles.c.id == scores.c.article_id
    )


def _scored_article(row: Row[Any]) -> ScoredArticle:
    return ScoredArticle(
        row.article_id,
        row.topic,
        row.score,
        row.threshold,
        row.classifier_version,
        row.effective_at,
        row.story_id,
    )


def _label(row: Row[Any]) -> Label:
    return Label(
        id=row.id,
        article_id=row.article_id,
        topic=row.topic,
        verdict=Verdict(row.verdict),
        labelled_by=row.labelled_by,
        labelled_at=row.labelled_at,
        via=row.via,
        offered_as=OfferedAs(row.offered_as),
        shown=Shown(**row.shown),
        score=row.score,
        threshold=row.threshold,
        classifier_version=row.classifier_version,
        undone_at=row.undone_at,
    )
