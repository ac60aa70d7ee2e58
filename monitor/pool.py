"""Worker processes that can be killed, with a deadline for each piece of work.

What a stranger's document does to a parser (time, memory, a crash) it does to such a process, which is
killed and replaced. A worker reads orders from stdin and writes answers to stdout, each a pickle behind
its length in 4 bytes. multiprocessing is not used because its children import the caller's main module
again, which for an Airflow task is Airflow.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import LifoQueue
from typing import IO, Any, Generic, Protocol, TypeVar

from monitor.errors import Misconfigured
from monitor.settings import PROJECT

LENGTH = struct.Struct("!I")
_MEMORY = 1 << 30  # bytes of address space of a worker; the largest real feed needs a tenth of it
_GRACE = 5  # seconds after its deadline at which a worker whose owner is gone ends itself
_START = 60.0  # seconds; a machine that takes longer to start Python cannot do the work
_AHEAD = 4  # orders a worker that are taken before the first of them is answered


class Order(Protocol):
    """A piece of work; `seconds` is its deadline."""

    @property
    def seconds(self) -> float: ...


O = TypeVar("O", bound=Order)  # noqa: E741  # an order
A = TypeVar("A")  # an answer


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer: the worker took too long or broke down; `detail` says which, in plain words."""

    detail: str


# ---------------------------------------------------------------- in the worker


def work(answer: Callable[[Any], object]) -> None:
    """Answer the orders on stdin until it ends; what a worker's program runs."""
    # Ctrl-C goes to every process of a terminal; our owner decides when we end, by closing stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):  # not every system lets the limit be set
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    # A library that prints must not write into the answers.
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _send(results, "ready")
    while (order := receive(sys.stdin.buffer)) is not None:
        signal.setitimer(signal.ITIMER_REAL, order.seconds + _GRACE)
        _send(results, answer(order))
        signal.setitimer(signal.ITIMER_REAL, 0)


def packed(message: object) -> bytes:
    """`message` as it goes through the pipe."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content


def receive(pipe: IO[bytes]) -> Any:
    """The next message, None at the end of the pipe."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length = LENGTH.unpack(head)[0]
    content = pipe.read(length)
    return pickle.loads(content) if len(content) == length else None


def _send(results: IO[bytes], message: object) -> None:
    results.write(packed(message))
    results.flush()


# ---------------------------------------------------------------- in its owner


class Pool(Generic[O, A]):
    """At most `size` workers, each started when the others are busy.

    Use it as a context manager: none of its processes outlives it.

    Args:
        program: what a worker runs, as `python -c` takes it; it ends in a call of `work`.
    """

    def __init__(self, size: int, program: str) -> None:
        self._size = max(1, size)
        self._program = program
        self._threads = ThreadPoolExecutor(self._size)
        # Last in, first out, so that a worker that runs already is taken first.
        self._seats: LifoQueue[subprocess.Popen[bytes] | None] = LifoQueue()
        for _ in range(self._size):
            self._seats.put(None)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def __enter__(self) -> Pool[O, A]:
        return self

    def __exit__(self, *_error: object) -> None:
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for child in list(self._running):
            _stop(child)
        self._threads.shutdown(wait=True)
        for child in list(self._running):
            _stop(child)

    def map(self, orders: Iterable[O]) -> Iterator[A | Lost]:
        """The answers, in the order of `orders`, of which no more are taken than can be worked on.

        Raises:
            Misconfigured: no worker can be started.
        """
        waiting: deque[Future[A | Lost]] = deque()
        for order in orders:
            waiting.append(self._threads.submit(self.ask, order))
            if len(waiting) >= _AHEAD * self._size:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def ask(self, order: O) -> A | Lost:
        """The answer to one order; `Lost` whatever the order does to the worker.

        Raises:
            Misconfigured: no worker can be started.
        """
        child = self._seats.get()
        kept: subprocess.Popen[bytes] | None = None
        try:
            if child is None:
                child = self._start()
            answer: A | Lost = _exchange(child, packed(order), order.seconds)
            kept = None if isinstance(answer, Lost) else child
        finally:
            if kept is None and child is not None:
                _stop(child)
                self._running.discard(child)
            self._seats.put(kept)
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
        child = subprocess.Popen(
            (sys.executable, "-c", self._program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)},
        )
        self._running.add(child)
        if isinstance(_exchange(child, b"", _START), Lost):
            _stop(child)
            if not self._closed:
                cure = f"run {sys.executable} -c {self._program!r} to see why"
                raise Misconfigured(f"the worker process does not start: {cure}")
        return child


def _exchange(child: subprocess.Popen[bytes], message: bytes, seconds: float) -> Any:
    """Send a message and wait for the answer; a worker that passes the deadline is killed."""
    assert child.stdin is not None
    assert child.stdout is not None
    late = threading.Event()

    def end() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        child.stdin.write(message)
        child.stdin.flush()
        answer = receive(child.stdout)
    except (OSError, pickle.UnpicklingError):
        answer = None
    finally:
        timer.cancel()
    if answer is None:
        return Lost(f"it took longer than {seconds:g} s" if late.is_set() else "the parser broke down on it")
    return answer


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Kill it and wait until it is gone: it keeps nothing that would be lost."""
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        with contextlib.suppress(OSError):
            if pipe is not None:
                pipe.close()
