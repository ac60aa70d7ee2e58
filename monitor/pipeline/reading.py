"""read: the pages of articles become their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.pipeline.desk import Desk, Progress, chunks, clock, silent, sit_down
from monitor.records import (
    Article,
    Fetched,
    FetchOutcome,
    Ledger,
    Page,
    ReadOutcome,
    ReadResult,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import articles, hosts

if TYPE_CHECKING:
    from monitor.articles.reader import PageOrder
    from monitor.pool import Lost, Pool

BATCH = 32  # pages whose texts are written in one transaction
READ_TRIES = 3
_LATER = {
    FetchOutcome.DEAD_HOST,
    FetchOutcome.TIMED_OUT,
    FetchOutcome.DROPPED,
    FetchOutcome.RATE_LIMITED,
    FetchOutcome.SERVER_ERROR,
}


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
                keep_pauses(db, asked, clock())
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


def keep_pauses(db: Connection, ends: Iterable[Fetched], now: datetime) -> None:
    """Remember which hosts want to be left alone: the next run leaves their other feeds alone, too."""
    from monitor.feeds.outage import host_of
    from monitor.feeds.polling import LONGEST

    asked = {host_of(end.final_url): end.retry_after for end in ends if end.retry_after and end.status}
    hosts.pause(db, {host: now + min(wait, LONGEST) for host, wait in asked.items()}, now)
