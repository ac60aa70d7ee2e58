"""due, fetch and read: feeds and pages become articles."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.pipeline.desk import Desk, Progress, chunks, clock, silent, sit_down
from monitor.records import (
    Article,
    EntryOutcome,
    Fetched,
    FetchOutcome,
    Ledger,
    NewArticle,
    Page,
    Polled,
    ReadOutcome,
    ReadResult,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import articles, feeds, hosts
from monitor.store.database import begin, open_database
from monitor.store.polls import PollRow, last_polls, record_polls

if TYPE_CHECKING:
    from monitor.articles.reader import PageOrder
    from monitor.pool import Lost, Pool

CLAIM = timedelta(minutes=15)  # longer than a shard of slow feeds can take
BATCH = 32  # pages whose texts are written in one transaction
POLLS, ENTRIES = 128, 800  # of feeds, written in one: whichever comes first
IDLE = 1.0  # seconds after which what came is written although there is little of it
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
    from monitor.feeds import outage
    from monitor.feeds.harvest import harvest
    from monitor.intake import TAKING_IN

    desk = sit_down(settings, run)
    with desk.begin() as db:
        ids = feeds.due(db, clock()) if feed_ids is None else list(feed_ids)
        claimed = feeds.claim(db, ids, desk.owner, clock(), CLAIM)
        pauses = hosts.pauses(db, clock())
        before = outage.reaches(last_polls(db))
    polls: Counter[str] = Counter()
    entries: Counter[str] = Counter()
    entries_in = done = cut = 0
    found = harvest(claimed, settings, pauses=pauses, trade=TAKING_IN, idle=IDLE)
    for batch in _batches(outage.judged(found, before)):
        with desk.begin() as db:
            for end in _store(db, batch, desk.run_id, clock()):
                polls[end.polled.fetched.outcome] += 1
                entries.update(end.outcomes)
                entries_in += end.entries
                cut += end.polled.fetched.detail == outage.DETAIL
        done += len(batch)
        progress(Step.FETCH, done, len(claimed))
    elsewhere = len(ids) - len(claimed)
    notes = [f"{elsewhere} feeds are being polled by another run"] if elsewhere else []
    if cut:
        notes.append(f"{cut} feeds were out of our reach: {outage.DETAIL}")
    if paused := polls[FetchOutcome.POSTPONED] - cut:
        notes.append(f"{paused} feeds were not asked: their hosts want a pause")
    note = "; ".join(notes)
    return desk.close(
        tally(Step.FETCH, "feeds", polls, len(claimed), note),
        tally(Step.FETCH, "entries", entries, entries_in),
        shard=shard,
    )


def _batches(polls: Iterable[Polled | None]) -> Iterator[list[Polled]]:
    """Polls as they are written: so many that a transaction is worth it, and none waits for slow hosts."""
    batch: list[Polled] = []
    entries = 0
    for polled in polls:
        if polled is not None:
            batch.append(polled)
            entries += polled.count
        if batch and (polled is None or len(batch) >= POLLS or entries >= ENTRIES):
            yield batch
            batch, entries = [], 0
    if batch:
        yield batch


@dataclass(slots=True)
class _Poll:
    """One poll on its way into the database."""

    polled: Polled
    admitted: Sequence[NewArticle | EntryOutcome]
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def entries(self) -> int:
        return len(self.admitted)


def _admitted(polled: Polled, now: datetime) -> Sequence[NewArticle | EntryOutcome]:
    """What the entries of a poll are: judged where they were parsed, but for those of several documents."""
    from monitor.articles.intake import admit

    if polled.admitted is not None:
        return polled.admitted
    return admit(polled.parsed.entries, polled.feed, now) if polled.parsed else ()


def _store(db: Connection, batch: Sequence[Polled], run_id: int, now: datetime) -> list[_Poll]:
    from monitor.articles.intake import first_outcome
    from monitor.feeds import polling

    polls = [_Poll(p, _admitted(p, now)) for p in batch]
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
        rows.append(PollRow(poll.polled, plan, poll.entries, fresh, run_id))
    record_polls(db, rows, now)
    _keep_pauses(db, (poll.polled.fetched for poll in polls), now)
    return polls


def _keep_pauses(db: Connection, ends: Iterable[Fetched], now: datetime) -> None:
    """Remember which hosts want to be left alone: the next run leaves their other feeds alone, too."""
    from monitor.feeds.outage import host_of
    from monitor.feeds.polling import LONGEST

    asked = {host_of(end.final_url): end.retry_after for end in ends if end.retry_after and end.status}
    hosts.pause(db, {host: now + min(wait, LONGEST) for host, wait in asked.items()}, now)


def read(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Fetch the pages of articles whose feed carried too little, and keep their text.

    Returns:
        one ledger: articles by `ReadOutcome`.
    """
    desk = sit_down(settings, run)
    if not settings.read_pages:
        with desk.begin() as db:
            left = articles.leave_unread(db, ReadOutcome.SWITCHED_OFF, clock())
        return desk.close(tally(Step.READ, "articles", Counter({ReadOutcome.SWITCHED_OFF: left}), left))
    with desk.begin() as db:
        waiting = articles.pending_reads(db, settings.read_limit, clock())
    ends = _read_pages(desk, waiting, progress)
    return desk.close(tally(Step.READ, "articles", ends, len(waiting)))


