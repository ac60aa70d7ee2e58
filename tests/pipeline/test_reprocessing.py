"""Stored articles scored anew: scores and hits of today's classifier, and never an alert."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fixtures_store import new_article, scored
from sqlalchemy import select

from monitor import pipeline
from monitor.pipeline.run import run_note
from monitor.records import FeedSpec, Ledger, Placement, PlacementKind, RunKey, Scored, Step
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, stories
from monitor.store import tables as t
from monitor.store.database import begin, open_database
from monitor.topics import artifacts

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
RUN = RunKey("airflow", "monitor_reprocess", "backfill")
TITLES = {
    1: "EU imposes new sanctions on Russian banks and tankers",
    2: "Bakers win prize for rye bread",
    3: "Germany sends air defence missiles and howitzers to Ukraine",
    4: "US adds forty companies to its sanctions list",
}


@pytest.fixture
def stored(settings: Settings) -> Settings:
    """Two articles of today and two of last week; all but the last were scored by an older classifier."""
    times = {1: NOW, 2: NOW, 3: NOW - 7 * DAY, 4: NOW}
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        new = [new_article(n, title=s, summary="", published_at=times[n]) for n, s in TITLES.items()]
        articles.admit(db, new, NOW)
        stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in TITLES], NOW)
        # The baker's prize was once taken for an arms transfer: what was told is not untold.
        ends = [Scored(1, (), ()), scored(2, 0.9, "arms_transfers"), Scored(3, (), ())]
        hits.record_scores(db, ends, "older", NOW)
    return settings


def _hits(settings: Settings) -> dict[tuple[int, str], tuple[str, str | None]]:
    with begin(open_database(settings.database_url), reading=True) as db:
        rows = db.execute(select(t.hits)).all()
    return {(row.article_id, row.topic): (row.classifier_version, row.decide_outcome) for row in rows}


def test_the_days_asked_for_are_scored_anew_and_nothing_alerts(stored: Settings) -> None:
    version = artifacts.load(stored.classifiers).version
    of_articles, of_hits = pipeline.reprocess(stored, RUN, since=NOW - DAY, until=NOW + DAY)
    assert of_articles.outcomes == {"hit": 1, "below_threshold": 1}
    assert of_hits.outcomes == {"new": 1, "stand": 1}
    assert _hits(stored) == {
        (1, "sanctions"): (version, "reprocessed"),
        (2, "arms_transfers"): ("v1", None),
    }
    assert run_note([of_articles, of_hits]) == "2 articles scored again, 1 new hit"

    # What is up to date is passed over, and what was never scored is left to the score step, which alerts.
    again, _ = pipeline.reprocess(stored, RUN, since=NOW - DAY, until=NOW + DAY)
    assert again.items_in == 0
    older, _ = pipeline.reprocess(stored, RUN, since=NOW - 30 * DAY, until=NOW - DAY)
    assert older.outcomes == {"hit": 1}
    decided = pipeline.decide(stored, RUN)
    assert sum(ledger.items_in for ledger in decided if ledger.unit == "hits") == 1  # the older one's own
    with begin(open_database(stored.database_url), reading=True) as db:
        alerted = {row.article_id for row in db.execute(select(t.alerts.c.article_id))}
    assert alerted <= {2}


def test_a_run_that_was_killed_goes_on_where_it_was(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.pipeline import reprocessing

    monkeypatch.setattr(reprocessing, "SCORE_BATCH", 1)

    def killed(_step: Step, done: int, _total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pipeline.reprocess(stored, RUN, since=NOW - DAY, until=NOW + DAY, progress=killed)
    rest, _ = pipeline.reprocess(stored, RUN, since=NOW - DAY, until=NOW + DAY)
    assert rest.items_in == 1
    assert (1, "sanctions") in _hits(stored)


def test_a_note_tells_what_a_run_did_and_what_does_not_balance() -> None:
    ledgers = [
        Ledger(Step.FETCH, "feeds", 41, {"fetched": 41}),
        Ledger(Step.FETCH, "entries", 400, {"new": 310, "stale": 2, "known": 88}),
        Ledger(Step.SCORE, "hits", 9, {"sanctions": 9}),
        Ledger(Step.DECIDE, "hits", 9, {"alert": 1, "repeat": 7}),
    ]
    assert run_note(ledgers) == (
        "41 feeds, 312 new articles, 9 hits, 1 alert, the ledger of decide does not balance"
    )
    assert run_note([]) == ""
