"""group and score: articles become stories and hits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.articles.language import reads_as
from monitor.errors import Misconfigured
from monitor.pipeline import naming, telling, watching
from monitor.pipeline.desk import Desk, Progress, clock, log, silent, sit_down
from monitor.records import (
    Article,
    Development,
    Hit,
    Ledger,
    Placement,
    PlacementKind,
    RunKey,
    Scored,
    ScoreOutcome,
    Step,
    StoryText,
    TopicText,
    tally,
)
from monitor.settings import Settings
from monitor.store import articles, developments, hits, leases, mentions, stories, story_edits

if TYPE_CHECKING:
    from monitor.articles.stories import Grouping
    from monitor.topics.classify import Classifier

GROUP_LEASE = timedelta(minutes=10)
GROUP_BATCH = 20_000  # articles placed in one go
WINDOW_LIMIT = 200_000  # articles they are compared with: the newest of the window
SCORE_BATCH = 1_000


def group(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Place every article that has no story yet. One run at a time: placing is a sequence.

    Returns:
        one ledger: articles by `PlacementKind`.
    """
    desk = sit_down(settings, run)
    ends: Counter[str] = Counter()
    with desk.begin() as db:
        free = leases.take(db, "group", desk.owner, clock(), GROUP_LEASE)
    if not free:
        return desk.close(tally(Step.GROUP, "articles", ends, 0, "another run is grouping"))
    try:
        taken = _place_all(desk, ends, progress)
    finally:
        with desk.begin() as db:
            leases.release(db, "group", desk.owner)
    return desk.close(tally(Step.GROUP, "articles", ends, taken))


def _place_all(desk: Desk, ends: Counter[str], progress: Progress) -> int:
    """Place what waits, batch after batch, and count how each ended; returns how many waited."""
    grouping: Grouping | None = None
    taken = 0
    while True:
        with desk.begin() as db:
            fresh = articles.unplaced(db, GROUP_BATCH)
            if not fresh:
                return taken
            named = naming.name(desk.settings, db, fresh)
            known = None if grouping else window(db, min(text.effective_at for text in fresh))
        if grouping is None:
            from monitor.articles.stories import Grouping  # costs a second: not where nothing is new

            grouping = Grouping(known or ())
        taken += len(fresh)
        placements = grouping.place(naming.with_actors(fresh, named.articles))
        with desk.begin() as db:
            placed = stories.place(db, placements, clock())
            naming.keep(db, named)
            developments.record(db, _new_in(db, fresh, placements, placed, named))
            leases.take(db, "group", desk.owner, clock(), GROUP_LEASE)
        ends.update(placement.kind for placement in placements)
        progress(Step.GROUP, ends.total(), taken)


def window(db: Connection, oldest: datetime) -> list[StoryText]:
    """The articles of the stories to which the oldest article that waits may belong."""
    from monitor.articles.stories import LIFE, OPEN

    found = articles.window(db, oldest - OPEN, oldest - LIFE, WINDOW_LIMIT)
    parts = story_edits.parts(db, {text.story_id for text in found if text.story_id is not None})
    found = [
        replace(text, part=parts[text.article_id]) if text.article_id in parts else text for text in found
    ]
    known = mentions.of_articles(db, [text.article_id for text in found])
    return naming.with_actors(found, known)


def _new_in(
    db: Connection,
    fresh: Sequence[StoryText],
    placements: Sequence[Placement],
    placed: Mapping[int, int],
    named: naming.Named,
) -> list[Development]:
    """What the placed articles say that their stories may not have yet, oldest first; copies add nothing."""
    from monitor.articles.developments import carried, noticed

    now = clock()
    texts = {text.article_id: text for text in fresh}
    found: list[Development] = []
    for one in placements:
        if one.kind is not PlacementKind.COPY and one.article_id in placed:
            story = placed[one.article_id]
            found += noticed(texts[one.article_id], named.articles.get(one.article_id), story, now)
    newest = {placed[one.article_id]: one.article_id for one in placements if one.article_id in placed}
    for story, publishers in stories.independent(db, newest).items():
        found += carried(story, newest[story], publishers, now)
    return found


