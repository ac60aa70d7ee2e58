"""A story's first message in a channel: which there are, and when each goes out (pure).

However many topics and routes a story has in a channel, it is one message there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.alerts.matching import severity_of
from monitor.alerts.policy import rank
from monitor.records import Decision, HitInStory, HoldReason, Opening, QuietHours, Route, Severity

LATE = timedelta(hours=12)  # older news comes in the catch-up summary
GAP = timedelta(hours=6)  # without a decision: the monitor was off, and what it missed is backfill
LATE_AFTER_GAP = timedelta(hours=1)
CATCH_UP = timedelta(
    minutes=10
)  # for which late news is gathered: an interval that was missed is seldom alone
HOUR = timedelta(hours=1)


def late_before(now: datetime, last_decided: datetime | None) -> datetime:
    """The moment before which news is late: after a gap only what is an hour old is not."""
    gap = last_decided is not None and now - last_decided > GAP
    return now - (LATE_AFTER_GAP if gap else LATE)


def openings(
    decisions: Iterable[Decision],
    order: Sequence[Route],
    open_: Collection[tuple[int, str]],
    severities: Mapping[str, Severity],
) -> list[Opening]:
    """The first messages that decisions ask for, the gravest and surest first.

    Args:
        order: all routes as the file has them. Of several that lead a story to one channel the first
            has the say over waits, caps and updates.
        open_: story and channel of the messages that are there already.
    """
    found: dict[tuple[int, str], list[tuple[int, HitInStory]]] = {}
    places = {route.name: place for place, route in enumerate(order)}
    for decision in decisions:
        for route in decision.routes:
            key = (decision.hit.story_id, route.channel)
            if key not in open_:
                found.setdefault(key, []).append((places[route.name], decision.hit))
    made = [
        _opening(story_id, channel, order[min(place for place, _ in mine)], mine, severities)
        for (story_id, channel), mine in found.items()
    ]
    return sorted(made, key=lambda one: (-one.severity.rank, rank(one.hits[0]), one.channel))


def _opening(
    story_id: int,
    channel: str,
    route: Route,
    mine: Iterable[tuple[int, HitInStory]],
    severities: Mapping[str, Severity],
) -> Opening:
    best: dict[str, HitInStory] = {}
    for _, hit in mine:
        best[hit.hit.topic] = min(best.get(hit.hit.topic, hit), hit, key=rank)
    severity = max((severity_of(hit, severities) for hit in best.values()), key=lambda one: one.rank)
    return Opening(story_id, channel, route, tuple(sorted(best.values(), key=rank)), severity)


def timed(
    made: Iterable[Opening],
    now: datetime,
    *,
    late: datetime,
    opened: Mapping[str, int],
    patient: bool = True,
    catch_up: timedelta = timedelta(0),
) -> list[Opening]:
    """The same, each with when it goes out and whether alone.

    A critical story goes out at once, whatever the hour. Late news, what comes in quiet hours and what
    is over the cap of its route is held and comes with others in one message; the rest waits for more
    sources as long as its route says.

    Args:
        late: news from before this moment is late.
        opened: messages of each route in the last hour that went out alone.
        patient: whether group waits count.
        catch_up: how long late news waits for that of other intervals.
    """
    counts = dict(opened)
    found = []
    for one in made:
        route = one.route
        if one.severity is Severity.CRITICAL:
            timed_ = one
        elif all(hit.article.effective_at < late for hit in one.hits):
            timed_ = replace(one, hold=HoldReason.LATE, not_before=now + catch_up)
        elif (wake := wakes(route.quiet, now)) is not None:
            timed_ = replace(one, hold=HoldReason.QUIET, not_before=wake)
        elif counts.get(route.name, 0) >= route.hourly:
            timed_ = replace(one, hold=HoldReason.OVERFLOW, not_before=_next_hour(now))
        else:
            timed_ = replace(one, not_before=now + route.group_wait if patient and route.group_wait else None)
        if timed_.hold is None:
            counts[route.name] = counts.get(route.name, 0) + 1
        found.append(timed_)
    return found


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + HOUR


def wakes(quiet: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies; None where it lies in none.

    Wall clock times follow the zone through its summer time, so a night may last an hour more or less.
    """
    if quiet is None:
        return None
    zone = ZoneInfo(quiet.zone)
    local = now.astimezone(zone)
    for back in (0, 1):  # they began today or yesterday
        day = local.date() - timedelta(days=back)
        if day.weekday() not in quiet.days:
            continue
        last = day + timedelta(days=quiet.end <= quiet.start)
        start = datetime.combine(day, quiet.start, zone).astimezone(UTC)
        end = datetime.combine(last, quiet.end, zone).astimezone(UTC)
        if start <= now < end:
            return end
    return None
