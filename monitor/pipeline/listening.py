"""What the Slack listener does with what readers say: each press is stored once and changes something."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.alerts import presses as meanings
from monitor.errors import MonitorError
from monitor.pipeline.desk import clock, log
from monitor.pipeline.rules import topic_titles
from monitor.records import (
    DeliveryKind,
    Draft,
    Effect,
    Json,
    Listener,
    Message,
    NewLabel,
    Person,
    Press,
    PressedStory,
    Shown,
    SilenceMatcher,
)
from monitor.settings import Settings
from monitor.store import articles, hits, labels, listeners, outbox, presses, silences, threads
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.alerts.listen import Answers


def press(settings: Settings, token: str, button: Press, person: Person) -> str:
    """A press on a button that needs no form; returns what to tell the person."""
    titles = topic_titles(settings)
    with begin(open_database(settings.database_url)) as db:
        story = presses.story_of(db, token)
        if story is None or meanings.is_gone(story, clock()):
            return meanings.GONE
        if not presses.record(db, story, button, person, clock()):
            return meanings.AGAIN
        effect = meanings.meaning(button, story, titles)
        return _apply(db, story, effect, person, clock())


def mute_form(settings: Settings, token: str) -> Json | None:
    """The form behind "Mute"; None where the message is too old."""
    titles = topic_titles(settings)
    with begin(open_database(settings.database_url), reading=True) as db:
        story = presses.story_of(db, token)
    if story is None or meanings.is_gone(story, clock()):
        return None
    return meanings.mute_form(story, titles)


def mute(settings: Settings, token: str, values: Mapping[str, str], form: str, person: Person) -> str:
    """A form that was sent; returns what to tell the person."""
    wanted = meanings.muted(values)
    with begin(open_database(settings.database_url)) as db:
        story = presses.story_of(db, token)
        if story is None or wanted is None or meanings.is_gone(story, clock()):
            return meanings.GONE
        matcher, span, reason = wanted
        if matcher == SilenceMatcher():
            matcher = replace(matcher, story_id=story.story_id)
        detail = f"{values['what']} for {values['span']}: {reason}"
        if not presses.record(db, story, Press.MUTE, person, clock(), detail=detail, form=form):
            return meanings.AGAIN
        answer = f"Muted ({meanings.SPANS[values['span']][0]}): `/monitor mute` lists what is muted."
        return _apply(db, story, Effect(answer, silence=(matcher, span, reason)), person, clock())


def _apply(db: Connection, story: PressedStory, effect: Effect, person: Person, now: datetime) -> str:
    for topic, verdict in effect.labels:
        labels.give(db, _label(db, story, topic, verdict, person), now)
    if effect.silence is not None:
        matcher, span, reason = effect.silence
        silences.add(db, matcher, person.signature, reason, now, _end(now, span))
    if effect.acknowledges:
        return _acknowledge(db, story, effect, person, now)
    return effect.answer


def _end(now: datetime, span: timedelta | None) -> datetime | None:
    return now + span if span is not None else None


def _label(db: Connection, story: PressedStory, topic: str, verdict: object, person: Person) -> NewLabel:
    """A label with what the person saw."""
    article = articles.get(db, story.article_id)
    hit = next((hit for _, hit in hits.of_article(db, story.article_id) if hit.topic == topic), None)
    return NewLabel(
        article_id=story.article_id,
        topic=topic,
        verdict=verdict,  # type: ignore[arg-type]
        labelled_by=person.signature,
        via="slack",
        shown=Shown(
            title=story.headline,
            summary=article.summary if article else "",
            sentence=hit.reason.sentence if hit else "",
        ),
        score=hit.score if hit else None,
        threshold=hit.threshold if hit else None,
        classifier_version=hit.classifier_version if hit else None,
    )


def _acknowledge(db: Connection, story: PressedStory, effect: Effect, person: Person, now: datetime) -> str:
    """Stop the escalation, and say in the thread who has seen it."""
    from monitor.alerts.blocks import escape, words

    stopped = outbox.cancel(db, [threads.escalation_key(story.token)], f"acknowledged by {person.signature}")
    line = f"Acknowledged by {words(person.name, 80, empty=person.id)}"
    block: Json = {"type": "section", "text": {"type": "plain_text", "text": line, "emoji": False}}
    if outbox.of_keys(db, [story.parent_key]):
        told = Draft(
            dedup_key=f"acknowledged:{story.token}",
            kind=DeliveryKind.REPLY,
            channel="",
            message=Message(escape(line), (block,)),
            parent=story.parent_key,
        )
        outbox.enqueue(db, [told], now)
    return effect.answer if stopped else "Acknowledged. No escalation was waiting."


def heartbeat(settings: Settings, way: str) -> Callable[[], None]:
    """What the listener calls while it is in touch with Slack; trouble with the database is logged."""
    started = clock()
    name = platform.node() or "listener"

    def beat() -> None:
        try:
            with begin(open_database(settings.database_url)) as db:
                listeners.seen(db, Listener(name, way, started, clock()))
        except MonitorError as error:
            log.warning("listen: %s", error)

    return beat


def answers(settings: Settings) -> Answers:
    """Everything that the listener asks for, over the database of the settings."""
    from monitor.alerts.listen import Answers
    from monitor.pipeline import answering

    return Answers(
        press=lambda token, button, person: press(settings, token, button, person),
        form=lambda token: mute_form(settings, token),
        mute=lambda token, values, form, person: mute(settings, token, values, form, person),
        command=lambda text, person: answering.answer(settings, text, person),
        home=lambda: answering.home(settings),
    )
