"""How stories go on after their first message: edits, replies, escalations; held messages, ended silences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.pipeline.desk import Desk, clock
from monitor.pipeline.rules import Rules
from monitor.records import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Development,
    Draft,
    HitInStory,
    HoldReason,
    Ledger,
    Message,
    Opening,
    Severity,
    Silence,
    Step,
    Thread,
    tally,
)
from monitor.store import articles, batches, developments, hits, mentions, outbox, silences, threads

if TYPE_CHECKING:
    from monitor.alerts.follow import Followup

FOLLOWED = timedelta(days=14)  # a thread goes on for so long after it was opened

_WHY = {
    HoldReason.LATE: "Caught up on news from before",
    HoldReason.QUIET: "Came in during quiet hours",
    HoldReason.OVERFLOW: "More stories than this channel takes in an hour",
}


def follow_all(desk: Desk, known: Rules) -> list[Ledger]:
    """Tell every channel how its stories go on.

    Returns:
        ledgers of threads, held messages and silences, those with nothing in them left out.
    """
    grown = Counter[str]()
    with desk.begin() as db:
        now = clock()
        for thread, mine in _looked_at(db, now):
            grown[_tell(db, thread, mine, known, now)] += 1
    held = Counter[str]()
    with desk.begin() as db:
        held["folded"], held["alone"] = batches.release(db, clock(), _together)
    ended = Counter[str]()
    with desk.begin() as db:
        ended["reported"] = _report_silences(db, desk, known, clock())
    found = [("threads", grown), ("held", held), ("silences", ended)]
    return [tally(Step.DECIDE, unit, ends, ends.total()) for unit, ends in found if ends.total()]


def close(db: Connection, joined: Iterable[Thread], known: Rules, now: datetime) -> None:
    """Let the message of each thread that was joined to another say where its story goes on.

    A message that no channel has seen yet is left as it is: when the stories are parted again before it
    goes out, nothing of it is lost.
    """
    from monitor.alerts.message import joined_message

    for thread in joined:
        parent = outbox.of_keys(db, [thread.parent_key]).get(thread.parent_key)
        article = articles.get(db, thread.article_id)
        if parent is None or article is None or parent.state is not DeliveryState.SENT:
            continue
        message = joined_message(article.title, article.url, article.story_id or thread.story_id, known.look)
        outbox.enqueue(db, [_update(thread, message)], now)
        threads.told(db, thread.id, revision=thread.revision + 1)


def _looked_at(db: Connection, now: datetime) -> list[tuple[Thread, Sequence[HitInStory]]]:
    """Threads whose story has grown, each with the hits that its message shows: one a topic."""
    grown = threads.grown(db, now - FOLLOWED)
    of_thread = threads.hits_of(db, (thread.id for thread in grown))
    found = hits.in_story(db, (id_ for ids in of_thread.values() for id_ in ids))
    looked_at: list[tuple[Thread, Sequence[HitInStory]]] = []
    for thread in grown:
        mine: dict[str, HitInStory] = {}
        for id_ in of_thread.get(thread.id, ()):
            if id_ in found:
                mine.setdefault(found[id_].hit.topic, found[id_])
        if mine:
            looked_at.append((thread, list(mine.values())))
    return looked_at


def _tell(db: Connection, thread: Thread, mine: Sequence[HitInStory], known: Rules, now: datetime) -> str:
    """Edit, answer or leave one thread as it is; returns which."""
    from monitor.alerts import follow
    from monitor.alerts.matching import severity_of

    route = known.route(thread.route, thread.channel)
    severity = max((severity_of(hit, known.severities) for hit in mine), key=lambda one: one.rank)
    severity = max(severity, thread.severity, key=lambda one: one.rank)  # what was grave stays so
    topics = [hit.hit.topic for hit in mine]
    news = developments.since(db, {thread.story_id: thread.told_at}).get(thread.story_id, ())
    found = follow.follow(
        thread, route, news, articles=mine[0].articles, topics=topics, severity=severity, now=now
    )
    values: dict[str, object] = {"told_at": now} if found.told else {}
    drafts: list[Draft] = []
    if found.edit:
        values |= {
            "articles": mine[0].articles,
            "topics": ",".join(topics),
            "severity": str(severity),
            "revision": thread.revision + 1,
        }
        drafts.append(_edit(thread, mine, severity, known))
    muted = _muting(db, mine, now)
    if (found.says or found.escalates) and muted:
        silences.hide_reply(db, muted[0].id)
    elif found.says:
        drafts.append(_reply(db, thread, mine, found, known))
        values["replied_at"] = now
    if found.escalates and severity is Severity.CRITICAL and not muted:
        drafts += _escalation(
            db, thread.token, thread.parent_key, mine, severity, known, route_of=thread.route
        )
    outbox.enqueue(db, drafts, now)
    if values:
        threads.told(db, thread.id, **values)
    return _outcome(found, muted)


def _outcome(found: Followup, muted: Sequence[Silence]) -> str:
    if found.says and not muted:
        return "broadcast" if found.broadcast else "replied"
    return "edited" if found.edit else "resting"


def _muting(db: Connection, mine: Sequence[HitInStory], now: datetime) -> list[Silence]:
    """The silences that hide all that the thread is about."""
    from monitor.alerts.silences import fits

    running = silences.active(db, now)
    return [one for one in running if all(fits(one.matcher, hit) for hit in mine)]


def _edit(thread: Thread, mine: Sequence[HitInStory], severity: Severity, known: Rules) -> Draft:
    from monitor.alerts.message import alert_message

    return _update(thread, alert_message(mine, severity, thread.token, known.look))


def _update(thread: Thread, message: Message) -> Draft:
    key = f"edit:{thread.token}:{thread.revision + 1}"
    return Draft(key, DeliveryKind.UPDATE, thread.channel, message, parent=thread.parent_key)


def _reply(
    db: Connection, thread: Thread, mine: Sequence[HitInStory], found: Followup, known: Rules
) -> Draft:
    from monitor.alerts.follow import in_words
    from monitor.alerts.message import reply_message
    from monitor.alerts.opening import wakes

    article = mine[0].article
    route = known.route(thread.route, thread.channel)
    lines = in_words(found.reply, _names(db, found.reply))
    if found.escalates and not (lines or found.topics):
        lines = [("This story has become graver", "")]
    return Draft(
        dedup_key=f"reply:{thread.token}:{thread.revision}:{clock():%Y%m%dT%H%M%S}",
        kind=DeliveryKind.REPLY,
        channel=thread.channel,
        message=reply_message(
            article.title, article.url, lines, found.topics, known.look, alone=thread.held or found.broadcast
        ),
        parent=thread.parent_key,
        broadcast=found.broadcast,
        fallback=route.fallback,
        not_before=None if found.escalates else wakes(route.quiet, clock()),
    )


def _names(db: Connection, news: Iterable[Development]) -> dict[str, str]:
    """Readers' names of the actors that are new, by key."""
    ids = {one.article_id for one in news}
    found = mentions.of_articles(db, ids).values()
    return {named.actor.key: named.actor.name for one in found for named in one.actors}