def score(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Score every placed article on every topic; store scores, and a hit with its reason.

    Returns:
        two ledgers: articles by `ScoreOutcome` (a hit on any topic counts once), hits by topic.

    Raises:
        Misconfigured: there is something to score and no classifier, or it cannot be read.
    """
    desk = sit_down(settings, run)
    classifier: Classifier | None = None
    ends: Counter[str] = Counter()
    topics: Counter[str] = Counter()
    taken = 0
    while True:
        with desk.begin() as db:
            batch = articles.unscored(db, SCORE_BATCH)
        if not batch:
            break
        if classifier is None:
            from monitor.topics.artifacts import load  # costs a second: not where nothing is new

            classifier = load(settings.classifiers)
            _keep_version(settings, classifier.version)
        taken += len(batch)
        scored = scores_of(classifier, batch)
        _read_again(desk, [article.id for article in batch])
        with desk.begin() as db:
            hits.record_scores(db, scored, classifier.version, clock())
            telling.tell(settings, db, [end.article_id for end in scored])
            matched = watching.match(db, [article.id for article in batch], clock())
        for end, article in zip(_with(scored, matched), batch, strict=True):
            topics.update(hit.topic for hit in end.hits)
            ends[outcome_of(end, article)] += 1
        progress(Step.SCORE, ends.total(), taken)
    note = f"classifier {classifier.version}" if classifier else ""
    return desk.close(
        tally(Step.SCORE, "articles", ends, taken, note),
        tally(Step.SCORE, "hits", topics, topics.total()),
    )


def _with(scored: Iterable[Scored], matched: Iterable[Hit]) -> Iterator[Scored]:
    """The ends, each with the hits of saved searches too."""
    more: dict[int, tuple[Hit, ...]] = {}
    for hit in matched:
        more[hit.article_id] = (*more.get(hit.article_id, ()), hit)
    for end in scored:
        yield replace(end, hits=(*end.hits, *more.get(end.article_id, ())))


def _read_again(desk: Desk, ids: Sequence[int]) -> None:
    """Find anew who is named in articles whose text was replaced, and what it adds to their stories."""
    from monitor.articles.developments import noticed

    with desk.begin() as db:
        texts = articles.changed(db, ids)
        news = mentions.texts(db, (text.article_id for text, _ in texts))
    if not texts:
        return
    named = naming.find(desk.settings, news, sorted({text.publisher for text, _ in texts}))
    found: list[Development] = []
    for text, kind in texts:
        if kind is not PlacementKind.COPY and text.story_id is not None:
            found += noticed(text, named.articles.get(text.article_id), text.story_id, clock())
    with desk.begin() as db:
        naming.keep(db, named)
        developments.record(db, found)


def _keep_version(settings: Settings, version: str) -> None:
    """Keep the classifier that is about to make hits: `monitor explain` makes each again by it."""
    from monitor.topics import versions

    try:
        versions.keep(settings.classifiers, version)
    except Misconfigured as error:  # scoring goes on; only the making again is lost
        log.warning("score: classifier %s is not kept for later: %s", version, error)


def scores_of(classifier: Classifier, batch: Sequence[Article]) -> list[Scored]:
    """The end of each article; no scores where its language is not one of the classifier's."""
    from monitor.topics.explain import explain

    known = [
        article
        for article in batch
        if reads_as(
            f"{article.title} {article.summary or article.text}", article.language, classifier.languages
        )
    ]
    texts = [TopicText(article.title, article.summary, article.text) for article in known]
    ends = {article.id: Scored(article.id, (), ()) for article in batch}
    for article, text, scores in zip(known, texts, classifier.score(texts), strict=True):
        found = tuple(
            Hit(
                article.id,
                s.topic,
                s.score,
                s.threshold,
                classifier.version,
                explain(classifier, text, s.topic),
                text,
            )
            for s in scores
            if s.is_hit
        )
        ends[article.id] = Scored(article.id, tuple(scores), found)
    return list(ends.values())


def outcome_of(end: Scored, article: Article) -> ScoreOutcome:
    """How an article ended in scoring."""
    if end.hits:
        return ScoreOutcome.HIT
    if not end.scores:
        return ScoreOutcome.UNSUPPORTED_LANGUAGE
    has_words = any(c.isalpha() for c in article.title + article.text)
    return ScoreOutcome.BELOW_THRESHOLD if has_words else ScoreOutcome.NO_WORDS
