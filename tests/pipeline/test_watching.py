"""Saved searches that alert: new matches are hits, one message a story, through the same outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import run, send
from fixtures_store import new_article
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import NotFound, Permanent
from monitor.pipeline import decide, recalling, watching
from monitor.records import FeedSpec, Placement, PlacementKind, SavedSearch, Search, Silence, SilenceMatcher
from monitor.settings import Settings
from monitor.store import articles, feeds, hits, search, searches, silences, stories
from monitor.store.database import begin, open_database

NEW, SAME = PlacementKind.NEW_STORY, PlacementKind.SAME_STORY


class Desk:
    """Articles that arrive, are placed, and asked by the watched searches as scoring does it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.number = 0
        with self.begin() as db:
            feeds.add(db, [FeedSpec("https://a.example/", "A")], datetime.now(UTC))

    def begin(self):
        return begin(open_database(self.settings.database_url))

    def arrives(self, title: str, *, against: int | None = None, stale: bool = False) -> int:
        self.number += 1
        now = datetime.now(UTC)
        fresh = new_article(
            self.number,
            title=title,
            publisher=f"P{self.number}",
            published_at=now,
            first_seen_at=now,
            stale=stale,
        )
        with self.begin() as db:
            articles.admit(db, [fresh], now)
            kind, score = (NEW, None) if against is None else (SAME, 0.5)
            stories.place(db, [Placement(self.number, kind, against, score)], now)
            watching.match(db, [self.number], now)
        return self.number

    def decided(self) -> dict[str, int]:
        ledger, *_ = decide(self.settings, run(), patient=False)
        return dict(ledger.outcomes)


@pytest.fixture
def desk(settings: Settings) -> Desk:
    return Desk(settings)


def saved(desk: Desk, name: str = "Shadow fleet", **typed: str) -> SavedSearch:
    return watching.save_search(desk.settings, name, typed or {"q": '"shadow fleet"'}, "anna")


def test_a_story_that_matches_is_told_once(desk: Desk, slack: FakeSlack) -> None:
    desk.arrives("A shadow fleet before anybody watched")
    one = saved(desk)
    desk.arrives("A shadow fleet while nobody is told")
    watching.tell_matches(desk.settings, one.id, "", "anna")
    first = desk.arrives("Shadow fleet tanker is stopped")
    desk.arrives("The shadow fleet again", against=first)
    desk.arrives("A new ferry")
    assert desk.decided() == {"alert": 1, "repeat": 1}
    assert send(desk.settings) == {"sent": 1}
    (text,) = slack.texts()
    assert text.startswith("Search “Shadow fleet”: Shadow fleet tanker is stopped (P3)")
    (message,) = slack.messages
    shown = str(message["blocks"])
    assert "New match of a saved search" in shown
    assert "saved by anna" in shown
    desk.arrives("Shadow fleet, a third report", against=first)
    assert desk.decided() == {"repeat": 1}


def test_a_topic_and_a_search_share_the_message_of_a_story(desk: Desk, slack: FakeSlack) -> None:
    from fixtures_store import scored

    watching.tell_matches(desk.settings, saved(desk).id, "#desk", "anna")
    number = desk.arrives("Shadow fleet sanctions")
    with desk.begin() as db:
        hits.record_scores(db, [scored(number, 0.8)], "v1", datetime.now(UTC))
    assert desk.decided() == {"alert": 2}
    send(desk.settings)
    (text,) = slack.texts()
    assert text.startswith("Sanctions and Search “Shadow fleet”: ")  # the classifier's topic leads


def test_what_stops_hides_and_brings_back(desk: Desk) -> None:
    one = saved(desk)
    watching.tell_matches(desk.settings, one.id, "", "anna")
    now = datetime.now(UTC)
    with desk.begin() as db:
        quiet: Silence = silences.add(db, SilenceMatcher(topic=one.topic), "bob", "known", now, None)
    desk.arrives("Shadow fleet, silenced")
    assert desk.decided() == {"silenced": 1}
    with desk.begin() as db:
        silences.end(db, quiet.id, "bob", now)
    desk.arrives("Shadow fleet of last year", stale=True)
    assert desk.decided() == {"stale": 1}
    watching.delete_search(desk.settings, one.id, "bob")
    desk.arrives("Shadow fleet, deleted")
    assert desk.decided() == {}
    watching.restore_search(desk.settings, one.id)
    desk.arrives("Shadow fleet, back")
    assert desk.decided() == {"alert": 1}
    watching.stop_telling(desk.settings, one.id)
    desk.arrives("Shadow fleet, off")
    assert desk.decided() == {}


def test_a_hit_of_a_search_says_that_no_classifier_made_it(desk: Desk) -> None:
    watching.tell_matches(desk.settings, saved(desk).id, "", "anna")
    desk.arrives("Shadow fleet")
    again = recalling.recall_hit(desk.settings, 1)
    assert "a saved search matched" in again.why
    assert [term.term for term in again.hit.reason.terms] == ["shadow fleet"]


def test_what_cannot_be_saved_says_why(desk: Desk) -> None:
    saved(desk)
    wrong = [
        (" ", {"q": "x"}, "needs a name"),
        ("n" * 61, {"q": "x"}, "needs a name"),
        ("a\0b", {"q": "x"}, "needs a name"),
        ("long", {"q": "x" * 501}, "500 characters"),
        ("date", {"since": "soon"}, "is no date"),
        ("score", {"score": "nan"}, "is no score"),
        ("SHADOW FLEET", {"q": "x"}, "already"),
    ]
    for name, typed, said in wrong:
        with pytest.raises(Permanent, match=said):
            watching.save_search(desk.settings, name, typed, "anna")


def test_channels_numbers_and_names_are_checked(desk: Desk) -> None:
    one = saved(desk)
    with pytest.raises(Permanent, match="is no channel"):
        watching.tell_matches(desk.settings, one.id, "#No Such", "anna")
    with pytest.raises(Permanent, match="who you are"):
        watching.tell_matches(desk.settings, one.id, "", " ")
    with pytest.raises(NotFound, match="searches list"):
        searches_get(desk, 77)
    with pytest.raises(NotFound, match="is not deleted"):
        watching.restore_search(desk.settings, one.id)
    watching.delete_search(desk.settings, one.id, "anna")
    with pytest.raises(NotFound, match="it is deleted"):
        watching.tell_matches(desk.settings, one.id, "", "anna")
    saved(desk)
    with pytest.raises(Permanent, match="delete that one first"):
        watching.restore_search(desk.settings, one.id)


def searches_get(desk: Desk, number: int) -> SavedSearch:
    with desk.begin() as db:
        return searches.get(db, number)


WORDS = st.sampled_from(
    ["fleet", "tanker", "ferry", "port", '"shadow fleet"', "-ferry", "tank*", "fleet OR port"]
)


def test_matching_some_articles_is_searching_all_of_them(desk: Desk) -> None:
    for title in ("Shadow fleet in port", "A tanker", "Tanks and a ferry", "Fleet, ferry, port", "Nothing"):
        desk.arrives(title)

    @settings(max_examples=40)
    @given(words=st.lists(WORDS, max_size=3), ids=st.sets(st.integers(1, 5)))
    def same(words: list[str], ids: set[int]) -> None:
        asked = replace(Search(), words=" ".join(words))
        with desk.begin() as db:
            everything = set(search.newest(db, asked, 10))
            assert search.matching(db, asked, sorted(ids)) == sorted(everything & ids)

    same()
