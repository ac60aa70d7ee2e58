"""Worker processes that can be killed, with a deadline for each piece of work.

What a stranger's document does to a parser (time, memory, a crash) it does to such a process, which is
killed and replaced. A nursery, started when there is work, loads the program once and forks the workers,
which so share what is loaded and start in a few milliseconds. Orders and answers go through a socket of
each worker's own, each a pickle behind its length in 4 bytes.

multiprocessing is not used because its children import the caller's main module again, which for an
Airflow task is Airflow; forking the caller is not, because it has threads.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import LifoQueue
from typing import Any, Generic, Protocol, Self, TypeVar

from monitor.errors import Misconfigured
from monitor.settings import PROJECT

_LENGTH = struct.Struct("!I")
_CALL = struct.Struct("!ci")  # to the nursery: what to do, and with which worker
_START, _END = b"+", b"-"
_MEMORY = 1 << 30  # bytes of address space of a worker; the largest real feed needs a tenth of it
_GRACE = 5  # seconds after its deadline at which a worker whose owner is gone ends itself
_READY = 60.0  # seconds; a machine that takes longer to start Python cannot do the work
_GARBAGE = 20_000  # objects between two looks for garbage: a document makes thousands, and keeps them all
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


# ---------------------------------------------------------------- in the nursery and its workers


def work(answer: Callable[[Any], object]) -> None:
    """Fork a worker that answers orders whenever the owner asks for one; what a program ends in.

    The owner is at the other end of stdin. What the program has imported by now, all workers share.
    """
    # Ctrl-C goes to every process of a terminal; our owner decides when we end, by closing its end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    owner = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    gc.collect()
    gc.freeze()  # a collection writes to all that it looks at, and what is written to is no longer shared
    alive: set[int] = set()
    owner.sendall(_CALL.pack(_START, 0))
    with contextlib.suppress(OSError):
        _tend(owner, answer, alive)
    for pid in alive:
        _bury(pid)


def _tend(owner: socket.socket, answer: Callable[[Any], object], alive: set[int]) -> None:
    """Start and end workers as the owner says, until it is gone."""
    while True:
        content, fds, _, _ = socket.recv_fds(owner, _CALL.size, 1)
        if len(content) < _CALL.size:
            return
        call, pid = _CALL.unpack(content)
        if call == _START:
            pid = os.fork()
            if not pid:
                owner.close()
                _serve(socket.socket(fileno=fds[0]), answer)
            os.close(fds[0])
            alive.add(pid)
        elif pid in alive:
            alive.remove(pid)
            _bury(pid)
        owner.sendall(_CALL.pack(call, pid))


def _bury(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _serve(owner: socket.socket, answer: Callable[[Any], object]) -> None:
    """Answer orders until the owner hangs up; never returns."""
    status = 1
    try:
        with contextlib.suppress(ValueError, OSError):  # not every system lets the limit be set
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        gc.set_threshold(_GARBAGE)
        while (content := _receive(owner)) is not None:
            order = pickle.loads(content)
            signal.setitimer(signal.ITIMER_REAL, order.seconds + _GRACE)
            message = _packed(answer(order))
            signal.setitimer(signal.ITIMER_REAL, 0)
            owner.sendall(message)
        status = 0
    finally:
        os._exit(status)


def _packed(message: object) -> bytes:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


def _receive(end: socket.socket, until: float | None = None) -> bytearray | None:
    """The next message, None where the other end has hung up.

    Raises:
        TimeoutError: it is not there by `until`, a time of the monotonic clock.
    """
    head = _exactly(end, _LENGTH.size, until)
    return None if head is None else _exactly(end, _LENGTH.unpack(head)[0], until)


def _exactly(end: socket.socket, size: int, until: float | None) -> bytearray | None:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        if until is not None:
            end.settimeout(_left(until))
        got = end.recv_into(rest)
        if not got:
            return None
        rest = rest[got:]
    return content


def _left(until: float) -> float:
    """Seconds until then; 0 would mean to a socket that it is not to wait at all."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


# ---------------------------------------------------------------- in their owner


@dataclass(frozen=True, slots=True)
class Trade(Generic[O, A]):
    """What workers do: `program` is run by the nursery, as `python -c` takes it, and ends in `work(answer)`.

    Not `-m`: what that runs is named __main__, and its pickles would look for their classes in ours.
    """

    program: str
    answer: Callable[[O], A]


class _Worker:
    """A worker as its owner knows it: its process and our end of its socket."""

    def __init__(self, pid: int, end: socket.socket) -> None:
        self.pid = pid
        self.end = end

    def exchange(self, order: Order) -> Any:
        """The answer to an order; `Lost` where there is none, and then the worker is of no use."""
        until = time.monotonic() + order.seconds
        try:
            self.end.settimeout(order.seconds)
            self.end.sendall(_packed(order))
            content = _receive(self.end, until)
        except TimeoutError:
            return Lost(f"it took longer than {order.seconds:g} s")
        except OSError:
            content = None
        return Lost("the parser broke down on it") if content is None else pickle.loads(content)


