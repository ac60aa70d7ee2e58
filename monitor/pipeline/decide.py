"""decide: hits become alerts, each with the message of its story in the outbox.

Then `follow` tells channels how their stories go on. One run at a time: what is decided rests on what
has been told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import Connection

from monitor.pipeline import follow
from monitor.pipeline.desk import Desk, Progress, clock, silent, sit_down
from monitor.pipeline.rules import Rules, rules
from monitor.records import (
    Decision,
    DeliveryKind,
    Draft,
    HitInStory,
    HoldReason,
    Ledger,
    Opening,
    RunKey,
    Step,
    tally,
)
from monitor.settings import Settings
from monitor.store import alerts, hits, leases, runs, silences, threads

BATCH = 2_000  # hits decided in one transaction
LEASE = timedelta(minutes=10)
WAITING = timedelta(days=7)  # for so long a hit waits for more publishers
HOUR = timedelta(hours=1)


def decide(
    settings: Settings, run: RunKey, *, progress: Progress = silent, patient: bool = True
) -> tuple[Ledger, ...]:
    """Decide every undecided hit, then tell channels how their stories go on.

    Alerts and their messages enter the outbox in one transaction.

    Args:
        patient: whether first messages wait for more sources as their routes say.

    Returns:
        hits by `DecideOutcome`; where there were any, threads by what became of them, held messages by
        how they go out, and silences that ended.

    Raises:
        Misconfigured: the routes or a topic card cannot be used.
    """
    desk = sit_down(settings, run)
    known = rules(settings, run)
    with desk.begin() as db:
        free = leases.take(db, "decide", desk.owner, clock(), LEASE)
        last = runs.last_written(db, Step.DECIDE)
    if not free:
        return desk.close(tally(Step.DECIDE, "hits", Counter(), 0, "another run is deciding"))
    try:
        with desk.begin() as db:
            joined = threads.rehome(db, clock() - follow.FOLLOWED)
            follow.close(db, joined, known, clock())
        ledger = _hits(desk, known, last, progress, patient=patient)
        others = follow.follow_all(desk, known)
    finally:
        with desk.begin() as db:
            leases.release(db, "decide", desk.owner)
    return desk.close(ledger, *others)


def _hits(desk: Desk, known: Rules, last: datetime | None, progress: Progress, *, patient: bool) -> Ledger:
    ends: Counter[str] = Counter()
    taken = 0
    again = True  # those that wait for more publishers are looked at once a run
    while True:
        now = clock()
        with desk.begin() as db:
            pending = hits.undecided(db, BATCH)
            if again:
                seen = {hit.hit_id for hit in pending}
                pending += [hit for hit in hits.waiting(db, now - WAITING) if hit.hit_id not in seen]
            if not pending:
                break
            again = False
            decisions = _decide(db, known, pending, now, last, patient=patient)
            leases.take(db, "decide", desk.owner, now, LEASE)
        taken += len(pending)
        ends.update(decision.outcome for decision in decisions)
        progress(Step.DECIDE, ends.total(), taken)
    return tally(Step.DECIDE, "hits", ends, taken)


def _decide(
    db: Connection,
    known: Rules,
    pending: Sequence[HitInStory],
    now: datetime,
    last: datetime | None,
    *,
    patient: bool,
) -> list[Decision]:
    from monitor.alerts import opening, policy

    stories = sorted({hit.story_id for hit in pending})
    decisions = policy.decide(
        pending, known.routes, alerts.existing(db, stories), known.severities, silences.active(db, now)
    )
    made = opening.openings(decisions, known.routes, threads.of_stories(db, stories).keys(), known.severities)
    timed = opening.timed(
        made,
        now,
        late=opening.late_before(now, last),
        opened=threads.opened_since(db, now - HOUR),
        patient=patient,
        # The first run of all is one interval, and somebody sits there and waits.
        catch_up=opening.CATCH_UP if patient and last is not None else timedelta(0),
    )
    opened = [(token, one, _draft(token, one, known)) for one in timed for token in (uuid4().hex,)]
    alerts.record(db, decisions, opened, now)
    follow.arm(db, [(token, one) for token, one, _ in opened], known, now)
    return decisions


def _draft(token: str, one: Opening, known: Rules) -> Draft:
    from monitor.alerts.message import alert_message

    return Draft(
        dedup_key=f"alert:{token}",
        kind=DeliveryKind.ALERT,
        channel=one.channel,
        message=alert_message(one.hits, one.severity, token, known.look),
        hit_id=one.hits[0].hit_id,
        fallback=one.route.fallback,
        not_before=one.not_before,
        batch=_batch(one),
    )


def _batch(one: Opening) -> str:
    """Messages of one name go out together."""
    if one.hold is None or one.not_before is None:
        return ""
    moment = "" if one.hold is HoldReason.LATE else f":{one.not_before:%Y-%m-%dT%H:%M}"
    return f"{one.hold}:{one.channel}{moment}"
