"""Events in one: the sentences of an article, the articles of a story (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from monitor.records import Event, Mark, Report, StoryEvent


def in_one(events: Iterable[Event]) -> dict[str, Event]:
    """Of the events of an article one a topic, its slots filled from what its other sentences say of it.

    The first that a verb tells leads, and what is not history, so that the headline comes before the lead;
    what it leaves open is taken from those that do not speak of others.
    """
    by_topic: dict[str, list[Event]] = {}
    for event in events:
        by_topic.setdefault(event.topic, []).append(event)
    return {topic: _filled(mine, min(mine, key=_place)) for topic, mine in by_topic.items()}


def _filled(mine: Sequence[Event], first: Event) -> Event:
    for other in mine:
        if other is not first and agree(first, other):
            first = replace(
                first,
                sources=first.sources or tuple(one for one in other.sources if one not in first.targets),
                targets=_whom(first, other)
                or tuple(one for one in other.targets if one not in first.sources),
                instrument=first.instrument or other.instrument,
                quantity=first.quantity or other.quantity,
                amount=first.amount or other.amount,
                currency=first.currency or other.currency,
                place=first.place or other.place,
                on=first.on or other.on,
                beneficiaries=first.beneficiaries or other.beneficiaries,
                claimed_by=first.claimed_by or (other.claimed_by if other.status is first.status else None),
            )
    return first


def _place(event: Event) -> tuple[bool, bool, bool, int]:
    vague = event.instrument is None and event.status is None
    return not event.action, Mark.HISTORY in event.marks, vague, event.start


def _whom(first: Event, other: Event) -> tuple[str, ...]:
    """Whose bid it is, where only the alliance was named."""
    named = set(other.targets) - _CLUBS - set(first.sources)
    if (
        set(first.targets) <= _CLUBS
        and first.sources == other.sources
        and first.status is other.status
        and named
    ):
        return tuple(one for one in other.targets if one in named)
    return first.targets


_CLUBS = frozenset({"NATO", "CSTO", "AUKUS"})


def agree(one: Event, other: Event) -> bool:
    """Whether two may speak of the same thing: no slot of theirs that both fill has nothing in common."""
    pairs = ((one.sources, other.sources), (set(one.targets) - _CLUBS, set(other.targets) - _CLUBS))
    return all(set(left) & set(right) for left, right in pairs if left and right)


def of_story(
    story_id: int, topic: str, reports: Sequence[Report], plover: Callable[[Event], str]
) -> StoryEvent:
    """The event of a story on a topic.

    What most reports say of the step leads, of equals the newest; slots that it leaves open come from
    reports that do not speak of others.

    Args:
        reports: not empty, oldest first, all of that topic.
        plover: names the type of an event.
    """
    told = [one for one in reports if one.event.status and Mark.HISTORY not in one.event.marks] or reports
    counts = Counter(_says(one.event) for one in told)
    first = max(enumerate(told), key=lambda pair: (counts[_says(pair[1].event)], pair[0]))[1].event
    event = _filled([first, *(one.event for one in reversed(told) if one.event != first)], first)
    said: dict[str, list[str]] = {}
    for one in told:
        if key := _says(one.event):
            said.setdefault(key, []).append(one.publisher)
    publishers = tuple(dict.fromkeys(one.publisher for one in told if agree(event, one.event)))
    return StoryEvent(
        story_id,
        topic,
        event,
        plover(event),
        tuple(reports),
        publishers,
        {key: tuple(dict.fromkeys(names)) for key, names in said.items()},
    )


def _says(event: Event) -> str:
    if event.status is None:
        return ""
    return f"not {event.status}" if Mark.NEGATED in event.marks else str(event.status)
