"""Which hits alert, and on which routes (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from monitor.records import AlertKey, DecideOutcome, Decision, HitInStory, Route


def decide(
    hits: Sequence[HitInStory], routes: Sequence[Route], existing: AbstractSet[AlertKey]
) -> list[Decision]:
    """Decide a batch of hits: one alert for each story, topic and route.

    Of the hits of a story on a topic the highest-scoring one carries the alert, of equals the one of
    the earliest article: a reader sees the best evidence there is at that moment. Which alerts are
    raised does not depend on the order of `hits`.

    Args:
        existing: the alerts that the stories of `hits` have raised already.

    Returns:
        one decision a hit, in the order of `hits`.
    """
    carriers: dict[tuple[int, str], HitInStory] = {}
    for hit in hits:
        if not hit.article.stale:
            key = (hit.story_id, hit.hit.topic)
            carriers[key] = min(carriers.get(key, hit), hit, key=_rank)
    chosen = {hit.hit_id for hit in carriers.values()}
    return [_decision(hit, routes, existing, carries=hit.hit_id in chosen) for hit in hits]


def _rank(hit: HitInStory) -> tuple[float, datetime, int]:
    return (-hit.hit.score, hit.article.effective_at, hit.hit_id)


def _decision(
    hit: HitInStory, routes: Iterable[Route], existing: AbstractSet[AlertKey], *, carries: bool
) -> Decision:
    if hit.article.stale:
        return Decision(hit, DecideOutcome.STALE)
    matching = [route for route in routes if _matches(route, hit.hit.topic)]
    if not matching:
        return Decision(hit, DecideOutcome.NO_ROUTE)
    reached = [route for route in matching if hit.hit.score >= route.min_score]
    if not reached:
        return Decision(hit, DecideOutcome.BELOW_ROUTE)
    # Every route that another hit of the story reaches, its carrier reaches too: the carrier scores highest.
    new = tuple(r for r in reached if AlertKey(hit.story_id, hit.hit.topic, r.name) not in existing)
    if not carries or not new:
        return Decision(hit, DecideOutcome.REPEAT)
    return Decision(hit, DecideOutcome.ALERT, new)


def _matches(route: Route, topic: str) -> bool:
    return topic in route.topics or "*" in route.topics
