"""A process of its own for parsing; `main` is what runs in it.

It reads requests from stdin and writes answers to stdout, each a pickle behind its length in 4 bytes.
What a stranger's document does to a parser (time, memory, a crash) it does to this process, which
`monitor.feeds.workers` kills and replaces. multiprocessing is not used because its children import the
caller's main module again, which for an Airflow task is Airflow.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from monitor.records import FetchOutcome, ParsedFeed

LENGTH = struct.Struct("!I")
_MEMORY = 1 << 30  # bytes of address space; the largest real feed needs a tenth of it
_GRACE = 5  # seconds after its deadline at which a worker whose owner is gone ends itself

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """One document to parse; `seconds` is its deadline."""

    body: bytes
    url: str
    content_type: str | None
    now: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Reading:
    """How parsing ended: FETCHED with a feed, or why not."""

    outcome: FetchOutcome
    parsed: ParsedFeed | None = None
    detail: str = ""


def read_feed(order: Order) -> Reading:
    """Parse one document; whatever it holds, this returns."""
    from monitor.feeds.parse import EntityBomb, NotAFeed, Unreadable, parse

    try:
        parsed = parse(order.body, url=order.url, content_type=order.content_type, now=order.now)
    except NotAFeed as error:
        return Reading(FetchOutcome.NOT_A_FEED, detail=str(error))
    except EntityBomb as error:
        return Reading(FetchOutcome.ENTITY_BOMB, detail=str(error))
    except Unreadable as error:
        return Reading(FetchOutcome.UNREADABLE, detail=str(error))
    except Exception as error:
        # The door to a parser of strangers' documents: a fault in it must end this feed alone.
        _log.error("the parser failed on %s", order.url, exc_info=error)
        return Reading(FetchOutcome.UNREADABLE, detail=f"the parser failed on it ({type(error).__name__})")
    return Reading(FetchOutcome.FETCHED, parsed)


def packed(message: object) -> bytes:
    """`message` as it goes through the pipe."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content


def serve(requests: BinaryIO, results: BinaryIO) -> None:
    """Answer orders until `requests` ends; the first message says that we are ready."""
    import monitor.feeds.parse  # noqa: F401  # before "ready": its cost belongs to the start

    _send(results, "ready")
    while (order := _receive(requests)) is not None:
        signal.setitimer(signal.ITIMER_REAL, order.seconds + _GRACE)
        _send(results, read_feed(order))
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send(results: BinaryIO, message: object) -> None:
    results.write(packed(message))
    results.flush()


def _receive(requests: BinaryIO) -> Any:
    head = requests.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    content = requests.read(LENGTH.unpack(head)[0])
    return pickle.loads(content)


def main() -> None:
    """Serve stdin and stdout until stdin ends."""
    # Ctrl-C goes to every process of a terminal; our owner decides when we end, by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):  # not every system lets the limit be set
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # A library that prints must not write into the answers.
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, results)
