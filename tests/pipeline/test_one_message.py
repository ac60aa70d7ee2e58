"""Whatever happens to articles, classifier and clock, a story is one message in a channel.

The first half runs the whole pipeline over the feeds that ship as a demo; the second makes the stories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from fakes.slack import FakeSlack
from fixtures_newsroom import Newsroom, told
from fixtures_outbox import TOKEN, changed, run
from sqlalchemy import delete, func, select, update

from monitor.demo import FeedServer, serve
from monitor.feeds.opml import read
from monitor.pipeline import cycle, decide, deliver, make_due
from monitor.records import DevelopmentKind, SilenceMatcher
from monitor.settings import PROJECT, Settings
from monitor.store import articles, feeds, silences, tables
from monitor.store.database import begin, open_database
from monitor.topics import artifacts
from monitor.topics.account import Account

HOUR = timedelta(hours=1)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk",), rate=None) as fake:
        yield fake


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serve(PROJECT / "seeds", spread=True) as found:
        yield found


class Corpus:
    """An installation that has read the demo's feeds once."""

    def __init__(self, settings: Settings, server: FeedServer, slack: FakeSlack, folder: Path) -> None:
        from monitor.settings import load

        networks = load({"MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8"}).allowed_networks
        self.models = folder / "models"
        self.settings = changed(
            settings, allowed_networks=networks, read_pages=False, host_spacing=0.0, classifiers=self.models,
            slack_edit_pace=0.0,
        )  # fmt: skip
        self.classifier = artifacts.load(PROJECT / "models")
        self.slack, self.cycles = slack, 0
        self.use("first")
        self.subscribe(server)
        self.cycle()

    def use(self, version: str, *, threshold: float | None = None, shift: float = 0.0) -> None:
        """Publish a classifier that scores otherwise."""
        thresholds = self.classifier.thresholds
        changed_ = replace(
            self.classifier,
            version=version,
            intercepts=np.asarray(self.classifier.intercepts) + shift,
            thresholds=thresholds if threshold is None else tuple(threshold for _ in thresholds),
        )
        artifacts.save(changed_, Account(None), self.models)

    def subscribe(self, server: FeedServer) -> None:
        with begin(open_database(self.settings.database_url)) as db:
            specs = [replace(spec, alert_backlog=True) for spec in read(server.opml())]
            feeds.add(db, specs, datetime.now(UTC))

    def cycle(self) -> None:
        self.cycles += 1
        make_due(self.settings)
        cycle(self.settings, run(f"cycle {self.cycles}"))

    def forget(self) -> None:
        """Every feed is read again from its start, as if no entry of it had ever been seen."""
        with begin(open_database(self.settings.database_url)) as db:
            db.execute(update(tables.feeds).values(etag=None, last_modified=None, body_hash=None))
            db.execute(delete(tables.entries))

    def score_again(self) -> None:
        """All articles are scored anew, by the classifier of now."""
        with begin(open_database(self.settings.database_url)) as db:
            db.execute(update(tables.articles).values(scored_by=None))
        self.cycle()

    @property
    def told(self) -> dict[tuple[str, int], int]:
        return dict(told(self.settings, self.slack))

    def count(self, table: object) -> int:
        with begin(open_database(self.settings.database_url)) as db:
            return db.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


@pytest.fixture
def corpus(settings: Settings, server: FeedServer, slack: FakeSlack, tmp_path: Path) -> Corpus:
    made = Corpus(settings, server, slack, tmp_path)
    assert len(made.told) > 10
    assert set(made.told.values()) == {1}
    return made


def test_replaying_the_corpus_gives_no_second_message(corpus):
    before, sent, known = corpus.told, len(corpus.slack.messages), corpus.count(tables.articles)
    for _ in range(2):
        corpus.forget()
        corpus.cycle()
    assert corpus.told == before
    assert corpus.count(tables.articles) == known
    assert len(corpus.slack.messages) == sent


def test_the_same_news_under_other_addresses_gives_no_second_message(corpus):
    before, known = corpus.told, corpus.count(tables.articles)
    with serve(PROJECT / "seeds", spread=True) as other:
        corpus.subscribe(other)
        corpus.cycle()
    assert corpus.count(tables.articles) >= known
    assert {key: number for key, number in corpus.told.items() if key in before} == before
    assert set(corpus.told.values()) == {1}


def test_retraining_gives_no_second_message(corpus):
    before, scored = corpus.told, corpus.count(tables.hits)
    corpus.use("second", shift=3.0)
    corpus.score_again()
    corpus.use("third", shift=-3.0)
    corpus.score_again()
    assert corpus.count(tables.hits) > scored  # it did find more
    assert {key: number for key, number in corpus.told.items() if key in before} == before
    assert set(corpus.told.values()) == {1}


