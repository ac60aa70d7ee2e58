"""Which hits alert, and what becomes of a story in each channel (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from monitor.alerts.matching import Fit, Verdict, severity_of, verdicts
from monitor.alerts.silences import hiding
from monitor.records import (
    AlertKey,
    DecideOutcome,
    Decision,
    HitInStory,
    Route,
    Severity,
    Silence,
    is_of_search,
)


def decide(
    hits: Sequence[HitInStory],
    routes: Sequence[Route],
    existing: AbstractSet[AlertKey],
    severities: Mapping[str, Severity] | None = None,
    silences: Sequence[Silence] = (),
) -> list[Decision]:
    """Decide a batch of hits: one alert for each story, topic and route.

    Of the hits of a story on a topic that take a route the highest-scoring one carries the alert, of
    equals the one of the earliest article: a reader sees the best evidence there is at that moment.
    Which alerts are raised does not depend on the order of `hits`.

    Args:
        existing: the alerts that the stories of `hits` have raised already.
        severities: those of the topics.
        silences: those in force.

    Returns:
        one decision a hit, in the order of `hits`.
    """
    known = severities or {}
    answers = {
        hit.hit_id: verdicts(hit, routes, severity_of(hit, known)) for hit in hits if not hit.article.stale
    }
    muted = {hit.hit_id: hiding(silences, hit) for hit in hits if not hit.article.stale}
    carriers: dict[AlertKey, HitInStory] = {}
    for hit in hits:
        if muted.get(hit.hit_id):
            continue
        for verdict in answers.get(hit.hit_id, ()):
            if verdict.fit is Fit.TAKES:
                key = _key(hit, verdict.route)
                carriers[key] = min(carriers.get(key, hit), hit, key=rank)
    new = {key: hit.hit_id for key, hit in carriers.items() if key not in existing}
    return [
        _decision(hit, answers.get(hit.hit_id, []), muted.get(hit.hit_id, ()), new, existing) for hit in hits
    ]


def rank(hit: HitInStory) -> tuple[bool, float, datetime, int]:
    """The order of evidence: the best comes first, topics before saved searches."""
    return (is_of_search(hit.hit.topic), -hit.hit.score, hit.article.effective_at, hit.hit_id)


def _key(hit: HitInStory, route: Route) -> AlertKey:
    return AlertKey(hit.story_id, hit.hit.topic, route.name)


def _decision(
    hit: HitInStory,
    answers: Sequence[Verdict],
    muted: Sequence[Silence],
    new: Mapping[AlertKey, int],
    existing: AbstractSet[AlertKey],
) -> Decision:
    if hit.article.stale:
        return Decision(hit, DecideOutcome.STALE, because="older than four days when it was first seen")
    taking = [verdict.route for verdict in answers if verdict.fit is Fit.TAKES]
    if muted:
        names = ", ".join(f"{one.id} of {one.owner or 'somebody'}" for one in muted)
        channel = taking[0].channel if taking else ""
        hidden = tuple(one.id for one in muted)
        because = f"hidden by silence {names}"
        return Decision(hit, DecideOutcome.SILENCED, (), because, False, hidden, channel)
    raised = tuple(route for route in taking if new.get(_key(hit, route)) == hit.hit_id)
    waits = any(verdict.fit is Fit.WAITS for verdict in answers)
    because = "; ".join(_words(hit, verdict, new, existing) for verdict in answers) or "there is no route"
    return Decision(hit, _outcome(answers, raised, taking), raised, because, waits)


def _outcome(answers: Iterable[Verdict], raised: Sequence[Route], taking: Sequence[Route]) -> DecideOutcome:
    if raised:
        return DecideOutcome.ALERT
    if taking:
        return DecideOutcome.REPEAT
    fits = {verdict.fit for verdict in answers}
    if Fit.WAITS in fits:
        return DecideOutcome.FEW_PUBLISHERS
    return DecideOutcome.BELOW_ROUTE if Fit.WEAK in fits else DecideOutcome.NO_ROUTE


def _words(
    hit: HitInStory, verdict: Verdict, new: Mapping[AlertKey, int], existing: AbstractSet[AlertKey]
) -> str:
    said = f"route {verdict.route.name}: {verdict.words}"
    if verdict.fit is not Fit.TAKES:
        return said
    key = _key(hit, verdict.route)
    if key in existing:
        return f"{said}, but the story has alerted there on this topic"
    if new.get(key) != hit.hit_id:
        return f"{said}, but another article of the story carries the alert"
    return f"{said}: alerts in {verdict.route.channel}"
