"""Events in one: the sentences of an article, the articles of a story (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from monitor.records import Event, Mark


def in_one(events: Iterable[Event]) -> dict[str, Event]:
    """Of the events of an article one a topic, its slots filled from what its other sentences say of it.

    The first that a verb tells leads, and what is not history, so that the headline comes before the lead;
    what it leaves open is taken from those that do not speak of others.
    """
    by_topic: dict[str, list[Event]] = {}
    for event in events:
        by_topic.setdefault(event.topic, []).append(event)
    return {topic: _filled(mine) for topic, mine in by_topic.items()}


def _filled(mine: Sequence[Event]) -> Event:
    first = min(mine, key=_place)
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
