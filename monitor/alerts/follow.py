"""What a channel hears of a story after its first message (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.records import Development, DevelopmentKind, Route, Severity, Thread, UpdatePolicy

SPOKEN = frozenset(DevelopmentKind) - {DevelopmentKind.NUMBER}  # a figure alone is worth an edit, no reply
REST = timedelta(minutes=5)  # between two replies: what comes meanwhile is one reply


@dataclass(frozen=True, slots=True)
class Followup:
    """What to do with a thread.

    Attributes:
        edit: whether the message is not true any more.
        reply: developments for one reply; none where there is nothing to say, or not yet.
        topics: names of topics that are new in the thread, for the same reply.
        says: whether there is a reply at all; one without developments and topics says that the story is
            graver.
        broadcast: whether the channel sees the reply.
        escalates: whether the story has become graver than the channel was told.
        told: whether all that was noticed counts as told: the edit says it.
    """

    edit: bool
    reply: tuple[Development, ...] = ()
    topics: tuple[str, ...] = ()
    says: bool = False
    broadcast: bool = False
    escalates: bool = False
    told: bool = False


def follow(
    thread: Thread,
    route: Route,
    news: Sequence[Development],
    *,
    articles: int,
    topics: Sequence[str],
    severity: Severity,
    now: datetime,
) -> Followup:
    """Decide what a story's growth is worth.

    Args:
        route: that opened the thread, as it is now.
        news: what was noticed since the thread was last told.
        articles, topics, severity: of the story now.
    """
    escalates = severity.rank > thread.severity.rank
    new_topics = tuple(topic for topic in topics if topic not in thread.topics)
    edit = articles != thread.articles or bool(new_topics) or escalates
    spoken = tuple(one for one in news if one.kind in SPOKEN)
    if route.updates is UpdatePolicy.EDIT_ONLY or not (spoken or new_topics or escalates):
        return Followup(edit, escalates=escalates, told=bool(news))
    resting = thread.replied_at is not None and now - thread.replied_at < REST
    if resting and not escalates:
        return Followup(edit=False)  # the edit waits with the reply, or nobody would look at it again
    broadcast = escalates and route.updates is UpdatePolicy.BROADCAST_ON_ESCALATION
    return Followup(edit, spoken, new_topics, True, broadcast, escalates, True)


def in_words(news: Iterable[Development], names: dict[str, str]) -> list[tuple[str, str]]:
    """Each development as what is new and the sentence that says so, which may be empty.

    Args:
        names: readers' names of actors by key.
    """
    found: dict[DevelopmentKind, list[Development]] = {}
    for one in news:
        found.setdefault(one.kind, []).append(one)
    lines: list[tuple[str, str]] = []
    for kind, title in _TITLES.items():
        mine = found.get(kind, [])
        if kind is DevelopmentKind.PUBLISHERS and mine:
            most = max(mine, key=lambda one: int(one.value) if one.value.isdigit() else 0)
            lines.append((f"Now carried by {most.value} independent publishers", ""))
        elif mine:
            told = ", ".join(dict.fromkeys(names.get(one.value, one.value) for one in mine))
            lines.append((f"{title}: {told}", next((one.sentence for one in mine if one.sentence), "")))
    return lines


_TITLES = {
    DevelopmentKind.STATUS: "New step",
    DevelopmentKind.ACTOR: "New actor",
    DevelopmentKind.PLACE: "New place",
    DevelopmentKind.NUMBER: "New figure",
    DevelopmentKind.PUBLISHERS: "",
}
