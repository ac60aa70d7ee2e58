from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from fixtures_store import NOW, new_article, scored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from monitor.records import (
    EntryOutcome,
    FeedSpec,
    Placement,
    PlacementKind,
    ReadOutcome,
    ReadResult,
    TextSource,
)
from monitor.store import articles, feeds, hits, stories
from monitor.store import tables as t
from monitor.store.database import begin

NEW, DUPLICATE, CHANGED = EntryOutcome.NEW, EntryOutcome.DUPLICATE, EntryOutcome.CHANGED


@pytest.fixture(autouse=True)
def two_feeds(engine: Engine) -> None:
    with begin(engine) as db:
        feeds.add(db, [FeedSpec(f"https://news.example/{n}.xml", f"Feed {n}") for n in (1, 2)], NOW)


def test_the_second_time_nothing_is_new(engine: Engine) -> None:
    offered = [new_article(n) for n in range(1, 1_200)]
    with begin(engine) as db:
        assert set(articles.admit(db, offered, NOW)) == {NEW}
    with begin(engine) as db:
        assert set(articles.admit(db, offered, NOW)) == {DUPLICATE}
        assert db.execute(select(func.count()).select_from(t.articles)).scalar() == len(offered)
        assert db.execute(select(func.count()).select_from(t.entries)).scalar() == len(offered)


def test_an_article_comes_back_as_it_went_in(db: Connection) -> None:
    new = new_article(
        7, title="Zażółć \U0001f680 'quoted' %", author="A. Writer", text="Body\ntext", stale=True
    )
    articles.admit(db, [new], NOW)
    found = articles.by_url(db, new.canonical_url)
    assert found is not None
    assert found == articles.get(db, found.id) == articles.by_url(db, new.url)
    same = "canonical_url url feed_id publisher title summary text text_source author published_at stale"
    assert [getattr(found, name) for name in same.split()] == [getattr(new, name) for name in same.split()]
    assert (found.first_seen_at, found.effective_at) == (new.first_seen_at, new.effective_at)
    assert found.effective_at.utcoffset() == timedelta(0)
    assert articles.get(db, 999) is None
    assert articles.by_url(db, "https://elsewhere.example/") is None


def test_what_a_database_cannot_hold_is_cleaned(db: Connection) -> None:
    new = new_article(1, title="nul \0 and \ud800 surrogate", guid="g\0")
    assert articles.admit(db, [new], NOW) == [NEW]
    assert articles.admit(db, [new], NOW) == [DUPLICATE]
    found = articles.get(db, 1)
    assert found is not None
    assert found.title == "nul  and ? surrogate"


def test_an_endless_address_is_known_again(db: Connection) -> None:
    long = "https://news.example/" + "ä" * 9_000
    first = new_article(1, canonical_url=long, guid=None)
    second = new_article(2, canonical_url=long + "b", guid="g" * 9_000)
    assert articles.admit(db, [first, second], NOW) == [NEW, NEW]
    assert articles.admit(db, [first, second], NOW) == [DUPLICATE, DUPLICATE]


def test_an_article_whose_link_moved_is_the_same_and_stays_known_under_both(db: Connection) -> None:
    articles.admit(db, [new_article(1)], NOW)
    moved = new_article(1, canonical_url="https://news.example/moved", url="https://news.example/moved?a=1")
    assert articles.admit(db, [moved], NOW) == [CHANGED]
    found = articles.get(db, 1)
    assert found is not None
    assert (found.url, found.canonical_url) == (moved.url, "https://news.example/1")
    assert articles.by_url(db, moved.canonical_url) == articles.by_url(db, found.canonical_url) == found
    assert articles.admit(db, [moved], NOW) == [DUPLICATE]
    assert articles.admit(db, [replace(moved, content_hash="other")], NOW) == [CHANGED]
    elsewhere = replace(moved, feed_id=2, guid="x")
    assert articles.admit(db, [elsewhere, new_article(1, feed_id=2, guid="y")], NOW) == [DUPLICATE] * 2
    other = replace(moved, feed_id=2, canonical_url="https://other.example/1")
    assert articles.admit(db, [other], NOW) == [NEW]  # a guid counts in its own feed only


