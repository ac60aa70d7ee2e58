from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from fixtures_store import NOW, new_article
from sqlalchemy import Connection, Engine, func, select

from monitor.errors import Permanent
from monitor.records import (
    Feed,
    FeedSpec,
    FeedState,
    Fetched,
    FetchOutcome,
    ParsedFeed,
    Polled,
    PollPlan,
    RunKey,
)
from monitor.store import articles, feed_health, feeds, runs, upkeep
from monitor.store import tables as t
from monitor.store.database import begin
from monitor.store.polls import PollRow, record_polls

LEASE = timedelta(minutes=15)
A, B = FeedSpec("https://a.example/", "A", "World"), FeedSpec("https://b.example/", "B")


def poll(
    feed: Feed,
    outcome: FetchOutcome = FetchOutcome.FETCHED,
    *,
    state: FeedState = FeedState.ACTIVE,
    at: datetime = NOW,
    new: int = 0,
    **fetched: str | None,
) -> PollRow:
    """The end of a poll that is due again in an hour."""
    end = Fetched(feed.url, outcome, feed.url, status=200, **fetched)  # type: ignore[arg-type]
    parsed = ParsedFeed("rss20", "A", (), "https://site.example/", "en")
    hour = timedelta(hours=1)
    plan = PollPlan(state, hour, at + hour, 0, outcome, None, f"it was {outcome}")
    return PollRow(Polled(feed, end, parsed), plan, 10, new, None)


def test_add_list_remove(db: Connection) -> None:
    assert feeds.add(db, [A, B], NOW) == {A.url: True, B.url: True}
    assert feeds.add(db, [A, FeedSpec("https://c.example/", "C")], NOW) == {
        A.url: False,
        "https://c.example/": True,
    }
    assert feeds.add(db, [], NOW) == {}
    assert [feed.title for feed in feeds.listing(db)] == ["B", "C", "A"]  # by group, then title
    articles.admit(db, [new_article(1)], NOW)
    assert feeds.remove(db, A.url)
    assert not feeds.remove(db, A.url)
    kept = articles.get(db, 1)
    assert kept is not None
    assert kept.feed_id is None
    with pytest.raises(Permanent, match="longer than"):
        feeds.add(db, [FeedSpec("https://a.example/" + "a" * 5_000, "long")], NOW)


def test_due_soonest_first_without_the_claimed_and_the_retired(db: Connection) -> None:
    feeds.add(db, [A, B, FeedSpec("https://c.example/", "C")], NOW)
    a, b, c = feeds.claim(db, [1, 2, 3], "me", NOW, LEASE)
    assert feeds.due(db, NOW) == []
    later = NOW + timedelta(hours=2)
    record_polls(db, [poll(b, at=NOW - timedelta(minutes=5)), poll(c, state=FeedState.RETIRED)], NOW)
    assert feeds.due(db, NOW) == []
    assert feeds.due(db, later) == [a.id, b.id]  # the claim of a has run out
    assert feeds.all_ids(db) == [a.id, b.id]
    assert feeds.make_due(db, NOW) == 2
    assert feeds.due(db, NOW) == [b.id]
    feeds.add(db, [FeedSpec("https://c.example/", "C")], NOW)
    assert feeds.due(db, NOW) == [b.id, c.id]  # adding a retired feed again revives it


def test_a_claim_is_ours_until_it_ends(db: Connection) -> None:
    feeds.add(db, [A, B], NOW)
    assert [feed.id for feed in feeds.claim(db, [2, 1, 2, 99], "me", NOW, LEASE)] == [2, 1]
    assert feeds.claim(db, [1, 2], "you", NOW, LEASE) == []
    assert [feed.id for feed in feeds.claim(db, [1], "me", NOW, LEASE)] == [1]  # a retry of the same run
    assert [feed.id for feed in feeds.claim(db, [1, 2], "you", NOW + LEASE, LEASE)] == [1, 2]


