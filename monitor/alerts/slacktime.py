"""What time it is in Slack, whose stamps are looked for in a history."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_SECOND = timedelta(seconds=1)


def wall() -> datetime:
    """Now by this machine's clock."""
    return datetime.now(UTC)


class SlackTime:
    """Slack's clock as its last answer told it, to about a second; this machine's before that.

    A clock of ours that jumps must not end a lease or a rest, so between two answers the time is counted
    monotonically.
    """

    def __init__(self, clock: Callable[[], datetime] = wall) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Now, aware UTC."""
        if self._told is None:
            return self._clock()
        moment, at = self._told
        return moment + timedelta(seconds=time.monotonic() - at)

    def hear(self, date: str) -> None:
        """Take the time from the `Date` header of an answer; one that is no date changes nothing."""
        try:
            told = parsedate_to_datetime(date).astimezone(UTC)
        except (TypeError, ValueError):
            return
        mine = self._clock()
        # The header has whole seconds. A clock of ours that agrees with them is the finer of the two.
        agrees = told - _SECOND / 4 <= mine <= told + _SECOND * 5 / 4
        self._told = (mine if agrees else told + _SECOND / 2, time.monotonic())
