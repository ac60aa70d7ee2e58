"""A small HTTP server on loopback for feeds and their pages, with every date moved to now.

One thread with one event loop serves any number of connections; a wait (`latency`) costs no thread, so
hundreds of slow feeds can be played at once.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

from monitor.demo import http, library
from monitor.errors import Misconfigured

Sources = Path | Sequence[Path] | Mapping[str, bytes]
"""A folder, files, or documents by name."""


@dataclass(frozen=True, slots=True)
class _Served:
    path: str
    origin: str  # "http://host:port"
    title: str


class FeedServer:
    """Serves feeds with ETag and Last-Modified, answers conditional requests with 304; use it with `with`.

    The newest item is `newest` old when the server starts: of all feeds together, which keeps the order
    between them, or `per_feed`. `latency` is the wait in seconds before each answer. With `spread` each
    feed has a loopback address of its own (127.0.a.b; on Linux only), so that a client that is polite to
    each host meets many hosts. Peers that are not on loopback are dropped. `served` counts the answers
    by status; `{{server}}` in a feed becomes the address it is served from.
    """

    def __init__(
        self,
        sources: Sources,
        *,
        pages: Path | None = None,
        newest: timedelta = timedelta(hours=1),
        per_feed: bool = False,
        now: datetime | None = None,
        latency: float = 0.0,
        spread: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Reads all sources at once.

        Raises:
            Misconfigured: a file cannot be read, or there is no feed among the sources.
        """
        self.now = (now or datetime.now(UTC)).astimezone(UTC).replace(microsecond=0)
        self.latency = latency
        self.served: Counter[int] = Counter()
        self._site = http.Site(self._answer, lambda: self.latency, self.served)
        self._documents = library.moved_to(library.documents(sources), self.now - newest, self.now, per_feed)
        self._pages = pages
        self._spread = spread
        self._host = host
        self._port = port
        self._feeds: dict[str, _Served] = {}
        self._answers: dict[str, http.Answer] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listens, then returns.

        Raises:
            Misconfigured: the port is taken, or the address is not one of this machine.
        """
        self._loop = loop = asyncio.new_event_loop()
        where = "0.0.0.0" if self._spread else self._host
        listening = loop.create_server(self._connection, where, self._port, backlog=2048)
        try:
            server = loop.run_until_complete(listening)
        except OSError as error:
            loop.close()
            cure = "choose another port, or 0 for any that is free"
            raise Misconfigured(
                f"the demo cannot listen on {where}:{self._port}: {error.strerror}: {cure}"
            ) from error
        self._port = server.sockets[0].getsockname()[1]
        self._build()
        self._thread = threading.Thread(
            target=self._run, args=(loop, server), name="feed-server", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes all connections and ends the thread; a second call does nothing."""
        if self._loop and self._thread:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """The address of the server, "http://host:port"."""
        return f"http://{self._host}:{self._port}"

    def url(self, path: str | Path) -> str:
        """The URL of a feed by its name (its path below the folder) or file; of any other path as it is."""
        name = library.name_of(path, self._documents)
        if name in self._feeds:
            return self._feeds[name].origin + self._feeds[name].path
        return f"{self.origin}/{str(path).lstrip('/')}"

    def urls(self) -> list[str]:
        """The URLs of all feeds, in the order of their names."""
        return [feed.origin + feed.path for feed in self._feeds.values()]

    def opml(self) -> bytes:
        """All feeds as a subscription list, titled as they title themselves."""
        feeds = [(feed.title, feed.origin + feed.path, feed.origin + "/") for feed in self._feeds.values()]
        return library.opml(feeds, "Demo")

    def _build(self) -> None:
        """Fills the table of answers; the port is known by now."""
        stamp = format_datetime(self.now, usegmt=True)
        for place, (name, document) in enumerate(self._documents.items(), 1):
            host = f"127.0.{1 + place // 250}.{1 + place % 250}" if self._spread else self._host
            origin, path = f"http://{host}:{self._port}", library.path_of(name)
            body = document.replace(library.PLACEHOLDER, origin.encode())
            self._feeds[name] = _Served(path, origin, library.title_of(document) or name)
            self._answers[unquote(path)] = http.Answer(
                body, library.content_type(name, body), stamp, _etag(body)
            )
        if self._pages is not None:
            for path, page in library.pages(self._pages, self._documents, self.origin):
                self._answers[path] = http.Answer(page, "text/html; charset=utf-8", stamp, _etag(page))
        front = library.front_page([(feed.title, feed.path) for feed in self._feeds.values()])
        self._answers["/"] = http.Answer(front, "text/html; charset=utf-8", stamp, _etag(front))

    def _connection(self) -> http.Connection:
        return http.Connection(self._site)

    def _answer(self, target: str) -> http.Answer | None:
        return self._answers.get(unquote(urlsplit(target).path))

    def _run(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            server.close()
            for transport in tuple(self._site.open):
                transport.abort()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'
