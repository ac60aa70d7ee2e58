"""due, fetch and read: feeds and pages become articles."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.pipeline.desk import Desk, Progress, chunks, clock, silent, sit_down
from monitor.records import (
    Article,
    EntryOutcome,
    Fetched,
    FetchOutcome,
    Ledger,
    NewArticle,
    Polled,
    ReadOutcome,
    ReadResult,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import articles, feeds
from monitor.store.database import begin, open_database

CLAIM = timedelta(minutes=15)  # longer than a shard of slow feeds can take
BATCH = 32  # polls written in one transaction: about 800 entries
READ_TRIES = 3
_LATER = {
    FetchOutcome.DEAD_HOST,
    FetchOutcome.TIMED_OUT,
    FetchOutcome.DROPPED,
    FetchOutcome.RATE_LIMITED,
    FetchOutcome.SERVER_ERROR,
}
_NEW = {EntryOutcome.NEW, EntryOutcome.NEW_UNDATED, EntryOutcome.NEW_FUTURE_DATED, EntryOutcome.STALE}


def due(settings: Settings, shards: int = 1) -> list[list[int]]:
    """The ids of the feeds to poll now, dealt into at most `shards` lists, none empty."""
    with begin(open_database(settings.database_url)) as db:
        ids = feeds.due(db, clock())
    return [part for part in (ids[i::shards] for i in range(shards)) if part]


def fetch(
    settings: Settings,
    run: RunKey,
    feed_ids: Sequence[int] | None = None,
    *,
    shard: str = "",
    progress: Progress = silent,
) -> tuple[Ledger, ...]:
    """Poll feeds (all due ones, or those given), store their entries as articles.

    Args:
        shard: the name of this part where a run polls its feeds in several.

    Returns:
        two ledgers: feeds by `FetchOutcome`, entries by `EntryOutcome`.
    """
    from monitor.feeds.harvest import harvest

    desk = sit_down(settings, run)
    with desk.begin() as db:
        ids = feeds.due(db, clock()) if feed_ids is None else list(feed_ids)
        claimed = feeds.claim(db, ids, desk.owner, clock(), CLAIM)
    polls: Counter[str] = Counter()
    entries: Counter[str] = Counter()
    entries_in = done = 0
    for batch in chunks(harvest(claimed, settings), BATCH):
        with desk.begin() as db:
            for end in _store(db, batch, desk.run_id, clock()):
                polls[end.polled.fetched.outcome] += 1
                entries.update(end.outcomes)
                entries_in += end.entries
        done += len(batch)
        progress(Step.FETCH, done, len(claimed))
    elsewhere = len(ids) - len(claimed)
    note = f"{elsewhere} feeds are being polled by another run" if elsewhere else ""
    return desk.close(
        tally(Step.FETCH, "feeds", polls, len(claimed), note),
        tally(Step.FETCH, "entries", entries, entries_in),
        shard=shard,
    )


@dataclass(slots=True)
class _Poll:
    """One poll on its way into the database."""

    polled: Polled
    admitted: list[NewArticle | EntryOutcome]
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def entries(self) -> int:
        return len(self.admitted)


def _store(db: Connection, batch: Sequence[Polled], run_id: int, now: datetime) -> list[_Poll]:
    from monitor.articles.intake import admit, first_outcome
    from monitor.feeds import polling

    polls = [_Poll(p, admit(p.parsed.entries, p.feed, now) if p.parsed else []) for p in batch]
    offered = [item for poll in polls for item in poll.admitted if isinstance(item, NewArticle)]
    stored = iter(articles.admit(db, offered, now))
    for poll in polls:
        for item in poll.admitted:
            end = next(stored) if isinstance(item, NewArticle) else item
            if isinstance(item, NewArticle) and end is EntryOutcome.NEW:
                end = first_outcome(item)
            poll.outcomes[end] += 1
    rows = []
    for poll in polls:
        fresh = sum(count for end, count in poll.outcomes.items() if end in _NEW)
        seen = poll.outcomes[EntryOutcome.DUPLICATE] + poll.outcomes[EntryOutcome.CHANGED]
        plan = polling.plan(
            poll.polled.feed,
            poll.polled,
            seen=seen,
            fresh=fresh,
            now=now,
            random=random.random(),
            odd=poll.outcomes,
        )
        rows.append(feeds.PollRow(poll.polled, plan, poll.entries, fresh, run_id))
    feeds.record_polls(db, rows, now)
    return polls


def read(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Fetch the pages of articles whose feed carried too little, and keep their text.

    Returns:
        one ledger: articles by `ReadOutcome`.
    """
    desk = sit_down(settings, run)
    with desk.begin() as db:
        limit = settings.read_limit if settings.read_pages else 1_000_000
        waiting = articles.pending_reads(db, limit, clock())
    ends: Counter[str] = Counter()
    if settings.read_pages:
        ends = _read_pages(desk, waiting, progress)
    else:
        results = [ReadResult(article.id, ReadOutcome.SWITCHED_OFF) for article in waiting]
        with desk.begin() as db:
            articles.record_reads(db, results, clock())
        ends[ReadOutcome.SWITCHED_OFF] = len(results)
    return desk.close(tally(Step.READ, "articles", ends, len(waiting)))


def _read_pages(desk: Desk, waiting: Sequence[Article], progress: Progress) -> Counter[str]:
    from monitor.feeds.harvest import fetch_pages

    by_url = {article.url: article for article in waiting}
    ends: Counter[str] = Counter()
    pages = fetch_pages(list(by_url), desk.settings, desk.settings.read_deadline)
    for batch in chunks(pages, BATCH):
        results = [_read_one(by_url[page.url], page) for page in batch]
        with desk.begin() as db:
            articles.record_reads(db, results, clock())
        ends.update(result.outcome for result in results)
        progress(Step.READ, ends.total(), len(waiting))
    # The deadline passed before these: they stay pending and come first to no one's harm.
    ends[ReadOutcome.WAITING] += len(waiting) - ends.total()
    return ends


def _read_one(article: Article, page: Fetched) -> ReadResult:
    from monitor.articles.extract import extract
    from monitor.articles.language import detect

    if page.outcome is not FetchOutcome.FETCHED:
        later = page.outcome in _LATER and article.read_attempts + 1 < READ_TRIES
        return ReadResult(article.id, ReadOutcome.WAITING if later else ReadOutcome.UNREACHABLE)
    found = extract(page.body, page.final_url)
    if len(found.text) <= len(article.summary):
        return ReadResult(article.id, ReadOutcome.NO_TEXT)
    language = detect(found.text, found.language or article.language)
    return ReadResult(article.id, ReadOutcome.PAGE_TEXT, found.text, found.author, language)
