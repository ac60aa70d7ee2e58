"""Which route a hit takes, and the words for why (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.records import HitInStory, Route, Severity, is_of_search

WIDE = 10  # independent publishers from which a story counts one step more than its topic


class Fit(StrEnum):
    """How a hit meets a route."""

    TAKES = "takes"
    WAITS = "waits"  # everything fits but the number of publishers, which may grow
    WEAK = "weak"  # everything fits but the score
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One route's answer to a hit, in words too."""

    route: Route
    fit: Fit
    words: str


def severity_of(hit: HitInStory, severities: Mapping[str, Severity]) -> Severity:
    """How much the hit's story matters: as its topic does, one step more when it is widely carried.

    Args:
        severities: those of the topic cards; a topic without a card is of medium severity.
    """
    own = severities.get(hit.hit.topic, Severity.MEDIUM)
    return own.raised() if hit.independent >= WIDE else own


def verdicts(hit: HitInStory, routes: Iterable[Route], severity: Severity) -> list[Verdict]:
    """The answer of each route in the order of the file; a route that stops answers for those below.

    The hit of a saved search asks the routes of saved searches, every other one those of the file.
    """
    found: list[Verdict] = []
    stopped: Route | None = None
    for route in routes:
        if is_of_search(route.name) != is_of_search(hit.hit.topic):
            continue  # saved searches have routes of their own, and "*" is every topic that has a card
        if stopped is not None:
            found.append(Verdict(route, Fit.NOT, f"not tried: {stopped.name}, above it, stops"))
            continue
        found.append(_verdict(hit, route, severity))
        if found[-1].fit is Fit.TAKES and route.stop:
            stopped = route
    return found


def _verdict(hit: HitInStory, route: Route, severity: Severity) -> Verdict:
    if why := _mismatch(hit, route, severity):
        return Verdict(route, Fit.NOT, why)
    least, score = route.score_for(hit.hit.topic), hit.hit.score
    if score < least:
        return Verdict(route, Fit.WEAK, f"score {score:.2f} is under its {least:.2f}")
    if hit.independent < route.min_publishers:
        count = f"{hit.independent} of {route.min_publishers} independent publishers"
        return Verdict(route, Fit.WAITS, f"waits: {count} so far")
    return Verdict(
        route, Fit.TAKES, f"takes it (score {score:.2f}, needs {max(least, hit.hit.threshold):.2f})"
    )


def _mismatch(hit: HitInStory, route: Route, severity: Severity) -> str:
    """The first of a route's conditions that the hit does not meet, in words; empty where it meets all."""
    if hit.hit.topic not in route.topics and "*" not in route.topics:
        return f"topic {hit.hit.topic} is not one of {_list(route.topics)}"
    if route.countries and not set(route.countries) & set(hit.countries):
        return f"it is not about {_list(route.countries)}"
    if route.actors and not _folded(route.actors) & _folded(hit.actors):
        return f"it is not about {_list(route.actors)}"
    if route.groups and hit.group.casefold() not in _folded(route.groups):
        return f"feed group {hit.group or 'none'} is not one of {_list(route.groups)}"
    if severity.rank < route.min_severity.rank:
        return f"severity {severity} is under its {route.min_severity}"
    return ""


def _folded(names: Iterable[str]) -> set[str]:
    return {name.casefold() for name in names}


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
