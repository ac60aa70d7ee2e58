"""Who may start a request now: politeness to hosts, and a bound on what is under way (asyncio).

A request needs a place at its host, its host's next start, room for its body and one of the global
slots, taken in this order. So a slow or busy host keeps its own requests waiting and no one else's. A
request that has taken long gives its slot back and goes on beside the others: a connection on which
little happens costs little, and hundreds of slow hosts would otherwise hold all slots to their deadlines.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from monitor.errors import Transient

ASIDE_AFTER = 3.0  # seconds; an honest answer takes a tenth of it
ASIDE = 2  # requests beside the slots for each of them; more would need more open files than systems allow


class Paused(Transient):
    """The host has asked for a pause; `seconds` of it are left."""

    def __init__(self, seconds: float) -> None:
        super().__init__("the host asked for a pause a moment ago: not asked again")
        self.seconds = seconds


class Flow:
    """Bytes fetched and not yet handed on: over the limit nothing new is started."""

    def __init__(self, limit: int = 64_000_000) -> None:
        self._limit = limit
        self._held = 0
        self._open = asyncio.Event()
        self._open.set()

    def hold(self, size: int) -> None:
        self._held += size
        if self._held > self._limit:
            self._open.clear()

    def release(self, size: int) -> None:
        self._held -= size
        if self._held <= self._limit:
            self._open.set()

    async def room(self) -> None:
        """Return when there is room for another body."""
        await self._open.wait()


@dataclass(slots=True)
class _Place:
    """What one request holds: a slot, until it is set aside."""

    aside: bool = False


@dataclass(slots=True)
class _Host:
    places: asyncio.Semaphore
    spacing: float
    line: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0  # on the loop's clock, as is the next
    paused_until: float = 0.0


class Turns:
    """The turns of one run.

    Args:
        slots: requests under way at once.
        per_host: the same to one host.
        spacing: seconds between two starts at one host; 0 is none.
        flow: what must have room before a start.
        aside_after: seconds after which a request gives its slot back.
    """

    def __init__(
        self,
        slots: int,
        per_host: int,
        spacing: float,
        flow: Flow | None = None,
        aside_after: float = ASIDE_AFTER,
    ) -> None:
        self._slots = asyncio.Semaphore(max(slots, 1))
        self._aside_after = aside_after
        self._room_aside = max(slots, 1) * ASIDE
        self._per_host = max(per_host, 1)
        self._spacing = spacing
        self._flow = flow or Flow()
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """Wait for a turn at the host `name` and hold it.

        Raises:
            Paused: the host has asked not to be asked.
        """
        host = self._host(name)
        loop = asyncio.get_running_loop()
        clock = loop.time
        async with host.places:
            # The line stays closed until the start, so that the spacing is one of starts, not of waits.
            async with host.line:
                if host.paused_until <= clock() < host.next_start:
                    await asyncio.sleep(host.next_start - clock())
                await self._flow.room()
                if (left := host.paused_until - clock()) > 0:
                    raise Paused(left)
                await self._slots.acquire()
                host.next_start = clock() + host.spacing
            place = _Place()
            timer = loop.call_later(self._aside_after, self._set_aside, place)
            try:
                yield
            finally:
                timer.cancel()
                if place.aside:
                    self._room_aside += 1
                else:
                    self._slots.release()

    def _set_aside(self, place: _Place) -> None:
        if self._room_aside > 0:
            self._room_aside -= 1
            place.aside = True
            self._slots.release()

    def pause(self, name: str, seconds: float) -> None:
        """Start nothing at the host `name` for that time: what waits for it ends as `Paused`."""
        host = self._host(name)
        host.paused_until = max(host.paused_until, asyncio.get_running_loop().time() + seconds)

    def space(self, name: str, seconds: float) -> None:
        """Leave at least that time between two starts at the host `name` from now on."""
        host = self._host(name)
        if (more := seconds - host.spacing) > 0:
            host.spacing = seconds
            host.next_start += more if host.next_start else 0.0

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            self._hosts[name] = _Host(asyncio.Semaphore(self._per_host), self._spacing)
        return self._hosts[name]
