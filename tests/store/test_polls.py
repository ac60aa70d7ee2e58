"""What polls leave behind: moves, days, alarms, and what hosts have asked of us."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from fixtures_store import NOW, new_article
from sqlalchemy import Connection, select

from monitor.records import (
    Alarm,
    AlarmKind,
    Feed,
    FeedSpec,
    FeedState,
    Fetched,
    FetchOutcome,
    HostReads,
    Pace,
    ParsedFeed,
    Polled,
    PollPlan,
    SiteRules,
)
from monitor.store import alarms, articles, feed_health, feeds, hosts, moves, polls
from monitor.store import tables as t
from monitor.store.polls import PollRow, record_polls

LEASE = timedelta(minutes=15)
A, B = FeedSpec("https://a.example/", "A", "World"), FeedSpec("https://b.example/", "B")


def poll(
    feed: Feed,
    outcome: FetchOutcome = FetchOutcome.FETCHED,
    *,
    pace: Pace | None = None,
    state: FeedState = FeedState.ACTIVE,
    new: int = 0,
    address: str | None = None,
) -> PollRow:
    """The end of a poll that is due again in an hour; there is a document where a pace is given."""
    end = Fetched(feed.url, outcome, feed.url, status=200)
    parsed = ParsedFeed("rss20", "A", (), pace=pace) if pace else None
    hour = timedelta(hours=1)
    plan = PollPlan(state, hour, NOW + hour, 0, outcome, "why", "one line", address=address)
    return PollRow(Polled(feed, end, parsed), plan, 10, new, None)


def claimed(db: Connection, *specs: FeedSpec) -> list[Feed]:
    feeds.add(db, specs, NOW - timedelta(days=9))
    return feeds.claim(db, range(1, len(specs) + 1), "me", NOW, LEASE)


def test_what_was_not_asked_is_no_poll(db: Connection) -> None:
    (feed,) = claimed(db, A)
    record_polls(db, [poll(feed, FetchOutcome.TIMED_OUT)], NOW)
    (feed,) = feeds.listing(db)
    record_polls(db, [poll(feed, FetchOutcome.POSTPONED)], NOW + timedelta(hours=3))
    (feed,) = feeds.listing(db)
    assert (feed.last_checked_at, feed.last_outcome, feed.last_error_at) == (NOW, "timed_out", NOW)
    assert db.execute(select(t.feed_days.c.polls, t.feed_days.c.failures)).all() == [(1, 1)]
    assert polls.last_polls(db) == [(A.url, "postponed", 200, ""), (A.url, "timed_out", 200, "")]


def test_the_wishes_of_a_document_are_remembered(db: Connection) -> None:
    (feed,) = claimed(db, A)
    pace = Pace(timedelta(minutes=90), frozenset({0, 23}), frozenset({6}))
    record_polls(db, [poll(feed, pace=pace)], NOW)
    (feed,) = feeds.listing(db)
    assert (feed.pace, feed.whole_at) == (pace, NOW)
    record_polls(db, [poll(feed, FetchOutcome.NOT_MODIFIED)], NOW + LEASE)
    (feed,) = feeds.listing(db)
    assert (feed.pace, feed.whole_at, feed.last_error_at) == (pace, NOW, None)


def test_a_feed_that_moved_is_known_by_both_addresses(db: Connection) -> None:
    (feed,) = claimed(db, A)
    record_polls(db, [poll(feed, address="https://new.example/")], NOW)
    (feed,) = feeds.listing(db)
    assert feed.url == "https://new.example/"
    again = [A, FeedSpec("https://new.example/", "A")]
    assert feeds.add(db, again, NOW) == {A.url: False, "https://new.example/": False}
    assert feeds.add(db, [A], NOW) == {A.url: False}
    record_polls(db, [poll(feed, address=A.url)], NOW)  # and back
    assert [feed.url for feed in feeds.listing(db)] == [A.url]
    assert moves.former(db, [A.url, "https://new.example/"]) == {"https://new.example/": A.url}


def test_two_feeds_that_meet_at_one_address_become_one(db: Connection) -> None:
    a, b, c = claimed(db, A, B, FeedSpec("https://c.example/", "C"))
    shared, alone = new_article(1, feed_id=a.id, guid="g"), new_article(2, feed_id=a.id)
    articles.admit(db, [shared, alone, new_article(3, feed_id=b.id, guid="g")], NOW)
    record_polls(db, [poll(a, new=2), poll(b, state=FeedState.RETIRED), poll(c, address=A.url)], NOW)
    assert {feed.url for feed in feeds.listing(db)} == {A.url, B.url}
    record_polls(db, [poll(a, address=B.url)], NOW)
    (feed,) = feeds.listing(db)
    assert (feed.id, feed.url, feed.state) == (b.id, B.url, FeedState.ACTIVE)
    assert moves.former(db, [A.url, c.url]) == {A.url: B.url, c.url: B.url}
    assert set(db.execute(select(t.articles.c.feed_id)).scalars()) == {b.id}
    guids = db.execute(select(t.entries.c.guid).order_by(t.entries.c.guid)).scalars()
    assert list(guids) == ["g", "guid-2"]


def test_a_feed_that_moves_to_what_another_has_left_joins_it(db: Connection) -> None:
    a, b = claimed(db, A, B)
    record_polls(db, [poll(a, address="https://new.example/")], NOW)
    record_polls(db, [poll(b, address=A.url)], NOW)
    assert [feed.url for feed in feeds.listing(db)] == ["https://new.example/"]
    assert set(moves.former(db, [A.url, B.url])) == {A.url, B.url}


def test_days_and_volumes(db: Connection) -> None:
    feed, _ = claimed(db, A, B)
    record_polls(db, [poll(feed, new=80)], NOW - timedelta(days=9))  # the backlog
    feed = replace(feed, last_success_at=NOW)
    for day in range(8, 0, -1):
        for _ in range(2):
            record_polls(db, [poll(feed, new=day)], NOW - timedelta(days=day))
    record_polls(db, [poll(feed, FetchOutcome.NOT_MODIFIED), poll(feed, new=5)], NOW)
    articles.admit(db, [new_article(n, stale=n == 2) for n in (1, 2, 3)], NOW)
    a, b = feed_health.volumes(db, NOW + timedelta(minutes=10))
    expected = [((NOW - timedelta(days=day)).weekday(), 2 * day) for day in range(8, 0, -1)]
    assert (a.feed.id, a.last_24h, list(a.days)) == (1, 2, expected)
    assert (b.last_24h, b.days, b.added_at) == (0, (), NOW - timedelta(days=9))
    today = select(t.feed_days).where(t.feed_days.c.day == NOW.date())
    assert db.execute(today).one()[2:] == (2, 1, 0, 5)
    shown = feed_health.health(db, NOW)[1]
    assert list(shown.days) == expected


def test_an_alarm_is_raised_once_an_event(db: Connection) -> None:
    quiet = Alarm(AlarmKind.FEED_QUIET, "1", "A is quiet", NOW)
    silent = Alarm(AlarmKind.GROUP_SILENT, "World", "no one speaks", NOW)
    assert alarms.raised(db, [quiet, silent]) == [quiet, silent]
    later = NOW + timedelta(hours=1)
    assert alarms.raised(db, [replace(quiet, raised_at=later, line="A is still quiet")]) == []
    assert alarms.lasting(db) == [quiet, silent]
    alarms.end(db, [quiet], later)
    assert alarms.lasting(db) == [silent]
    again = replace(quiet, raised_at=later + LEASE)
    assert alarms.raised(db, [again]) == [again]
    assert alarms.last_outage_end(db) is None
    cut_off = Alarm(AlarmKind.OUTAGE, "", "nothing can be reached", NOW)
    alarms.raised(db, [cut_off])
    alarms.end(db, [cut_off], later)
    assert alarms.last_outage_end(db) == later


def test_what_hosts_have_asked_of_us(db: Connection) -> None:
    hosts.pause(db, {"a.example": NOW + timedelta(seconds=90), "b.example": NOW + LEASE}, NOW)
    assert hosts.pauses(db, NOW) == {"a.example": 90.0, "b.example": 900.0}
    hosts.pause(db, {"a.example": NOW + LEASE * 2}, NOW + LEASE)
    assert hosts.pauses(db, NOW + LEASE) == {"a.example": 900.0}
    said = SiteRules("https://a.example", FetchOutcome.FETCHED, "User-agent: *", NOW)
    hosts.keep_rules(db, [said, replace(said, origin="https://" + "a" * 400)])
    newer = replace(said, text="Disallow:", fetched_at=NOW + LEASE)
    hosts.keep_rules(db, [newer])
    assert hosts.rules(db, [said.origin, "https://b.example"], NOW) == [newer]
    assert hosts.rules(db, [said.origin], NOW + LEASE * 2) == []


def test_how_pages_of_a_host_could_be_read(db: Connection) -> None:
    ends = {("a.example", "page_text"): 3, ("a.example", "forbidden"): 2, ("b.example", "page_text"): 1}
    hosts.count_reads(db, ends, NOW)
    hosts.count_reads(db, {("a.example", "forbidden"): 1, ("a.example", "no_text"): 1}, NOW)
    hosts.count_reads(db, {("a.example", "timed_out"): 50}, NOW - timedelta(days=9))
    assert hosts.reads(db, (NOW - timedelta(days=7)).date()) == [
        HostReads("a.example", 7, 4, "forbidden"),
        HostReads("b.example", 1, 0, ""),
    ]