def test_two_workers_never_claim_the_same_feed(engine: Engine) -> None:
    with begin(engine) as db:
        feeds.add(db, [FeedSpec(f"https://{n}.example/", str(n)) for n in range(300)], NOW)
    claimed: dict[str, list[int]] = {}

    def work(owner: str) -> Callable[[], None]:
        def run() -> None:
            mine: list[int] = []
            for start in range(0, 300, 20):
                ids = list(range(start + 1, start + 21))
                with begin(engine) as db:
                    mine += [feed.id for feed in feeds.claim(db, ids, owner, NOW, LEASE)]
            claimed[owner] = mine

        return run

    threads = [threading.Thread(target=work(owner)) for owner in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = sorted(id_ for ids in claimed.values() for id_ in ids)
    assert everything == sorted(set(everything))
    with begin(engine) as db:
        left = [id_ for id_ in feeds.due(db, NOW) if id_ not in everything]
        assert sorted(everything + left) == list(range(1, 301))


def test_validators_are_kept_only_of_polls_that_succeeded(db: Connection) -> None:
    feeds.add(db, [A], NOW)
    (feed,) = feeds.claim(db, [1], "me", NOW, LEASE)
    record_polls(db, [poll(feed, etag="e1", last_modified="m1", body_hash="h1")], NOW)
    (feed,) = feeds.listing(db)
    assert (feed.etag, feed.last_modified, feed.body_hash) == ("e1", "m1", "h1")
    assert (feed.site_url, feed.language, feed.last_success_at) == ("https://site.example/", "en", NOW)
    record_polls(db, [poll(feed, FetchOutcome.UNREADABLE, etag="e2", body_hash="h2")], NOW)
    (feed,) = feeds.listing(db)
    assert (feed.etag, feed.body_hash, feed.last_outcome) == ("e1", "h1", "unreadable")
    record_polls(db, [poll(feed, FetchOutcome.NOT_MODIFIED)], NOW)
    assert feeds.listing(db)[0].etag == "e1"  # a 304 need not repeat them
    record_polls(db, [poll(feed)], NOW)
    (feed,) = feeds.listing(db)
    assert (feed.etag, feed.last_modified, feed.body_hash) == (None, None, "h1")


def test_a_poll_of_a_removed_feed_is_passed_over(db: Connection) -> None:
    feeds.add(db, [A, B], NOW)
    gone, kept = feeds.claim(db, [1, 2], "me", NOW, LEASE)
    feeds.remove(db, A.url)
    record_polls(db, [poll(gone), poll(kept)], NOW)
    assert list(db.execute(select(t.fetches.c.feed_id)).scalars()) == [kept.id]


def test_health(db: Connection) -> None:
    feeds.add(db, [A, B], NOW)
    (feed,) = feeds.claim(db, [1], "me", NOW, LEASE)
    ends = (FetchOutcome.FETCHED, FetchOutcome.NOT_MODIFIED, FetchOutcome.TIMED_OUT, FetchOutcome.UNCHANGED)
    for outcome in ends:
        record_polls(db, [poll(feed, outcome)], NOW)
    old = NOW - timedelta(days=3)
    articles.admit(db, [new_article(1), new_article(2, first_seen_at=old), new_article(3)], NOW)
    b, a = feed_health.health(db, NOW + timedelta(minutes=10))
    assert (a.polls, a.success_share, a.not_modified_share, a.entries) == (4, 0.75, 0.25, 10)
    assert (a.new_24h, a.new_7d, a.line) == (2, 3, "it was unchanged")
    assert (b.polls, b.success_share, b.new_7d, b.line) == (0, 0.0, 0, "not polled yet")


def test_trim_keeps_thirty_polls_and_drops_what_ran_out(db: Connection) -> None:
    feeds.add(db, [A, B], NOW)
    a, _ = feeds.claim(db, [1, 2], "me", NOW, LEASE)
    for minute in range(40):
        record_polls(db, [poll(a)], NOW + timedelta(minutes=minute))
    runs.open_run(db, RunKey("cli", "run", "1"), NOW - timedelta(days=100))
    runs.open_run(db, RunKey("cli", "run", "2"), NOW)
    done = upkeep.trim(db, NOW + timedelta(hours=1))
    dropped = {"fetches": 10, "runs": 1, "leases": 0, "claims": 1, "pictures": 0}
    assert done == {f"{name}_dropped": number for name, number in dropped.items()}
    oldest = db.execute(select(func.min(t.fetches.c.checked_at))).scalar()
    assert oldest == NOW + timedelta(minutes=10)
    assert set(upkeep.trim(db, NOW + timedelta(hours=1)).values()) == {0}
