"""How many requests somebody may make: a bucket of tokens that fills at a steady rate (Turner 1986)."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left at a time, in requests; the time in seconds of a clock that never goes back."""

    left: float
    at: float


def take(bucket: Bucket | None, now: float, *, a_minute: float) -> tuple[Bucket, float]:
    """One request out of a bucket that holds a minute's worth (pure).

    Returns:
        the bucket afterwards, and the seconds until a request is allowed: 0.0 where this one is.
    """
    rate = a_minute / 60
    known = bucket or Bucket(a_minute, now)
    left = min(a_minute, known.left + max(0.0, now - known.at) * rate)
    if left >= 1:
        return Bucket(left - 1, now), 0.0
    return Bucket(left, now), (1 - left) / rate


class Buckets:
    """A bucket for each name, shared by the threads of one server."""

    def __init__(self, a_minute: float) -> None:
        self.a_minute = a_minute
        self._known: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def wait(self, name: str, now: float) -> float:
        """Seconds until `name` may ask again; 0.0 where it may now, which is then counted."""
        with self._lock:
            self._known[name], seconds = take(self._known.get(name), now, a_minute=self.a_minute)
        return seconds