class _Nursery:
    """The process that forks workers.

    Raises:
        Misconfigured: it does not start.
    """

    def __init__(self, program: str) -> None:
        self._turn = threading.Lock()
        self._end, theirs = socket.socketpair()
        paths = [str(PROJECT), os.environ.get("PYTHONPATH", "")]
        # A worker has one core to itself; a thread pool for matrices would cost memory for nothing.
        env = {"PYTHONPATH": os.pathsep.join(path for path in paths if path), "OPENBLAS_NUM_THREADS": "1"}
        with theirs:
            self._child = subprocess.Popen(
                (sys.executable, "-c", program),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | env,
            )
        try:
            self._end.settimeout(_READY)
            started = len(self._end.recv(_CALL.size)) == _CALL.size
        except OSError:
            started = False
        if not started:
            self.close()
            cure = f"run {sys.executable} -c {program!r} to see why"
            raise Misconfigured(f"the worker process does not start: {cure}")

    def start(self) -> _Worker:
        """Fork a worker.

        Raises:
            OSError: the nursery is gone.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs, self._turn:
                socket.send_fds(self._end, [_CALL.pack(_START, 0)], [theirs.fileno()])
                return _Worker(self._answer(), ours)
        except OSError:
            ours.close()
            raise

    def end(self, worker: _Worker) -> None:
        """Kill a worker and wait until it is gone: it keeps nothing that would be lost."""
        worker.end.close()
        with contextlib.suppress(OSError), self._turn:
            self._end.sendall(_CALL.pack(_END, worker.pid))
            self._answer()

    def _answer(self) -> int:
        content = self._end.recv(_CALL.size, socket.MSG_WAITALL)
        if len(content) < _CALL.size:
            raise ConnectionError("the nursery is gone")
        return int(_CALL.unpack(content)[1])

    def close(self) -> None:
        """End it and all of its workers."""
        self._end.close()
        try:
            self._child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class Pool(Generic[O, A]):
    """At most `size` workers, each started when the others are busy; with 0, orders are answered here.

    Use it as a context manager: none of its processes outlives it.
    """

    def __init__(self, size: int, trade: Trade[O, A]) -> None:
        self._size = size
        self._trade = trade
        self._threads = ThreadPoolExecutor(max(1, size), thread_name_prefix="pool")
        # Last in, first out, so that a worker that runs already is taken first.
        self._seats: LifoQueue[_Worker | None] = LifoQueue()
        for _ in range(size):
            self._seats.put(None)
        self._running: set[_Worker] = set()
        self._nursery: _Nursery | None = None
        self._opening = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        with self._opening:
            self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in list(self._running):
            with contextlib.suppress(OSError):
                worker.end.shutdown(socket.SHUT_RDWR)  # whoever waits for its answer is told
        self._threads.shutdown(wait=True)
        if self._nursery is not None:
            self._nursery.close()

    def map(self, orders: Iterable[O]) -> Iterator[A | Lost]:
        """The answers, in the order of `orders`, of which no more are taken than can be worked on.

        Raises:
            Misconfigured: no worker can be started.
        """
        waiting: deque[Future[A | Lost]] = deque()
        for order in orders:
            waiting.append(self.submit(order))
            if len(waiting) >= _AHEAD * max(1, self._size):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def submit(self, order: O) -> Future[A | Lost]:
        """The answer to one order, once there is one: see `ask`."""
        if self._size:
            return self._threads.submit(self.ask, order)
        done: Future[A | Lost] = Future()
        done.set_result(self.ask(order))
        return done

    def ask(self, order: O) -> A | Lost:
        """The answer to one order; `Lost` whatever the order does to the worker.

        Raises:
            Misconfigured: no worker can be started.
        """
        if not self._size:
            return self._trade.answer(order)
        worker = self._seats.get()
        kept: _Worker | None = None
        try:
            if worker is None and (worker := self._start()) is None:
                return Lost("it was stopped")
            answer: A | Lost = worker.exchange(order)
            kept = None if isinstance(answer, Lost) else worker
        finally:
            if kept is None and worker is not None:
                self._running.discard(worker)
                if self._nursery is not None:
                    self._nursery.end(worker)
            self._seats.put(kept)
        return answer

    def _start(self) -> _Worker | None:
        """A new worker; None where the pool is being closed."""
        with self._opening:
            for fresh in (False, True):
                if self._closed:
                    return None
                if self._nursery is None:
                    self._nursery = _Nursery(self._trade.program)
                try:
                    worker = self._nursery.start()
                except OSError:  # somebody has killed it: with it went its workers, but not our work
                    self._nursery.close()
                    self._nursery = None
                    if fresh:
                        raise
                    continue
                self._running.add(worker)
                return worker
        return None
