"""When a feed is polled next, and what its health says (pure).

The interval follows the share of entries that were known already, as Media Cloud's fetcher does it:
between a third and two thirds, no entry can scroll off unseen and few polls are in vain. A failure
waits longer the more there were in a row, and the less likely its kind is to pass by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.feeds.moves import moved
from monitor.records import (
    FETCH_SUCCEEDED,
    EntryOutcome,
    Feed,
    FeedState,
    FetchOutcome,
    Pace,
    Polled,
    PollPlan,
)

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
FEW_SEEN, MANY_SEEN = 1 / 3, 2 / 3
FASTER, SLOWER, IDLE = 0.6, 1.5, 1.25
JITTER = 0.1  # of the interval, either way: feeds added together drift apart
FAILING_AFTER = 3  # failures in a row
SUSPENDED_AFTER = 10
GONE_AFTER = 3  # 410 has to be repeated before it is believed,
GONE_REST = timedelta(hours=12)  # and over a day: a publisher's slip is put right by then
WHOLE_EVERY = timedelta(days=7)  # a server may say 304 for ever: so often the document is asked for whole

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


def asks_whole(feed: Feed, now: datetime) -> bool:
    """Whether the document is asked for whatever the server thinks that we know."""
    return feed.validators_lie or (feed.whole_at is not None and now - feed.whole_at >= WHOLE_EVERY)


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
    if outcome is FetchOutcome.POSTPONED:
        return _postponed(feed, polled, now, random)
    if outcome in FETCH_SUCCEEDED:
        made = _success(feed, polled, seen, fresh, now, random, odd)
    else:
        made = _failure(feed, polled, now, random)
    moved_to, moved_times, believed = moved(feed, polled)
    address = moved_to if believed else None
    note = f"; it has moved to {address} for good" if address else ""
    return replace(
        made,
        health=made.health + note,
        moved_to=None if believed else moved_to,
        moved_times=0 if believed else moved_times,
        address=address,
    )


def _success(
    feed: Feed,
    polled: Polled,
    seen: int,
    fresh: int,
    now: datetime,
    random: float,
    odd: Mapping[str, int],
) -> PollPlan:
    outcome = polled.fetched.outcome
    interval = _adapted(feed, seen, fresh)
    pace = polled.parsed.pace if polled.parsed else feed.pace
    asked = max(pace.ttl or timedelta(0), polled.fetched.max_age or timedelta(0))
    wait = _bounded(max(interval * (1 - JITTER + 2 * JITTER * random), asked))
    health = _PLAIN.get(outcome) or _read_line(polled, fresh, odd)
    lies = feed.validators_lie or _lied(feed, polled, fresh, now)
    if lies:
        health += "; its 304 cannot be trusted, so it is asked for the whole document"
    at = min(_out_of_skipped(now + wait, pace), now + LONGEST)
    return PollPlan(FeedState.ACTIVE, interval, at, 0, outcome, None, health, None, lies)


def _lied(feed: Feed, polled: Polled, fresh: int, now: datetime) -> bool:
    """Whether a document that was asked for whole has news under the validators that we had."""
    fetched = polled.fetched
    if not fresh or fetched.outcome is not FetchOutcome.FETCHED or not asks_whole(feed, now):
        return False
    if feed.etag or fetched.etag:
        return feed.etag == fetched.etag
    return feed.last_modified is not None and feed.last_modified == fetched.last_modified


def _failure(feed: Feed, polled: Polled, now: datetime, random: float) -> PollPlan:
    outcome, failures = polled.fetched.outcome, feed.failures + 1
    since = feed.failing_since or now
    state = _failed_state(feed, outcome, failures)
    wait = max(_back_off(feed, outcome, failures), min(polled.fetched.retry_after or SHORTEST, LONGEST))
    if outcome is FetchOutcome.GONE:
        wait = max(wait, GONE_REST)
    if state is FeedState.SUSPENDED:
        wait = LONGEST * (1 - JITTER)  # once a day, and earlier by the jitter than the bound
    wait = _bounded(wait * (1 + JITTER * random))
    next_check_at = now + wait
    reason = polled.fetched.detail or str(outcome).replace("_", " ")
    health = f"{reason}; {_standing(state, failures, next_check_at)}"
    interval, lies = feed.interval, feed.validators_lie
    return PollPlan(state, interval, next_check_at, failures, outcome, reason, health, since, lies)


def _postponed(feed: Feed, polled: Polled, now: datetime, random: float) -> PollPlan:
    """Nothing was asked, so nothing is known: all stays as it is but for the time of the next poll."""
    wait = _bounded((polled.fetched.retry_after or SHORTEST) * (1 + JITTER * random))
    reason = polled.fetched.detail or "not asked"
    return PollPlan(
        state=feed.state,
        interval=feed.interval,
        next_check_at=now + wait,
        failures=feed.failures,
        outcome=FetchOutcome.POSTPONED,
        error=feed.last_error,
        health=f"{reason}; tried again {now + wait:%Y-%m-%d %H:%M} UTC",
        failing_since=feed.failing_since,
        validators_lie=feed.validators_lie,
        moved_to=feed.moved_to,
        moved_times=feed.moved_times,
    )


def _adapted(feed: Feed, seen: int, fresh: int) -> timedelta:
    if not seen + fresh:  # 304, the same document, or an empty one
        return _bounded(feed.interval * IDLE)
    if feed.last_success_at is None:  # at the first poll everything is fresh; that says nothing
        return _bounded(feed.interval)
    share = seen / (seen + fresh)
    if share < FEW_SEEN:
        return _bounded(feed.interval * FASTER)
    return _bounded(feed.interval * SLOWER) if share > MANY_SEEN else _bounded(feed.interval)


def _out_of_skipped(at: datetime, pace: Pace) -> datetime:
    """The first moment from `at` on that is in none of the hours and days that the feed wants skipped."""
    for _ in range(24 * 7):
        if at.hour not in pace.skip_hours and at.weekday() not in pace.skip_days:
            return at
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


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
        return "retired: the server says that it is gone for good; add it again to poll it again"
    times = "once" if failures == 1 else f"{failures} times in a row"
    return f"failed {times}, tried again {next_check_at:%Y-%m-%d %H:%M} UTC"


def _read_line(polled: Polled, fresh: int, odd: Mapping[str, int]) -> str:
    count = polled.count
    parts = [f"{count:,} entries, {fresh:,} new" if count else "a feed without entries"]
    parts += [f"{odd[name]:,} {words}" for name, words in _ODD.items() if odd.get(name)]
    if polled.parsed and polled.parsed.warning:
        parts.append(f"badly formed ({polled.parsed.warning})")
    return ", ".join(parts)


def _bounded(wait: timedelta) -> timedelta:
    return min(max(wait, SHORTEST), LONGEST)
