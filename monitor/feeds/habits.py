"""Feeds that have fallen silent: what is said of them to the operations channel (pure).

A feed's habit is the mean and the spread of its new articles a day over 28 days. A day below the mean by
1.5 of the spread is out of the ordinary; it is not where the same weekday is always as quiet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, pstdev

from monitor.records import Alarm, AlarmKind, FeedState, Volume

SIGMAS = 1.5
LEAST_DAYS = 7  # fewer make no habit
LEAST_SPREAD = 0.5  # articles: a feed of exactly ten a day is not quiet at nine
SILENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Habit:
    """New articles a day: their mean and standard deviation over `days` days."""

    mean: float
    spread: float
    days: int

    @property
    def least(self) -> float:
        """Below this a day is out of the ordinary; below zero, none is."""
        return self.mean - SIGMAS * max(self.spread, LEAST_SPREAD)


def habit(days: Sequence[tuple[int, int]]) -> Habit | None:
    """The habit of a feed from its days (weekday, articles); None where they are too few."""
    if len(days) < LEAST_DAYS:
        return None
    counts = [count for _, count in days]
    return Habit(fmean(counts), pstdev(counts), len(counts))


def alarms(volumes: Sequence[Volume], now: datetime, since: datetime | None = None) -> list[Alarm]:
    """All that is out of the ordinary now, of feeds and of groups.

    Args:
        since: when we were last cut off: feeds not polled since then are not judged.
    """
    found = [_off(volume, now) for volume in volumes]
    judged = [v for v in volumes if since is None or (v.feed.last_checked_at or v.added_at) > since]
    found += [_quiet(volume, now) for volume in judged]
    groups: dict[str, list[Volume]] = {}
    for volume in volumes:
        if volume.feed.state is not FeedState.RETIRED:
            groups.setdefault(volume.feed.group, []).append(volume)
    found += [_silent(group, members, now, since) for group, members in sorted(groups.items())]
    return [alarm for alarm in found if alarm is not None]


def over(
    before: Sequence[Alarm], found: Iterable[Alarm], volumes: Iterable[Volume], since: datetime | None
) -> list[Alarm]:
    """Those of the alarms `before` whose event has ended.

    A feed is quiet no longer when it is back within one of its spread, so that one at the border is one
    event and not many; what cannot be judged since our own outage goes on.
    """
    known = {(alarm.kind, alarm.subject) for alarm in found}
    by_id = {str(volume.feed.id): volume for volume in volumes}
    return [
        alarm
        for alarm in before
        if (alarm.kind, alarm.subject) not in known and not _goes_on(alarm, by_id.get(alarm.subject), since)
    ]


def _goes_on(alarm: Alarm, volume: Volume | None, since: datetime | None) -> bool:
    if alarm.kind is not AlarmKind.FEED_QUIET or volume is None:
        return False
    if since is not None and (volume.feed.last_checked_at or volume.added_at) <= since:
        return True
    usual = habit(volume.days)
    return usual is not None and volume.last_24h < usual.mean - usual.spread


def _off(volume: Volume, now: datetime) -> Alarm | None:
    feed = volume.feed
    reason = feed.last_error or "no reason is known"
    if feed.state is FeedState.SUSPENDED:
        when = f"tried again {feed.next_check_at:%Y-%m-%d %H:%M} UTC" if feed.next_check_at else "tried daily"
        since = f" since {feed.failing_since:%Y-%m-%d}" if feed.failing_since else ""
        line = f"{feed.title} is suspended: {reason}{since}; {when}"
    elif feed.state is FeedState.RETIRED:
        line = f"{feed.title} is retired: {reason}; `monitor feeds add {feed.url}` polls it again"
    else:
        return None
    return Alarm(AlarmKind.FEED_OFF, str(feed.id), line, now)


def _quiet(volume: Volume, now: datetime) -> Alarm | None:
    feed, usual = volume.feed, habit(volume.days)
    if usual is None or feed.state in {FeedState.RETIRED, FeedState.SUSPENDED}:
        return None
    same_weekday = [count for weekday, count in volume.days if weekday == now.weekday()]
    always = bool(same_weekday) and volume.last_24h >= min(same_weekday)
    if volume.last_24h >= usual.least or always:
        return None
    why = f" ({feed.last_error})" if feed.failures and feed.last_error else ""
    line = (
        f"{feed.title} brought {volume.last_24h} new articles in 24 hours; its habit is "
        f"{usual.mean:.1f} a day, give or take {usual.spread:.1f}{why}"
    )
    return Alarm(AlarmKind.FEED_QUIET, str(feed.id), line, now)


def _silent(group: str, members: Sequence[Volume], now: datetime, since: datetime | None) -> Alarm | None:
    if max(now - v.added_at for v in members) < SILENCE or _rarely_speaks(members):
        return None
    if since is not None and not any((v.feed.last_checked_at or v.added_at) > since for v in members):
        return None
    healthy = [v for v in members if v.feed.state is FeedState.ACTIVE]
    spoke = [v.feed.last_new_at for v in healthy if v.feed.last_new_at is not None]
    if any(now - at < SILENCE for at in spoke):
        return None
    name = f"the group {group!r}" if group else "the feeds without a group"
    last = f"last on {max(spoke):%Y-%m-%d %H:%M} UTC" if spoke else "not since they were added"
    line = f"no healthy feed of {name} has brought anything new for 24 hours ({last}); "
    return Alarm(AlarmKind.GROUP_SILENT, group, line + f"{len(healthy)} of {len(members)} are healthy", now)


def _rarely_speaks(members: Iterable[Volume]) -> bool:
    """Whether a day of silence is nothing new: by their habits they bring less than one a day together."""
    habits = [habit(volume.days) for volume in members]
    known = [usual.mean for usual in habits if usual is not None]
    return len(known) == len(habits) and sum(known) < 1
