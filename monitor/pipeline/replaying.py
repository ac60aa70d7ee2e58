"""What a changed card, threshold or classifier would have done to the stored articles, before it is saved."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import NotFound
from monitor.pipeline.desk import clock
from monitor.records import AlertKey, Article, DecideOutcome, Hit, HitInStory, Reason, TopicText
from monitor.settings import Settings
from monitor.store import past
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.classify import Classifier

Counted = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """A hit that would have been gained or lost; `alerts` says whether it carries an alert of its side."""

    gained: bool
    topic: str
    article_id: int
    title: str
    publisher: str
    before: float  # score; 0 where the topic is new
    after: float
    alerts: bool


@dataclass(frozen=True, slots=True)
class TopicChange:
    """What changes on one topic: hits and alerts before and after, and of them gained and lost."""

    topic: str
    hits_before: int
    hits_after: int
    hits_gained: int
    hits_lost: int
    alerts_before: int
    alerts_after: int
    alerts_gained: int
    alerts_lost: int


@dataclass(frozen=True, slots=True)
class Replay:
    """The whole answer; changes by topic, those of alerts first."""

    articles: int
    days: int
    before: str  # version
    after: str
    topics: tuple[TopicChange, ...]
    changes: tuple[Change, ...]


def replay(
    settings: Settings,
    *,
    days: int = 30,
    card: Path | None = None,
    thresholds: Mapping[str, float] | None = None,
    version: str | None = None,
    counted: Counted = lambda _done, _all: None,
) -> Replay:
    """Score the stored articles as now and as changed, and compare hits and the alerts they would raise.

    With nothing changed the seeds as they stand are trained anew: that is what `monitor train` would do.

    Args:
        card: a card that takes the place of the one of its name, or is new.
        thresholds: of topics, in place of those of the classifier.
        version: a version of the classifier, in place of a training.

    Raises:
        Misconfigured: the card or the classifier cannot be used.
        NotFound: no such topic or version.
    """
    from monitor.topics import artifacts

    now = artifacts.load(settings.classifiers)
    then = _changed(settings, now, card, thresholds or {}, version)
    engine = open_database(settings.database_url)
    since = clock() - timedelta(days=days)
    with begin(engine, reading=True) as db:
        total = past.count(db, since)
    done = 0
    hits: dict[bool, list[HitInStory]] = {False: [], True: []}
    scores: dict[tuple[int, str], tuple[float, float]] = {}
    for batch in past.batches(engine, since):
        old, new = _hits(now, batch), _hits(then, batch)
        hits[False] += [found for _, found in old if found is not None]
        hits[True] += [found for _, found in new if found is not None]
        before = {(a, t): s for (a, t, s), _ in old}
        after = {(a, t): s for (a, t, s), _ in new}
        met = {(f.article.id, f.hit.topic) for _, f in (*old, *new) if f is not None}
        scores |= {key: (before.get(key, 0.0), after.get(key, 0.0)) for key in met}
        done += len(batch)
        counted(done, total)
    return _compared(settings, days, done, (now.version, then.version), hits, scores)


def _changed(
    settings: Settings,
    now: Classifier,
    card: Path | None,
    thresholds: Mapping[str, float],
    version: str | None,
) -> Classifier:
    from monitor.topics import versions

    if version is not None:
        then = versions.load(settings.classifiers, version)
    elif card is not None or not thresholds:
        then = _trained(settings, card)
    else:
        then = now
    for topic in thresholds:
        if topic not in then.topics:
            raise NotFound(f"no topic {topic!r}: the classifier knows {', '.join(then.topics)}")
    own = zip(then.topics, then.thresholds, strict=True)
    return replace(then, thresholds=tuple(thresholds.get(topic, held) for topic, held in own))


def _trained(settings: Settings, card: Path | None) -> Classifier:
    from monitor.pipeline.training import learned
    from monitor.topics import card_file
    from monitor.topics.train import train

    if card is None:
        return train(settings.seeds, learned(settings).teach)[0]
    text = card_file.read_text(card)
    name = card_file.parse(card, text).get("name", card.stem)
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder)
        for part in ("topics", "examples", "documents"):
            if (settings.seeds / part).is_dir():
                shutil.copytree(settings.seeds / part, seeds / part)
        if (settings.seeds / "lists.toml").exists():
            shutil.copy(settings.seeds / "lists.toml", seeds)
        (seeds / "topics" / f"{Path(str(name)).name}.toml").write_text(text, encoding="utf-8")
        changed = replace(settings, seeds=seeds)
        return train(seeds, learned(changed).teach)[0]


_Row = tuple[tuple[int, str, float], HitInStory | None]


def _hits(classifier: Classifier, batch: list[Article]) -> list[_Row]:
    """The score of each article and topic, with its hit where it is one."""
    rows = classifier.score([TopicText(one.title, one.summary, one.text) for one in batch])
    return [
        (
            (article.id, score.topic, score.score),
            _in_story(
                article, Hit(article.id, score.topic, score.score, score.threshold, classifier.version, _NONE)
            )
            if score.is_hit
            else None,
        )
        for article, row in zip(batch, rows, strict=True)
        for score in row
    ]


_NONE = Reason("", ())


def _in_story(article: Article, hit: Hit) -> HitInStory:
    """The hit as the decision reads it; an article in no story is one of its own."""
    return HitInStory(
        hit_id=article.id,
        hit=hit,
        article=article,
        story_id=article.story_id if article.story_id is not None else -article.id,
        story_headline=article.title,
        publishers=(article.publisher,),
        articles=1,
        copies=0,
        first_seen_at=article.first_seen_at,
        last_seen_at=article.first_seen_at,
    )


def _alerts(settings: Settings, hits: Iterable[HitInStory]) -> dict[AlertKey, int]:
    """The alerts that the hits would raise on the routes, each with the article that carries it."""
    from monitor.alerts import policy
    from monitor.pipeline.rules import routes_of

    known = routes_of(settings)
    by_topic: dict[str, list[HitInStory]] = {}
    for hit in hits:
        by_topic.setdefault(hit.hit.topic, []).append(hit)
    raised: dict[AlertKey, int] = {}
    for group in by_topic.values():
        for decision in policy.decide(group, known, frozenset()):
            if decision.outcome is DecideOutcome.ALERT:
                found = decision.hit
                for route in decision.routes:
                    raised[AlertKey(found.story_id, found.hit.topic, route.name)] = found.article.id
    return raised


def _compared(
    settings: Settings,
    days: int,
    articles: int,
    versions: tuple[str, str],
    hits: Mapping[bool, list[HitInStory]],
    scores: Mapping[tuple[int, str], tuple[float, float]],
) -> Replay:
    raised = {side: _alerts(settings, found) for side, found in hits.items()}
    keyed = {side: {(h.article.id, h.hit.topic): h.article for h in found} for side, found in hits.items()}
    changes = []
    for side in (True, False):
        fresh = {key: article for key, article in keyed[side].items() if key not in keyed[not side]}
        new = {(raised[side][key], key.topic) for key in raised[side].keys() - raised[not side].keys()}
        changes += [
            Change(
                side,
                topic,
                number,
                article.title,
                article.publisher,
                *scores[number, topic],
                (number, topic) in new,
            )
            for (number, topic), article in fresh.items()
        ]
    changes.sort(key=lambda one: (one.topic, not one.alerts, not one.gained, -max(one.before, one.after)))
    topics = sorted({topic for side in keyed.values() for _, topic in side})
    return Replay(
        articles, days, *versions, tuple(_topic(topic, keyed, raised) for topic in topics), tuple(changes)
    )


def _topic(
    topic: str,
    keyed: Mapping[bool, Mapping[tuple[int, str], Article]],
    raised: Mapping[bool, Mapping[AlertKey, int]],
) -> TopicChange:
    old, new = ({key for key in keyed[side] if key[1] == topic} for side in (False, True))
    was, will = ({key for key in raised[side] if key.topic == topic} for side in (False, True))
    hit_counts = (len(old), len(new), len(new - old), len(old - new))
    return TopicChange(topic, *hit_counts, len(was), len(will), len(will - was), len(was - will))
