"""An asyncio job in a thread of its own, seen from outside as an iterator of what it makes."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
_AT_ONCE = 32  # items that are taken together
Put = Callable[[T], Awaitable[None]]
"""Hands one item to the consumer; returns once the consumer has taken it."""


def stream(
    job: Callable[[Put[T]], Coroutine[Any, Any, None]], idle: float | None = None
) -> Iterator[T | None]:
    """What `job` puts, as soon as it puts it; and None whenever it has put nothing for `idle` seconds.

    The job starts with the first `next` and has ended, with all that it opened, when the iterator
    ends, is closed or is dropped. An error that ends the job is raised here, out of its groups.
    """
    ready: queue.SimpleQueue[tuple[T, asyncio.Future[None]] | None] = queue.SimpleQueue()
    loop = asyncio.new_event_loop()

    async def put(item: T) -> None:
        taken = loop.create_future()
        ready.put((item, taken))
        await taken

    task = loop.create_task(job(put))
    thread = threading.Thread(target=_run, args=(loop, task, ready), name="harvest", daemon=True)
    thread.start()
    try:
        while (items := _waiting(ready, idle)) is not None:
            # One call for all: each would wake the loop by a byte through a socket.
            loop.call_soon_threadsafe(_settle, [taken for _, taken in items])
            for item, _ in items:
                yield item
            if not items:
                yield None
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()
    _raise(task)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], ready: queue.SimpleQueue[Any]) -> None:
    asyncio.set_event_loop(loop)
    try:
        # The task keeps its error for the consumer, in whose thread it belongs.
        with contextlib.suppress(BaseException):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        ready.put(None)


def _waiting(
    ready: queue.SimpleQueue[Any], idle: float | None
) -> list[tuple[Any, asyncio.Future[None]]] | None:
    """What waits to be taken, nothing after `idle` seconds; None at the end."""
    try:
        items = [ready.get(timeout=idle)]
    except queue.Empty:
        return []
    while items[-1] is not None and len(items) < _AT_ONCE:
        try:
            items.append(ready.get_nowait())
        except queue.Empty:
            break
    if items[-1] is not None:
        return items
    if len(items) == 1:
        return None
    ready.put(items.pop())  # the end comes after them
    return items


def _settle(each: list[asyncio.Future[None]]) -> None:
    for taken in each:
        if not taken.done():  # its task may have been cancelled since
            taken.set_result(None)


def _raise(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error
