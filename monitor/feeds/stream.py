"""An asyncio job in a thread of its own, seen from outside as an iterator of what it makes."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
Put = Callable[[T], Awaitable[None]]
"""Hands one item to the consumer; returns once the consumer has taken it."""


def stream(job: Callable[[Put[T]], Coroutine[Any, Any, None]]) -> Iterator[T]:
    """What `job` puts, as soon as it puts it.

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
        while (item := ready.get()) is not None:
            loop.call_soon_threadsafe(_settle, item[1])
            yield item[0]
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


def _settle(taken: asyncio.Future[None]) -> None:
    if not taken.done():  # its task may have been cancelled since
        taken.set_result(None)


def _raise(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None:
        raise error
