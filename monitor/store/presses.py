"""What readers said about alerts in Slack: each press once, with who and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from monitor.records import Person, Press, PressedStory
from monitor.store.sql import insert
from monitor.store.tables import articles, hits, mentions, presses, threads


def story_of(db: Connection, token: str) -> PressedStory | None:
    """The story under whose message there are buttons of this token."""
    statement = select(threads, articles.c.title, articles.c.publisher)
    statement = statement.join(articles, articles.c.id == threads.c.article_id)
    row = db.execute(statement.where(threads.c.token == token)).first()
    if row is None:
        return None
    found = select(hits.c.topic).where(hits.c.article_id == row.article_id).order_by(hits.c.score.desc())
    named = select(mentions.c.actor, mentions.c.name).where(mentions.c.article_id == row.article_id)
    actors = db.execute(named.order_by(mentions.c.salience.desc(), mentions.c.actor))
    return PressedStory(
        token=row.token,
        story_id=row.story_id,
        article_id=row.article_id,
        headline=row.title,
        publisher=row.publisher,
        topics=tuple(db.execute(found).scalars()) or tuple(filter(None, row.topics.split(","))),
        actors=tuple((actor.actor, actor.name) for actor in actors),
        parent_key=row.parent_key,
        opened_at=row.opened_at,
    )


def record(
    db: Connection,
    story: PressedStory,
    press: Press,
    person: Person,
    now: datetime,
    *,
    detail: str = "",
    form: str = "",
) -> bool:
    """Store a press; false where the person has just said the same, or sent the same form.

    Who changes their mind is stored anew: a press counts again once another came between.

    Args:
        form: Slack's id of the form that was sent, of a press that came by one.
    """
    others = presses.c.press != str(press)
    between = select(func.count()).where(
        presses.c.token == story.token, presses.c.person == person.id, others
    )
    turn = f"form:{form}" if form else str(db.execute(between).scalar_one())
    statement = insert(db, presses).values(
        key=f"{story.token}:{person.id}:{press}:{turn}",
        token=story.token,
        story_id=story.story_id,
        press=str(press),
        person=person.id,
        person_name=person.name,
        pressed_at=now,
        detail=detail,
    )
    done = statement.on_conflict_do_nothing(index_elements=["key"]).returning(presses.c.id)
    return db.execute(done).first() is not None


def counts(db: Connection, since: datetime) -> dict[str, int]:
    """How often each button was pressed from `since` on."""
    statement = select(presses.c.press, func.count().label("number")).where(presses.c.pressed_at >= since)
    return {row.press: row.number for row in db.execute(statement.group_by(presses.c.press))}