def _read_pages(desk: Desk, waiting: Sequence[Article], progress: Progress) -> Counter[str]:
    from monitor.articles.reader import pool
    from monitor.feeds import pages

    by_url = {article.url: article for article in waiting}
    with desk.begin() as db:
        origins = {origin for url in by_url if (origin := pages.origin_of(url))}
        rules = {said.origin: said for said in hosts.rules(db, origins, clock() - pages.RULES_LAST)}
        pauses = hosts.pauses(db, clock())
    known = set(rules)
    ends: Counter[str] = Counter()
    found = pages.fetch_pages(
        list(by_url), desk.settings, desk.settings.read_deadline, rules=rules, pauses=pauses
    )
    with pool(desk.settings.parse_workers) as workers:
        for batch in chunks(found, BATCH):
            asked = [page for page in batch if page.outcome is not FetchOutcome.POSTPONED]
            results = _read_batch([(by_url[page.url], page) for page in asked], workers)
            with desk.begin() as db:
                merged = articles.record_reads(db, results, clock())
                hosts.count_reads(db, _by_host(asked, results), clock())
                _keep_pauses(db, asked, clock())
            ends.update(ReadOutcome.MERGED if r.article_id in merged else r.outcome for r in results)
            progress(Step.READ, ends.total(), len(waiting))
    with desk.begin() as db:
        hosts.keep_rules(db, (said for said in pages.lasting(rules) if said.origin not in known))
    # The deadline passed before these, or their host wants a pause: they stay pending, to no one's harm.
    ends[ReadOutcome.WAITING] += len(waiting) - ends.total()
    return ends


def _by_host(asked: Sequence[Fetched], results: Sequence[ReadResult]) -> Counter[tuple[str, str]]:
    """Pages by host and by how they ended: the failure of the request, or else that of the reading."""
    from monitor.feeds.outage import host_of

    return Counter(
        (host_of(page.url), str(result.outcome if page.outcome is FetchOutcome.FETCHED else page.outcome))
        for page, result in zip(asked, results, strict=True)
    )


def _read_batch(batch: Sequence[tuple[Article, Fetched]], workers: Pool[PageOrder, Page]) -> list[ReadResult]:
    """Read fetched pages in the workers; a page that breaks or holds one up costs its article alone."""
    from monitor.articles.reader import PageOrder

    orders = [
        PageOrder(page.body, page.final_url, f"{article.title} {article.summary}", clock())
        for article, page in batch
        if page.outcome is FetchOutcome.FETCHED
    ]
    answers = workers.map(orders)
    return [
        _page_result(article, page, next(answers))
        if page.outcome is FetchOutcome.FETCHED
        else _unread(article, page)
        for article, page in batch
    ]


def _unread(article: Article, page: Fetched) -> ReadResult:
    later = page.outcome in _LATER and article.read_attempts + 1 < READ_TRIES
    return ReadResult(article.id, ReadOutcome.WAITING if later else ReadOutcome.UNREACHABLE)


def _page_result(article: Article, page: Fetched, found: Page | Lost) -> ReadResult:
    """The text of a page that is the article's; of another only what its head says."""
    from monitor.articles.intake import STALE_AFTER
    from monitor.articles.urls import own_key
    from monitor.pool import Lost

    if isinstance(found, Lost):
        return ReadResult(article.id, ReadOutcome.TOO_SLOW)
    outcome = found.outcome
    if outcome is ReadOutcome.PAGE_TEXT and len(found.text) <= len(article.summary):
        outcome = ReadOutcome.NO_TEXT
    if outcome not in {ReadOutcome.PAGE_TEXT, ReadOutcome.NO_TEXT, ReadOutcome.PAYWALLED}:
        return ReadResult(article.id, outcome)
    whole = outcome is ReadOutcome.PAGE_TEXT
    old = found.published_at is not None and article.first_seen_at - found.published_at > STALE_AFTER
    return ReadResult(
        article.id,
        outcome,
        text=found.text if whole else None,
        author=found.author,
        language=found.language if whole else None,
        published_at=found.published_at,
        page_url=found.canonical_url,
        page_key=own_key(found.canonical_url, page.final_url) if outcome is not ReadOutcome.NO_TEXT else None,
        stale=old and article.published_at is None,
    )
