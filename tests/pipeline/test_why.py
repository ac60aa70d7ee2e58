"""`monitor alerts why`, from decisions, silences and messages as the steps store them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fixtures_outbox import run, send
from fixtures_store import new_article, scored

from monitor.errors import NotFound, Permanent
from monitor.pipeline import decide
from monitor.pipeline.explaining import why
from monitor.records import FeedSpec, Placement, PlacementKind, SilenceMatcher
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, silences, stories
from monitor.store.database import begin, open_database

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def news(settings: Settings) -> Settings:
    """Story 1 of two hits on sanctions; story 2 below the threshold; article 4 not placed nor scored."""
    with begin(open_database(settings.database_url)) as db:
        feeds.add(db, [FeedSpec("https://a.example/", "A")], NOW)
        fresh = [new_article(n, publisher=f"P{n}", published_at=NOW, first_seen_at=NOW) for n in range(1, 5)]
        articles.admit(db, fresh, NOW)
        new, same = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY
        stories.place(db, [Placement(1, new), Placement(2, same, 1, 0.4), Placement(3, new)], NOW)
        hits.record_scores(db, [scored(1, 0.8), scored(2, 0.9), scored(3, 0.2)], "v1", NOW)
    return settings


def test_from_the_decision_to_the_message(news):
    assert "not decided yet" in why(news, "1")[3]
    decide(news, run(), patient=False)
    send(news)
    title, topic, route, decided, message = why(news, "story:1")
    assert title.startswith("Story 1: Title ")
    assert topic.startswith(
        "Sanctions: score 0.90, threshold 0.50, severity high, article 2 of P2 (and 1 more"
    )
    assert route.startswith("  route desk (routes.toml, line ")
    assert route.endswith("takes it (score 0.90, needs 0.50), to #desk")
    assert " as alert: route desk: takes it (score 0.90, needs 0.50): alerts in #desk" in decided
    assert message.startswith("Message in #desk (Sanctions), by route desk: sent ")
    (*_, other, again) = why(news, "article:1")
    assert "as repeat: route desk: takes it" in other
    assert "another article of the story carries the alert" in other
    assert again == message


def test_what_is_no_hit_not_there_or_not_scored(news):
    assert why(news, "2")[1].startswith("No article of it reaches")
    assert why(news, "article:3")[2] == "  Sanctions: score 0.20, threshold 0.50"
    assert why(news, "https://news.example/3") == why(news, "article:3")
    assert why(news, "article:4")[1].startswith("It has not been scored yet")
    for unknown in ("99", "article:99", "https://news.example/99"):
        with pytest.raises(NotFound):
            why(news, unknown)
    with pytest.raises(Permanent, match="is no story and no article"):
        why(news, "the tankers")


def test_a_silence_is_named_when_it_hid_and_when_it_is_over(news):
    with begin(open_database(news.database_url)) as db:
        end = NOW + timedelta(days=1)
        silences.add(db, SilenceMatcher(topic="sanctions"), "anna", "enough", NOW, end)
    decide(news, run(), patient=False)
    lines = why(news, "1")
    assert "  silence 1 hid it when it was decided" in lines
    assert any("as silenced: hidden by silence 1 of anna" in line for line in lines)
    assert lines[-1] == "No message of this story went out."
