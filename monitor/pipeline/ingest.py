"""due and fetch: feeds become articles."""

from __future__ import annotations

import gc
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.pipeline.reading import keep_pauses
from monitor.records import (
    EntryOutcome,
    FetchOutcome,
    Ledger,
    NewArticle,
    Polled,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import articles, feeds, hosts
from monitor.store.database import begin, open_database
from monitor.store.polls import PollRow, last_polls, record_polls

CLAIM = timedelta(minutes=15)  # longer than a shard of slow feeds can take
POLLS, ENTRIES = 128, 800  # of feeds, written in one: whichever comes first
IDLE = 1.0  # seconds after which what came is written although there is little of it
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
    with _few_collections():
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


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage less often: rows come and go by the thousand, and a tenth of the time went with it."""
    usual = gc.get_threshold()
    gc.set_threshold(20_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


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
    keep_pauses(db, (poll.polled.fetched for poll in polls), now)
    return polls
