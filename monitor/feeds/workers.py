"""Killable parser processes, with a deadline for each document (asyncio).

Each is started when a document finds the others busy: most cycles find little that is new, and a start
costs a fifth of a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import sys
from typing import Any, Self

from monitor.errors import Misconfigured
from monitor.feeds.parser import LENGTH, Order, Reading, packed, read_feed
from monitor.records import FetchOutcome
from monitor.settings import PROJECT

# Not -m: what that runs is named __main__, and its pickles would look for their classes in ours.
PROGRAM = "from monitor.feeds.parser import main; main()"
_START = 60.0  # seconds; a machine that takes longer to start Python cannot do the work


class Crashed(Exception):
    """The process ended in the middle of a document; never leaves this room."""


class _Worker:
    """One parser process."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child

    @classmethod
    async def start(cls, program: str) -> Self:
        paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )
        worker = cls(child)
        try:
            async with asyncio.timeout(_START):
                await worker._receive()
        except BaseException as error:
            await worker.stop()  # cancellation included: no process may outlive what started it
            if isinstance(error, (Crashed, TimeoutError)):
                cure = f"run {sys.executable} -c {program!r} to see why"
                raise Misconfigured(f"the parser process does not start: {cure}") from error
            raise
        return worker

    async def read(self, order: Order) -> Reading:
        """Raises TimeoutError or Crashed; the worker is of no use after either."""
        assert self._child.stdin is not None
        async with asyncio.timeout(order.seconds):
            try:
                self._child.stdin.write(packed(order))
                await self._child.stdin.drain()
            except OSError as error:
                raise Crashed from error
            reading = await self._receive()
        assert isinstance(reading, Reading)
        return reading

    async def _receive(self) -> Any:
        assert self._child.stdout is not None
        try:
            head = await self._child.stdout.readexactly(LENGTH.size)
            content = await self._child.stdout.readexactly(LENGTH.unpack(head)[0])
        except (asyncio.IncompleteReadError, OSError) as error:
            raise Crashed from error
        return pickle.loads(content)

    async def stop(self) -> None:
        """Kill it and wait until it is gone: it keeps nothing that would be lost."""
        with contextlib.suppress(ProcessLookupError):
            self._child.kill()
        await self._child.wait()


class Workers:
    """At most `size` parser processes; with 0, documents are parsed here, without a deadline.

    Use it as an async context manager: none of its processes outlives it.
    """

    def __init__(self, size: int, program: str = PROGRAM) -> None:
        self._size = size
        self._program = program
        # Last in, first out, so that a seat whose worker runs already is taken first.
        self._seats: asyncio.LifoQueue[_Worker | None] = asyncio.LifoQueue()
        for _ in range(size):
            self._seats.put_nowait(None)
        self._running: set[_Worker] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await asyncio.gather(*(worker.stop() for worker in self._running))

    async def read(self, order: Order) -> Reading:
        """Parse one document; the end is a `Reading`, whatever the document does to the process.

        Raises:
            Misconfigured: no parser process can be started.
        """
        if self._size == 0:
            return read_feed(order)
        worker = await self._seats.get()
        kept: _Worker | None = None
        try:
            if worker is None:
                worker = await _Worker.start(self._program)
                self._running.add(worker)
            reading = await worker.read(order)
            kept = worker
        except TimeoutError:
            return _lost(f"took longer than {order.seconds:g} s to parse")
        except Crashed:
            return _lost("the parser broke down on it")
        finally:
            if kept is None and worker is not None:
                await worker.stop()
                self._running.discard(worker)
            self._seats.put_nowait(kept)
        return reading


def _lost(detail: str) -> Reading:
    return Reading(FetchOutcome.UNREADABLE, detail=detail)