def test_a_link_that_is_new_at_each_poll_is_not_followed_for_ever(db: Connection) -> None:
    articles.admit(db, [new_article(1)], NOW)
    for n in range(30):
        token = new_article(1, canonical_url=f"https://news.example/1?token={n}")
        assert articles.admit(db, [token], NOW) == [DUPLICATE]
    for n in range(30):
        path = new_article(1, canonical_url=f"https://news.example/{n}/x", url=f"https://news.example/{n}/x")
        assert articles.admit(db, [path], NOW)[0] is not NEW
    assert db.execute(select(func.count()).select_from(t.article_addresses)).scalar_one() <= 8


def test_a_guid_that_is_used_again_does_not_overwrite_other_news(db: Connection) -> None:
    first = new_article(1, title="Ministers sign northern treaty", summary="", guid="today")
    second = new_article(2, title="Harbour strike enters second week", summary="", guid="today")
    third = new_article(3, title="Harbour strike ends after second week", summary="", guid="today")
    assert [articles.admit(db, [new], NOW)[0] for new in (first, second, third)] == [NEW, NEW, CHANGED]
    assert [articles.admit(db, [new], NOW)[0] for new in (first, third)] == [DUPLICATE, DUPLICATE]
    titles = [found.title for n in (1, 2) if (found := articles.get(db, n))]
    assert titles == [first.title, third.title]


def _reads(db: Connection, key: str, ids: tuple[int, ...] = (1, 2)) -> set[int]:
    results = [ReadResult(n, ReadOutcome.PAGE_TEXT, "Whole page", page_key=key) for n in ids]
    return articles.record_reads(db, results, NOW)


def test_two_links_to_one_page_become_one_article(db: Connection) -> None:
    title = "Ministers sign northern treaty"
    first = new_article(1, title=title, wants_page=True)
    second = new_article(2, title=f"{title} at last", wants_page=True, feed_id=2)
    articles.admit(db, [first, second], NOW)
    assert _reads(db, "https://news.example/page") == {2}
    assert articles.get(db, 2) is None
    assert articles.by_url(db, second.canonical_url) == articles.get(db, 1)
    assert articles.admit(db, [first, second], NOW) == [DUPLICATE, DUPLICATE]
    third = new_article(3, canonical_url="https://news.example/page", feed_id=2)
    assert articles.admit(db, [third], NOW) == [DUPLICATE]
    assert _reads(db, "https://news.example/page") == set()
    assert db.execute(select(func.count()).select_from(t.entries)).scalar_one() == 3


def test_an_address_that_all_pages_of_a_site_name_merges_nothing(db: Connection) -> None:
    texts = ("Ministers sign northern treaty", "Harbour strike enters second week")
    offered = [new_article(n, title=title, summary="", wants_page=True) for n, title in enumerate(texts, 1)]
    articles.admit(db, offered, NOW)
    assert _reads(db, "https://news.example/front") == set()
    assert [articles.get(db, n) is not None for n in (1, 2)] == [True, True]


def test_one_call_may_hold_an_article_twice(db: Connection) -> None:
    again = new_article(1, feed_id=2, guid="other")
    assert articles.admit(db, [new_article(1), again, new_article(1)], NOW) == [NEW, DUPLICATE, DUPLICATE]
    assert db.execute(select(func.count()).select_from(t.entries)).scalar() == 2


