"""What to label next: what the classifier is unsure of, what is disputed, and a sample that measures (pure).

Uncertainty is distance from the threshold in log-odds (uncertainty sampling: Lewis and Gale, 1994).
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from monitor.records import Label, Offer, OfferedAs, ScoredArticle, Verdict
from monitor.topics.quality import offered, stratum

NEAR = 1.5  # log-odds from the threshold
WEEKLY = {0: 4, 1: 4, 2: 4, 3: 4, 4: 6}  # articles of each stratum that a week's sample draws for a topic

Key = tuple[int, str]


def offers(
    scored: Sequence[ScoredArticle],
    labels: Sequence[Label],
    by: str,
    now: datetime,
    candidate: Mapping[Key, bool] | None = None,
    limit: int = 20,
) -> list[Offer]:
    """The articles that a person should label next, each reason in turn.

    Args:
        labels: those that count, of everyone.
        by: whose queue it is; what they labelled is not offered again.
        candidate: whether a candidate classifier calls an article a hit, where it was asked.
    """
    mine = {(one.article_id, one.topic) for one in labels if one.labelled_by == by}
    anyone = {(one.article_id, one.topic) for one in labels}
    disputed = _disputed(labels)
    open_ = [one for one in scored if _key(one) not in anyone]
    groups = (
        [
            _offer(one, OfferedAs.DISAGREEMENT, "people disagree")
            for one in scored
            if _key(one) in disputed - mine
        ],
        _changed(open_, candidate or {}),
        _near(open_),
        _sample(scored, anyone, now),
        _within_story(open_),
    )
    found: dict[Key, Offer] = {}
    for turn in itertools.zip_longest(*groups):
        for offer in turn:
            if offer is not None:
                found.setdefault((offer.article_id, offer.topic), offer)
    return list(found.values())[:limit]


def _key(one: ScoredArticle) -> Key:
    return one.article_id, one.topic


def _offer(one: ScoredArticle, kind: OfferedAs, why: str) -> Offer:
    return Offer(one.article_id, one.topic, kind, why, one.score, one.threshold, one.classifier_version)


def _disputed(labels: Iterable[Label]) -> set[tuple[int | None, str]]:
    said: dict[tuple[int | None, str], set[Verdict]] = {}
    for label in labels:
        said.setdefault((label.article_id, label.topic), set()).add(label.verdict)
    return {key for key, found in said.items() if {Verdict.YES, Verdict.NO} <= found}


def _changed(scored: Iterable[ScoredArticle], candidate: Mapping[Key, bool]) -> list[Offer]:
    return [
        _offer(
            one, OfferedAs.DISAGREEMENT, f"the candidate says {'hit' if candidate[_key(one)] else 'no hit'}"
        )
        for one in scored
        if _key(one) in candidate and candidate[_key(one)] != one.is_hit
    ]


def _near(scored: Iterable[ScoredArticle]) -> list[Offer]:
    close = sorted((_distance(one), one.article_id, one) for one in scored)
    return [
        _offer(one, OfferedAs.NEAR_THRESHOLD, f"score {one.score:.2f}, threshold {one.threshold:.2f}")
        for distance, _, one in close
        if distance <= NEAR
    ]


def _distance(one: ScoredArticle) -> float:
    return abs(_log_odds(one.score) - _log_odds(one.threshold))


def _log_odds(share: float) -> float:
    kept = min(max(share, 1e-9), 1 - 1e-9)
    return math.log(kept / (1 - kept))


def _within_story(scored: Iterable[ScoredArticle]) -> list[Offer]:
    """Reports far below the threshold whose story has a hit: one of the two is wrong, or they differ."""
    stories: dict[tuple[int, str], list[ScoredArticle]] = {}
    for one in scored:
        if one.story_id is not None:
            stories.setdefault((one.story_id, one.topic), []).append(one)
    found = []
    for group in stories.values():
        if any(one.is_hit for one in group):
            low = min(group, key=lambda one: (one.score, one.article_id))
            if low.score < low.threshold / 2:
                found.append(_offer(low, OfferedAs.DISAGREEMENT, "its story is a hit by another report"))
    return found


def _sample(
    scored: Sequence[ScoredArticle], labelled: set[tuple[int | None, str]], now: datetime
) -> list[Offer]:
    """The week's sample that is not labelled yet: drawn by a hash, so that everyone has the same one."""
    year, week, _ = now.isocalendar()
    strata: dict[tuple[str, int], list[tuple[str, ScoredArticle]]] = {}
    for one in scored:
        if one.effective_at.isocalendar()[:2] in {(year, week), _before(now)}:
            drawn = hashlib.sha256(f"{one.article_id}:{one.topic}".encode()).hexdigest()
            strata.setdefault((one.topic, stratum(one.score, one.threshold)), []).append((drawn, one))
    found = []
    for (_, place), group in strata.items():
        for drawn, one in sorted(group, key=lambda pair: pair[0])[: WEEKLY[place]]:
            if _key(one) not in labelled:
                found.append((drawn, _offer(one, offered(one), "drawn at random: it measures the topic")))
    return [offer for _, offer in sorted(found, key=lambda pair: pair[0])]


def _before(now: datetime) -> tuple[int, int]:
    from datetime import timedelta

    year, week, _ = (now - timedelta(days=7)).isocalendar()
    return year, week
