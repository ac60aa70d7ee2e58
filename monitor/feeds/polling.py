"""When a feed is polled next, and what its health says (pure).

The interval follows the share of entries that were known already, as Media Cloud's fetcher does it:
between a third and two thirds, no entry can scroll off unseen and few polls are in vain. A failure
waits longer the more there were in a row, and the less likely its kind is to pass by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.records import FETCH_SUCCEEDED, EntryOutcome, Feed, FeedState, FetchOutcome, Polled, PollPlan

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
FEW_SEEN, MANY_SEEN = 1 / 3, 2 / 3
FASTER, SLOWER, IDLE = 0.6, 1.5, 1.25
JITTER = 0.1  # of the interval, either way: feeds added together drift apart
FAILING_AFTER = 3  # failures in a row
SUSPENDED_AFTER = 10
GONE_AFTER = 3  # 410 has to be repeated before it is believed

_TEMPORARY = frozenset({FetchOutcome.DEAD_HOST, FetchOutcome.TIMED_OUT, FetchOutcome.RATE_LIMITED})
_SOFT = frozenset(
    {FetchOutcome.SERVER_ERROR, FetchOutcome.DROPPED, FetchOutcome.EMPTY_BODY, FetchOutcome.TLS_FAILED}
)
_ODD = {
    EntryOutcome.NO_LINK: "without a link",
    EntryOutcome.NO_TITLE: "without a title or text",
    EntryOutcome.REPEATED_GUID: "given twice",
    EntryOutcome.NEW_FUTURE_DATED: "dated in the future",
    EntryOutcome.NEW_UNDATED: "without a usable date",
}
_PLAIN = {
    FetchOutcome.NOT_MODIFIED: "nothing changed since the last poll (304)",
    FetchOutcome.UNCHANGED: "nothing changed since the last poll (same document)",
}


def plan(
    feed: Feed, polled: Polled, *, seen: int, fresh: int, now: datetime, random: float, odd: Mapping[str, int]
) -> PollPlan:
    """What the end of a poll changes of its feed.

    Args:
        seen: entries that were stored already; `fresh` were not.
        random: a number of [0, 1) for the jitter.
        odd: how many entries ended in each `EntryOutcome`.
    """
    outcome = polled.fetched.outcome
    if outcome in FETCH_SUCCEEDED:
        interval = _adapted(feed, seen, fresh)
        wait = _bounded(max(interval * (1 - JITTER + 2 * JITTER * random), _asked_for(polled)))
        health = _PLAIN.get(outcome) or _read_line(polled, fresh, odd)
        return PollPlan(FeedState.ACTIVE, interval, now + wait, 0, outcome, None, health)
    failures = feed.failures + 1
    wait = max(_back_off(feed, outcome, failures), min(polled.fetched.retry_after or SHORTEST, LONGEST))
    wait = _bounded(wait * (1 + JITTER * random))
    state = _failed_state(feed, outcome, failures)
    next_check_at = now + wait
    reason = polled.fetched.detail or str(outcome).replace("_", " ")
    health = f"{reason}; {_standing(state, failures, next_check_at)}"
    return PollPlan(state, feed.interval, next_check_at, failures, outcome, reason, health)


def _adapted(feed: Feed, seen: int, fresh: int) -> timedelta:
    if not seen + fresh:  # 304, the same document, or an empty one
        return _bounded(feed.interval * IDLE)
    if feed.last_success_at is None:  # at the first poll everything is fresh; that says nothing
        return _bounded(feed.interval)
    share = seen / (seen + fresh)
    if share < FEW_SEEN:
        return _bounded(feed.interval * FASTER)
    return _bounded(feed.interval * SLOWER) if share > MANY_SEEN else _bounded(feed.interval)


def _asked_for(polled: Polled) -> timedelta:
    """How long the server and the document ask to be left alone."""
    ttl = polled.parsed.pace.ttl if polled.parsed else None
    return max(ttl or timedelta(0), polled.fetched.max_age or timedelta(0))


def _back_off(feed: Feed, outcome: FetchOutcome, failures: int) -> timedelta:
    weight = 0.5 if outcome in _TEMPORARY else 1.0 if outcome in _SOFT else 2.0
    return feed.interval * min(weight * failures, 1_000)


def _failed_state(feed: Feed, outcome: FetchOutcome, failures: int) -> FeedState:
    if outcome is FetchOutcome.GONE and failures >= GONE_AFTER and feed.last_outcome == FetchOutcome.GONE:
        return FeedState.RETIRED
    if failures >= SUSPENDED_AFTER:
        return FeedState.SUSPENDED
    return FeedState.FAILING if failures >= FAILING_AFTER else FeedState.ACTIVE


def _standing(state: FeedState, failures: int, next_check_at: datetime) -> str:
    if state is FeedState.RETIRED:
        return "retired: the server says that it is gone for good"
    times = "once" if failures == 1 else f"{failures} times in a row"
    return f"failed {times}, tried again {next_check_at:%Y-%m-%d %H:%M} UTC"


def _read_line(polled: Polled, fresh: int, odd: Mapping[str, int]) -> str:
    count = len(polled.parsed.entries) if polled.parsed else 0
    parts = [f"{count:,} entries, {fresh:,} new" if count else "a feed without entries"]
    parts += [f"{odd[name]:,} {words}" for name, words in _ODD.items() if odd.get(name)]
    if polled.parsed and polled.parsed.warning:
        parts.append(f"badly formed ({polled.parsed.warning})")
    return ", ".join(parts)


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, SHORTEST), LONGEST)