def test_a_change_is_stored_and_scored_again(db: Connection) -> None:
    articles.admit(db, [new_article(1)], NOW)
    stories.place(db, [Placement(1, PlacementKind.NEW_STORY)], NOW)
    hits.record_scores(db, [scored(1)], "v1", NOW)
    assert articles.unscored(db, 10) == []
    changed = new_article(1, title="Corrected", summary="Longer", content_hash="2")
    assert articles.admit(db, [changed], NOW) == [CHANGED]
    assert articles.admit(db, [changed], NOW) == [DUPLICATE]
    (again,) = articles.unscored(db, 10)
    assert (again.title, again.summary) == ("Corrected", "Longer")
    story = stories.get(db, 1)
    assert story is not None
    assert story.headline == "Corrected"
    hits.record_scores(db, [scored(1, 0.7)], "v2", NOW)
    (hit,) = hits.of_story(db, 1)
    assert (hit.score, hit.classifier_version) == (0.9, "v1")  # the first hit stays


def test_another_feed_with_another_teaser_changes_nothing(db: Connection) -> None:
    articles.admit(db, [new_article(1)], NOW)
    other = new_article(1, feed_id=2, summary="Another teaser", content_hash="2")
    assert articles.admit(db, [other, other], NOW) == [DUPLICATE, DUPLICATE]
    feeds.remove(db, "https://news.example/1.xml")
    assert articles.admit(db, [other], NOW) == [CHANGED]  # nobody else carries it any more


def test_a_page_text_stays_when_the_teaser_changes(db: Connection) -> None:
    articles.admit(db, [new_article(1, wants_page=True)], NOW)
    articles.record_reads(db, [ReadResult(1, ReadOutcome.PAGE_TEXT, "Whole page", "Author", "en")], NOW)
    articles.admit(db, [new_article(1, title="New title", text="feed text", content_hash="2")], NOW)
    found = articles.get(db, 1)
    assert found is not None
    assert (found.title, found.text, found.text_source) == ("New title", "Whole page", TextSource.PAGE)
    assert found.author == "Author"


def test_reading_waits_rests_and_ends(db: Connection) -> None:
    offered = [new_article(n, wants_page=n != 3) for n in (1, 2, 3)] + [
        new_article(4, wants_page=True, stale=True)
    ]
    articles.admit(db, offered, NOW)
    assert [a.id for a in articles.pending_reads(db, 10, NOW)] == [2, 1]  # newest first
    articles.record_reads(
        db, [ReadResult(2, ReadOutcome.WAITING), ReadResult(1, ReadOutcome.UNREACHABLE)], NOW
    )
    assert articles.pending_reads(db, 10, NOW) == []
    (again,) = articles.pending_reads(db, 10, NOW + articles.READ_AGAIN)
    assert (again.id, again.read_attempts) == (2, 1)
    articles.record_reads(db, [ReadResult(2, ReadOutcome.PAGE_TEXT, "Page")], NOW)
    articles.record_reads(db, [ReadResult(2, ReadOutcome.PAGE_TEXT, "Late second reading")], NOW)
    ends = dict(db.execute(select(t.articles.c.id, t.articles.c.read_outcome)).all())  # type: ignore[arg-type]
    assert ends == {1: "unreachable", 2: "page_text", 3: "feed_text", 4: "stale"}
    found = articles.get(db, 2)
    assert found is not None
    assert found.text == "Page"


def test_unplaced_and_window(db: Connection) -> None:
    offered = [new_article(n, published_at=NOW - timedelta(hours=n)) for n in range(1, 6)]
    articles.admit(db, [*offered, new_article(9, wants_page=True)], NOW)
    waiting = articles.unplaced(db, 10)
    assert [text.title for text in waiting] == [f"Title {n}" for n in (5, 4, 3, 2, 1)]
    assert waiting[0].lead == "Summary 5"
    stories.place(db, [Placement(text.article_id, PlacementKind.NEW_STORY) for text in waiting], NOW)
    assert articles.unplaced(db, 10) == []
    found = articles.window(db, NOW - timedelta(hours=4), NOW - timedelta(days=14), 3)
    assert [text.title for text in found] == ["Title 3", "Title 2", "Title 1"]
    assert all(text.story_id for text in found)


