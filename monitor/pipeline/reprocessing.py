"""reprocess: stored articles are scored anew by the classifier of today; nothing alerts."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.pipeline import telling
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.pipeline.judge import SCORE_BATCH, outcome_of, scores_of
from monitor.records import DecideOutcome, Ledger, RunKey, Scored, Step, tally
from monitor.settings import Settings
from monitor.store import hits, past

if TYPE_CHECKING:
    from monitor.pipeline.desk import Desk
    from monitor.topics.classify import Classifier


def reprocess(
    settings: Settings, run: RunKey, *, since: datetime, until: datetime, progress: Progress = silent
) -> tuple[Ledger, ...]:
    """Bring the scores of a time to the published classifier, and add the hits that it finds.

    Hits that it finds are decided as `reprocessed` in the transaction that stores them, so none can alert.
    A hit that it would not find stays as it was made, with its version and reason: alerts lead to it.
    Articles that this version has scored are passed over, so a run that was killed goes on where it was.

    Args:
        since, until: by the time that the news counts as, aware, half open.

    Returns:
        two ledgers: articles by `ScoreOutcome`; hits that are `new`, `known`, or `stand` although the
        classifier of today would not find them.

    Raises:
        Misconfigured: there is no classifier, or it cannot be read.
    """
    from monitor.topics.artifacts import load

    desk = sit_down(settings, run)
    classifier = load(settings.classifiers)
    ends: Counter[str] = Counter()
    of_hits: Counter[str] = Counter()
    after = taken = 0
    while True:
        with desk.begin() as db:
            batch = past.scored_otherwise(db, since, until, classifier.version, after, SCORE_BATCH)
        if not batch:
            break
        after, taken = batch[-1].id, taken + len(batch)
        scored = scores_of(classifier, batch)
        of_hits.update(_store(desk, scored, classifier))
        ends.update(outcome_of(end, article) for end, article in zip(scored, batch, strict=True))
        progress(Step.REPROCESS, ends.total(), taken)
    return desk.close(
        tally(Step.REPROCESS, "articles", ends, taken, f"classifier {classifier.version}"),
        tally(Step.REPROCESS, "hits", of_hits, of_hits.total()),
    )


def _store(desk: Desk, scored: list[Scored], classifier: Classifier) -> Counter[str]:
    """Store scores and hits in one transaction; returns what became of the hits."""
    found = {(hit.article_id, hit.topic) for end in scored for hit in end.hits}
    with desk.begin() as db:
        known = hits.known(db, [end.article_id for end in scored])
        hits.record_scores(db, scored, classifier.version, clock(), decided=DecideOutcome.REPROCESSED)
        telling.tell(desk.settings, db, [end.article_id for end in scored])
    before = {(article, topic) for article, topic in known if topic in classifier.topics}  # not of searches
    return Counter({"new": len(found - before), "known": len(found & before), "stand": len(before - found)})
