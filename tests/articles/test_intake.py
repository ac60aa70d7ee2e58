from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.articles.intake import ENOUGH_TEXT, STALE_AFTER, admit, first_outcome
from monitor.records import DateStatus, Entry, EntryOutcome, Feed, NewArticle, TextSource

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
FEED = Feed(3, "https://a.example/rss", "The Courier", language="en-GB")
ENTRY = Entry(
    "g1", "https://www.courier.co.uk/a?utm_source=rss", "Title", "A short summary.", published_at=NOW
)


def one(entry: Entry) -> NewArticle:
    (end,) = admit([entry], FEED, NOW)
    assert isinstance(end, NewArticle)
    return end


def test_an_entry_becomes_an_article():
    found = one(ENTRY)
    assert found.canonical_url == "https://courier.co.uk/a"
    assert found.url == ENTRY.url
    assert (found.publisher, found.feed_id, found.guid) == ("courier.co.uk", 3, "g1")
    assert (found.text, found.text_source, found.wants_page) == ("A short summary.", TextSource.SUMMARY, True)
    assert (found.effective_at, found.stale, found.language) == (NOW, False, "en")


def test_a_feed_with_enough_text_needs_no_page():
    text = "The council met again. " * 40
    found = one(replace(ENTRY, content=text))
    assert len(text) >= ENOUGH_TEXT
    assert (found.text_source, found.wants_page, found.text) == (TextSource.FEED, False, text)


def test_an_address_without_a_domain_is_known_by_its_feed():
    assert one(replace(ENTRY, url="http://127.0.0.1:9/a")).publisher == "The Courier"


def test_a_missing_title_is_made_from_the_text():
    assert one(replace(ENTRY, title="", summary="It rained. It stopped.")).title == "It rained."


def test_outcomes_that_end_an_entry_here():
    entries = [
        replace(ENTRY, url=None),
        replace(ENTRY, url="https:///no-host", guid="g0"),
        replace(ENTRY, title="", summary=""),
        ENTRY,
        replace(ENTRY, url="https://courier.co.uk/b"),
        replace(ENTRY, guid="g2"),
    ]
    ends = admit(entries, FEED, NOW)
    assert ends[:3] == [EntryOutcome.NO_LINK, EntryOutcome.NO_LINK, EntryOutcome.NO_TITLE]
    assert isinstance(ends[3], NewArticle)
    assert ends[4:] == [EntryOutcome.REPEATED_GUID, EntryOutcome.REPEATED_GUID]


def test_first_outcomes():
    old = replace(ENTRY, published_at=NOW - STALE_AFTER - timedelta(seconds=1))
    ahead = replace(ENTRY, published_at=None, date_status=DateStatus.FUTURE)
    undated = replace(ENTRY, published_at=None, date_status=DateStatus.MISSING)
    ends = [first_outcome(one(entry)) for entry in (ENTRY, old, ahead, undated)]
    assert ends == [
        EntryOutcome.NEW,
        EntryOutcome.STALE,
        EntryOutcome.NEW_FUTURE_DATED,
        EntryOutcome.NEW_UNDATED,
    ]
    assert not one(old).wants_page
    assert one(undated).effective_at == NOW


links = st.none() | st.sampled_from([f"https://a.example/{n}" for n in range(4)] + ["http://[x", "https://"])
entries = st.builds(
    Entry, guid=st.none() | st.sampled_from("abc"), url=links, title=st.text(max_size=9), summary=st.text()
)


@given(st.lists(entries, max_size=12))
def test_every_entry_ends_once_and_no_key_twice(given_entries):
    ends = admit(given_entries, FEED, NOW)
    assert len(ends) == len(given_entries)
    keys = [end.canonical_url for end in ends if isinstance(end, NewArticle)]
    assert len(keys) == len(set(keys))


@given(st.text(min_size=1), st.text())
def test_the_content_hash_follows_the_content(title, summary):
    entry = replace(ENTRY, title=title, summary=summary)
    assert one(entry).content_hash == one(entry).content_hash
    assert one(entry).content_hash != one(replace(entry, title=title[:300] + " again")).content_hash


def test_what_a_new_feed_holds_already_is_its_baseline():
    assert one(ENTRY).baseline
    known, asked = replace(FEED, last_success_at=NOW), replace(FEED, alert_backlog=True)
    for feed in (known, asked):
        (end,) = admit([ENTRY], feed, NOW)
        assert isinstance(end, NewArticle)
        assert not end.baseline


def test_the_address_behind_a_feed_service_counts():
    found = one(replace(ENTRY, original_url="https://courier.co.uk/own"))
    assert found.canonical_url == "https://courier.co.uk/own"


def news(number: int, **changes: str) -> Entry:
    titles = [
        "Ministers sign northern treaty",
        "Harbour strike enters second week",
        "Museum finds lost atlas",
    ]
    values = {
        "guid": f"n{number}",
        "url": f"https://courier.co.uk/{number}",
        "title": titles[number],
    } | changes
    return Entry(summary="", published_at=NOW, **values)  # type: ignore[arg-type]


def test_a_guid_that_several_articles_share_names_none_of_them():
    ends = admit([news(0, guid="same"), news(1, guid="same"), news(2)], FEED, NOW)
    assert [(end.canonical_url[-1], end.guid) for end in ends] == [("0", None), ("1", None), ("2", "n2")]


def test_one_article_under_two_links_and_one_guid_counts_once():
    again = news(0, url="https://courier.co.uk/world/0", title="Ministers sign treaty with the north")
    ends = admit([news(0), again], FEED, NOW)
    assert isinstance(ends[0], NewArticle)
    assert ends[1] is EntryOutcome.REPEATED_GUID


def test_news_that_share_one_page_are_told_by_its_fragments():
    page = "https://courier.co.uk/notes"
    ends = admit([news(n, url=f"{page}#note-{n}") for n in range(3)], FEED, NOW)
    assert [end.canonical_url for end in ends] == [f"{page}#note-{n}" for n in range(3)]
    versions = [
        news(0, url=f"{page}#0"),
        news(0, guid="n0#1", url=f"{page}#1", title="Ministers sign treaty"),
    ]
    ends = admit(versions, FEED, NOW)
    assert ends[0].canonical_url == page
    assert ends[1] is EntryOutcome.REPEATED_GUID