def test_a_feed_removed_while_it_was_polled_stops_nothing(db: Connection) -> None:
    feeds.remove(db, "https://news.example/1.xml")
    assert articles.admit(db, [new_article(1), new_article(2, feed_id=2)], NOW) == [NEW, NEW]
    found = articles.by_url(db, "https://news.example/1")
    assert found is not None
    assert found.feed_id is None


def test_a_killed_admission_leaves_nothing_and_can_be_repeated(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), begin(engine) as db:
        articles.admit(db, [new_article(1)], NOW)
        raise ZeroDivisionError
    with begin(engine) as db:
        assert articles.admit(db, [new_article(1)], NOW) == [NEW]


def test_workers_that_find_the_same_articles_store_each_once(engine: Engine) -> None:
    """Two feeds carry the same articles, in opposite order, and are polled by two workers at once."""
    ends: list[Counter[EntryOutcome]] = []
    ready = threading.Barrier(2)

    def work(feed: int) -> None:
        offered = [new_article(n, feed_id=feed) for n in range(1, 301)][:: 1 if feed == 1 else -1]
        found: Counter[EntryOutcome] = Counter()
        ready.wait(10)
        for start in range(0, 300, 50):
            with begin(engine) as db:
                found.update(articles.admit(db, offered[start : start + 50], NOW))
        ends.append(found)

    threads = [threading.Thread(target=work, args=(feed,)) for feed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ends) == 2
    assert ends[0] + ends[1] == Counter({NEW: 300, DUPLICATE: 300})
    with begin(engine) as db:
        assert db.execute(select(func.count()).select_from(t.entries)).scalar() == 600


entry = st.builds(
    lambda url, guid, feed, content: new_article(
        1, canonical_url=f"https://n.example/{url}", guid=guid, feed_id=feed, content_hash=content
    ),
    st.integers(1, 4),
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from([1, 2]),
    st.sampled_from(["x", "y"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(entry, max_size=6), max_size=4))
def test_admission_laws(engine: Engine, batches: list[list[object]]) -> None:
    """An article for each NEW, none lost, and a batch offered at once again holds nothing new."""
    with engine.connect() as db, db.begin() as transaction:
        ends: Counter[EntryOutcome] = Counter()
        for batch in batches:
            outcomes = articles.admit(db, batch, NOW)  # type: ignore[arg-type]
            assert len(outcomes) == len(batch)
            ends.update(outcomes)
            assert NEW not in articles.admit(db, batch, NOW)  # type: ignore[arg-type]
        assert db.execute(select(func.count()).select_from(t.articles)).scalar() == ends[NEW]
        transaction.rollback()


def test_a_changed_article_keeps_what_it_said(engine: Engine) -> None:
    first, later = new_article(1), NOW + timedelta(hours=1)
    changed = replace(first, title="Corrected", content_hash="other")
    with begin(engine) as db:
        articles.admit(db, [first], NOW)
        assert articles.admit(db, [changed], later) == [CHANGED]
        assert articles.admit(db, [replace(changed, published_at=later)], later) == [DUPLICATE]
        (row,) = db.execute(select(t.revisions))
    assert (row.title, row.content_hash, row.replaced_at) == (first.title, first.content_hash, later)


def test_guids_that_change_each_day_add_nothing(engine: Engine) -> None:
    with begin(engine) as db:
        for day in range(5):
            offered = replace(new_article(1), guid=f"day-{day}")
            ends = articles.admit(db, [offered], NOW + timedelta(days=day))
            assert ends == [DUPLICATE if day else NEW]
        assert db.execute(select(func.count()).select_from(t.entries)).scalar_one() == 1


def test_a_backlog_is_kept_and_never_alerts(engine: Engine) -> None:
    with begin(engine) as db:
        articles.admit(db, [replace(new_article(1), baseline=True), new_article(2)], NOW)
        quiet, loud = articles.get(db, 1), articles.get(db, 2)
    assert quiet is not None
    assert loud is not None
    assert (quiet.stale, loud.stale) == (True, False)
