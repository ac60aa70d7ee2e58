"""deliver and digest: the outbox goes to Slack, each message once.

The protocol is in docs/slack.md: intent is committed before the call; an end that is not known is
looked up in the channel's history before anything is posted again.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.errors import Misconfigured, Permanent, Transient
from monitor.pipeline.desk import Desk, Progress, clock, log, silent, sit_down
from monitor.records import (
    DayCounts,
    Delivery,
    DeliveryKind,
    DeliveryState,
    DigestItem,
    Draft,
    EntryOutcome,
    FeedState,
    Ledger,
    Message,
    Posted,
    PostOutcome,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import alerts, feeds, leases, outbox, runs, sending, stories

if TYPE_CHECKING:
    from monitor.alerts.sender import Pace
    from monitor.alerts.slack import Slack

LEASE = timedelta(minutes=5)  # of the one sender, and of one message on its way
SETTLE = timedelta(seconds=75)  # call limit + 60 s: by then a message that Slack took is in its history
LIMIT = 500
DAY = timedelta(hours=24)
DIGEST_LIMIT = 5_000  # alerts of a day
RUNS_LIMIT = 2_000  # runs of a day: five DAGs, the busiest every five minutes
KEPT = (EntryOutcome.NEW, EntryOutcome.NEW_UNDATED, EntryOutcome.NEW_FUTURE_DATED, EntryOutcome.STALE)
CONNECT = (
    "Slack is not connected: set MONITOR_SLACK_TOKEN (see docs/slack.md); "
    "until then alerts wait in the outbox"
)
FOLDED = DeliveryState.FOLDED
RECONCILED = "reconciled"  # found in the channel's history: it had arrived after all


def deliver(
    settings: Settings, run: RunKey, *, progress: Progress = silent, settle: timedelta = SETTLE
) -> tuple[Ledger, ...]:
    """Send what waits in the outbox; without a Slack token it is parked, nothing is lost.

    Args:
        settle: how long an unknown end rests before it is looked up in Slack's history.

    Returns:
        one ledger: deliveries by the state they ended in.

    Raises:
        Misconfigured: Slack refuses the token; what waited still waits.
    """
    desk = sit_down(settings, run)
    if not settings.slack_token:
        with desk.begin() as db:
            parked = outbox.park(db, clock())
        ends = Counter({str(DeliveryState.NO_DESTINATION): parked})
        return desk.close(tally(Step.DELIVER, "deliveries", ends, parked, CONNECT))
    with desk.begin() as db:
        free = leases.take(db, "deliver", desk.owner, clock(), LEASE)
    if not free:
        return desk.close(tally(Step.DELIVER, "deliveries", Counter(), 0, "another run is delivering"))
    try:
        ends, taken = _drain(desk, progress, settle)
    finally:
        with desk.begin() as db:
            leases.release(db, "deliver", desk.owner)
    return desk.close(tally(Step.DELIVER, "deliveries", ends, taken))


def _drain(desk: Desk, progress: Progress, settle: timedelta) -> tuple[Counter[str], int]:
    from monitor.alerts.sender import Pace
    from monitor.alerts.slack import connect

    slack = connect(desk.settings.slack_token, desk.settings.slack_url)
    ends: Counter[str] = Counter()
    with desk.begin() as db:
        sending.expire(db, clock())
        unknown = sending.unknown(db, clock(), settle)
    for delivery in unknown:
        ends[_reconcile(desk, slack, delivery)] += 1
    folded = _fold_waiting(desk) + _fold_overflow(desk)
    ends[FOLDED] += folded
    with desk.begin() as db:
        due = sending.due(db, clock(), LIMIT)
    pace = Pace(desk.settings.slack_pace, time.monotonic, time.sleep)
    broken: set[str] = set()
    for done, delivery in enumerate(due, 1):
        if delivery.channel in broken:
            ends[DeliveryState.PENDING] += 1
            continue
        posted = _send(desk, slack, delivery, pace)
        if posted.outcome in {PostOutcome.DESTINATION_BROKEN, PostOutcome.RATE_LIMITED}:
            broken.add(delivery.channel)
        ends[_END[posted.outcome]] += 1
        progress(Step.DELIVER, done, len(due))
    return ends, len(unknown) + folded + len(due)


_END = {
    PostOutcome.SENT: DeliveryState.SENT,
    PostOutcome.UNKNOWN: DeliveryState.UNKNOWN,
    PostOutcome.CONTENT_BROKEN: DeliveryState.DEAD,
    PostOutcome.NOT_SENT: DeliveryState.PENDING,
    PostOutcome.RATE_LIMITED: DeliveryState.PENDING,
    PostOutcome.DESTINATION_BROKEN: DeliveryState.PENDING,
    PostOutcome.PARENT_BROKEN: DeliveryState.PENDING,
}


def _send(desk: Desk, slack: Slack, delivery: Delivery, pace: Pace) -> Posted:
    """One delivery: intent, call, end. A message that Slack finds broken is tried once more, plain."""
    from monitor.alerts.sender import degrade

    pace.wait(delivery.channel)
    now = clock()
    with desk.begin() as db:
        leases.take(db, "deliver", desk.owner, now, LEASE)
        mine = sending.mark_sending(db, delivery.id, desk.owner, now, LEASE)
        if mine is None:
            return Posted(PostOutcome.NOT_SENT, error="another sender has it")
    posted = _call(slack, mine, mine.message)
    if posted.outcome is PostOutcome.CONTENT_BROKEN:
        pace.wait(delivery.channel)
        posted = _call(slack, mine, degrade(mine.message))
    with desk.begin() as db:
        sending.settle(db, delivery.id, posted, clock())
    if posted.outcome is PostOutcome.CREDENTIAL_BROKEN:
        cure = "check MONITOR_SLACK_TOKEN with `monitor doctor`; the alerts wait in the outbox"
        raise Misconfigured(f"Slack refuses the token ({posted.error}): {cure}")
    return posted


def _call(slack: Slack, mine: Delivery, message: Message) -> Posted:
    place = mine.place or mine.channel
    if sending.is_edit(mine) and mine.slack_ts:
        return slack.edit(place, mine.slack_ts, message)
    thread = mine.thread or None
    return slack.post(place, message, mine.delivery_id, thread=thread, broadcast=mine.broadcast)


def _reconcile(desk: Desk, slack: Slack, delivery: Delivery) -> str:
    """Look an unknown end up in the channel's history; absent means it is due again.

    Where the history cannot be read the end stays unknown: it is looked up again in the next run, and
    does not keep the other messages from going out.
    """
    since = (delivery.first_try_at or delivery.created_at) - timedelta(minutes=2)
    try:
        found = slack.find(delivery.channel, delivery.delivery_id, since)
    except (Transient, Permanent) as error:
        log.warning("deliver: message %d stays unknown: %s", delivery.id, error)
        return DeliveryState.UNKNOWN
    with desk.begin() as db:
        if found is None:
            sending.absent(db, delivery.id, clock())
            return DeliveryState.PENDING
        sending.found(db, delivery.id, found, clock())
    return RECONCILED


def _fold_waiting(desk: Desk) -> int:
    """What waited for a token goes out as one catch-up summary a channel."""
    with desk.begin() as db:
        waiting = outbox.waiting(db)
        for mine in _by_channel(waiting):
            _fold(db, mine, "Waited until Slack was connected")
    return len(waiting)


def _fold_overflow(desk: Desk) -> int:
    """What is over the hourly cap of a channel goes out in one summary, none is dropped."""
    from monitor.alerts.sender import overflow

    folded = 0
    with desk.begin() as db:
        due = [d for d in sending.due(db, clock(), LIMIT * 10) if d.kind is DeliveryKind.ALERT]
        for mine in _by_channel(due):
            sent = outbox.sent_since(db, mine[0].channel, clock() - timedelta(hours=1))
            over = overflow(mine, sent, desk.settings.slack_hourly)
            if over:
                _fold(db, over, f"More than {desk.settings.slack_hourly} alerts in an hour")
            folded += len(over)
    return folded


def _by_channel(deliveries: Sequence[Delivery]) -> list[list[Delivery]]:
    channels = sorted({delivery.channel for delivery in deliveries})
    return [[d for d in deliveries if d.channel == channel] for channel in channels]


def _fold(db: Connection, deliveries: Sequence[Delivery], why: str) -> None:
    from monitor.alerts.render import summary_message

    ids = [delivery.id for delivery in deliveries]
    message = summary_message(deliveries, why)
    draft = Draft(f"summary:{min(ids)}-{max(ids)}", DeliveryKind.SUMMARY, deliveries[0].channel, message)
    outbox.fold(db, ids, draft, clock())


def digest(
    settings: Settings, run: RunKey, *, progress: Progress = silent, now: datetime | None = None
) -> tuple[Ledger, ...]:
    """Put the digest of the last 24 hours into the outbox, once a UTC day, also when nothing alerted.

    Args:
        now: the end of the 24 hours, aware; the clock's where not given.

    Returns:
        one ledger: alerts that are `in_digest`, or `repeat` where the day has its digest already.
    """
    from monitor.alerts.digest import digest_message
    from monitor.pipeline.judge import topic_titles

    desk = sit_down(settings, run)
    titles = topic_titles(settings)
    moment = (now or clock()).astimezone(UTC)
    with desk.begin() as db:
        known = alerts.recent(db, DIGEST_LIMIT, moment - DAY)
        items = _digest_items(db, known)
        counts = _day_counts(db, moment)
        message = digest_message(moment.date(), items, counts, titles, settings.web_url)
        draft = Draft(f"digest:{moment:%Y-%m-%d}", DeliveryKind.DIGEST, settings.slack_channel, message)
        new = outbox.enqueue(db, [draft], clock())
    progress(Step.DIGEST, len(known), len(known))
    ends = Counter({"in_digest" if new else "repeat": len(known)})
    note = f"{draft.dedup_key} {'is in the outbox' if new else 'was made before'}"
    return desk.close(tally(Step.DIGEST, "alerts", ends, len(known), note))


def _digest_items(db: Connection, known: Sequence[alerts.AlertRow]) -> list[DigestItem]:
    """One item a story and topic, however many routes it took."""
    publishers = stories.publishers_of(db, (row.story_id for row in known))
    items = {
        (row.story_id, row.topic): DigestItem(
            row.topic, row.score, row.story_id, row.headline, row.url, publishers.get(row.story_id, ())
        )
        for row in known
    }
    return list(items.values())


def _day_counts(db: Connection, now: datetime) -> DayCounts:
    kept = sum(
        sum(ledger.outcomes.get(outcome, 0) for outcome in KEPT)
        for row in runs.recent(db, RUNS_LIMIT)
        if row.started_at >= now - DAY
        for ledger in row.ledgers
        if ledger.step is Step.FETCH and ledger.unit == "entries"
    )
    polled = [feed for feed in feeds.listing(db) if feed.state is not FeedState.RETIRED]
    ill = sum(feed.state is not FeedState.ACTIVE for feed in polled)
    return DayCounts(kept, len(polled), ill)