def test_a_threshold_moved_down_and_up_again_gives_no_second_message(corpus):
    before, scored = corpus.told, corpus.count(tables.hits)
    corpus.use("low", threshold=0.05)
    corpus.score_again()
    low = corpus.told
    assert corpus.count(tables.hits) > scored
    assert len(low) > len(before)
    corpus.use("high", threshold=0.9)
    corpus.score_again()
    assert corpus.told == low
    corpus.use("low2", threshold=0.05)
    corpus.score_again()
    assert corpus.told == low
    assert set(low.values()) == {1}


@pytest.fixture
def desk(settings: Settings, slack: FakeSlack, tmp_path: Path) -> Newsroom:
    return Newsroom(changed(settings, slack_edit_pace=0.0), slack, tmp_path)


def test_a_silence_of_a_day_over_a_burst_of_200_articles_is_one_report(desk):
    start = datetime.now(UTC) - timedelta(hours=23)
    with begin(open_database(desk.settings.database_url)) as db:
        matcher = SilenceMatcher(topic="sanctions")
        silences.add(db, matcher, "anna", "exercise week", start, start + timedelta(days=1))
    founders = [desk.report(score=0.95 if number == 7 else 0.7) for number in range(20)]
    for founder in founders:
        for _ in range(9):
            desk.report(against=founder, score=0.7)
        desk.notice(founder, DevelopmentKind.STATUS, "in force")
        if founder % 5 == 0:
            desk.go()
    desk.go()
    assert desk.slack.messages == []
    with begin(open_database(desk.settings.database_url)) as db:
        db.execute(update(tables.silences).values(expires_at=datetime.now(UTC)))
    for _ in range(3):
        desk.go()
    (report,) = desk.slack.messages
    assert report["text"].startswith("Silence on topic Sanctions ran out: It hid 200 hits in 20 stories.")
    assert str(report["blocks"]).count("Title ") == 1  # the one with a high score
    desk.report(against=founders[0], score=0.8)
    desk.go()
    assert len(desk.parents) == 2  # the silence is over: the story is told, once
    desk.report(against=founders[0], score=0.8)
    desk.go()
    assert len(desk.parents) == 2


def test_intervals_that_were_missed_give_one_catch_up_summary(desk):
    desk.go()  # the monitor has run before
    for interval in range(6):
        for _ in range(3):
            desk.report(age=timedelta(hours=40 - 4 * interval))
        decide(desk.settings, run(f"interval {interval}"))
        deliver(desk.settings, run(f"interval {interval}"))
    assert desk.slack.messages == []
    with begin(open_database(desk.settings.database_url)) as db:
        first = select(func.min(tables.deliveries.c.id)).scalar_subquery()
        due = tables.deliveries.c.id == first
        db.execute(update(tables.deliveries).where(due).values(not_before=datetime.now(UTC)))
    for _ in range(3):
        decide(desk.settings, run("later"))
        deliver(desk.settings, run("later"))
    (summary,) = desk.slack.messages
    assert summary["text"].startswith("Caught up on news from before: ")
    assert summary["text"].endswith(" and 17 more")
    assert str(summary["blocks"]).count("Title ") == 18
    assert set(told(desk.settings, desk.slack).values()) == {1}


def test_late_articles_of_a_story_that_was_told_join_it(desk):
    first = desk.report()
    desk.go()
    for hours in (1, 20, 60):
        desk.report(against=first, age=hours * HOUR)
        desk.go()
        assert len(desk.parents) == 1
    assert "4 articles" in str(desk.slack.messages[0]["blocks"])


def test_a_story_from_a_catch_up_goes_on_in_the_thread_of_its_summary(desk):
    first, _ = desk.report(age=20 * HOUR), desk.report(age=20 * HOUR)
    desk.go()
    assert len(desk.parents) == 1
    desk.report(against=first)
    desk.notice(1, DevelopmentKind.STATUS, "in force")
    desk.go()
    assert len(desk.parents) == 1
    (reply,) = (m for m in desk.slack.messages if m["thread_ts"])
    assert reply["thread_ts"] == desk.slack.messages[0]["ts"]
    assert "Title 1" in str(reply["blocks"])  # which of the summary's stories


def test_an_article_that_is_found_again_under_another_title_is_the_same(desk):
    from fixtures_store import new_article

    desk.report()
    desk.go()
    with begin(open_database(desk.settings.database_url)) as db:
        again = new_article(
            1, title="UPDATE 2: Title 1", content_hash="other", published_at=datetime.now(UTC)
        )
        articles.admit(db, [again], datetime.now(UTC))
    desk.go()
    assert (len(desk.parents), desk.threads) == (1, 1)