def arm(db: Connection, opened: Iterable[tuple[str, Opening]], known: Rules, now: datetime) -> None:
    """Put the escalations of new critical stories into the outbox; who acknowledges cancels them."""
    drafts: list[Draft] = []
    for token, one in opened:
        if one.severity is Severity.CRITICAL:
            drafts += _escalation(
                db, token, f"alert:{token}", one.hits, one.severity, known, route_of=one.route.name
            )
    outbox.enqueue(db, drafts, now)


def _escalation(
    db: Connection,
    token: str,
    parent: str,
    mine: Sequence[HitInStory],
    severity: Severity,
    known: Rules,
    *,
    route_of: str,
) -> list[Draft]:
    from monitor.alerts.message import alert_message

    route = known.route(route_of, "")
    if not route.escalate_to or not outbox.of_keys(db, [parent]):
        return []
    return [
        Draft(
            dedup_key=threads.escalation_key(token),
            kind=DeliveryKind.ESCALATION,
            channel=route.escalate_to,
            message=alert_message(mine, severity, token, known.look),
            parent=parent,
            not_before=clock() + route.escalate_after,
        )
    ]


def _together(batch: str, mine: Sequence[Delivery]) -> Draft:
    """One message of what was held; its key is that of what it holds, so that none is sent twice."""
    from monitor.alerts.render import summary_message

    why = _WHY[HoldReason(batch.split(":", 1)[0])]
    ids = [one.id for one in mine]
    key = f"batch:{batch}:{min(ids)}-{max(ids)}"
    return Draft(key, DeliveryKind.SUMMARY, mine[0].channel, summary_message(mine, why))


def _report_silences(db: Connection, desk: Desk, known: Rules, now: datetime) -> int:
    """One message for each silence that has ended, in the channel that it kept most from."""
    from monitor.alerts.silences import report_message

    over = silences.over(db, now)
    drafts = [
        Draft(
            dedup_key=f"silence:{one.silence.id}",
            kind=DeliveryKind.NOTICE,
            channel=silences.channel_of(db, one.silence.id) or desk.settings.slack_channel,
            message=report_message(one, silences.hidden(db, one.silence.id), known.look.titles, now),
        )
        for one in over
    ]
    outbox.enqueue(db, drafts, now)
    silences.reported(db, [one.silence.id for one in over], now)
    return len(over)
