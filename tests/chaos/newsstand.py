"""Feeds whose documents change from hour to hour, on a server that misbehaves."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from monitor.demo import dates
from monitor.feeds.parse import parse
from monitor.records import Entry

MISDEEDS = ("drop", "error", "page", "cut", "slow", "busy")
SHOWN = 12  # entries of a document, as of a feed whose oldest fall out


class Newsstand:
    """Serves for each feed the document of the hour; of a hundred requests `misdeeds` go wrong."""

    def __init__(self, feeds: Mapping[str, Sequence[bytes]], seed: int = 7) -> None:
        self.feeds = feeds
        self.hour = 0
        self.misdeeds = 0
        self.done = 0  # misdeeds
        self._chance = random.Random(seed)
        self._lock = threading.Lock()

    def document(self, name: str) -> bytes:
        kept = self.feeds[name]
        return kept[min(self.hour, len(kept) - 1)]

    def misdeed(self) -> str:
        with self._lock:
            if self._chance.randrange(100) >= self.misdeeds:
                return ""
            self.done += 1
            return self._chance.choice(MISDEEDS)

    @property
    def hours(self) -> int:
        return max(map(len, self.feeds.values()))


@contextmanager
def serving(stand: Newsstand) -> Iterator[dict[str, str]]:
    """The addresses of the feeds by name, each at a loopback address of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if name not in stand.feeds:
                self.send_error(404)
                return
            body, kind, status = stand.document(name), "application/rss+xml", 200
            wrong = stand.misdeed()
            if wrong == "drop":
                self.close_connection = True
                return
            if wrong == "slow":
                time.sleep(0.5)
            if wrong == "page":
                body, kind = b"<!doctype html><html><body>Back soon</body></html>", "text/html"
            if wrong in {"error", "busy"}:
                body, kind, status = b"sorry", "text/plain", 500 if wrong == "error" else 503
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if status == 503:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if wrong == "cut" else body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("0.0.0.0", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    port = server.server_address[1]
    try:
        yield {name: f"http://127.0.3.{n}:{port}/{name}" for n, name in enumerate(stand.feeds, 1)}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def of_the_demo(folder: Path, hours: int, now: datetime) -> dict[str, list[bytes]]:
    """The sample feeds as documents of so many hours: each hour brings news, and the oldest falls out."""
    found = {}
    for path in sorted(folder.glob("*.xml")):
        document = dates.shifted(path.read_bytes(), _age(path.read_bytes(), now), now + timedelta(days=1))
        entries = parse(document, url="http://a.example/", content_type=None, now=now).entries
        dated = sorted((one for one in entries if one.published_at), key=lambda one: str(one.published_at))
        ends = [max(1, len(dated) * (hour + 1) // hours) for hour in range(hours)]
        found[path.stem] = [_rss(path.stem, dated[max(0, end - SHOWN) : end]) for end in ends]
    return found


def of_snapshots(folder: Path, hours: int, now: datetime) -> dict[str, list[bytes]]:
    """The last snapshots of real feeds, each feed's dates moved so that its newest news is of now."""
    found = {}
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        kept = [path.read_bytes() for path in sorted(place.glob("*.xml"))[-hours:]]
        late = max(
            (age for age in (_age(body, now) for body in kept)), default=timedelta(0), key=lambda a: -a
        )
        found[place.name] = [dates.shifted(body, late, now + timedelta(days=1)) for body in kept]
    return found


def _age(document: bytes, now: datetime) -> timedelta:
    newest = dates.newest(document, now + timedelta(days=1))
    return now - timedelta(minutes=30) - newest if newest else timedelta(0)


def _rss(name: str, entries: Sequence[Entry]) -> bytes:
    items = "".join(
        f"<item><title>{escape(one.title)}</title><link>{escape(one.url or '')}</link>"
        f"<guid isPermaLink='false'>{escape(one.guid or one.url or one.title)}</guid>"
        f"<description>{escape(one.summary)}</description>"
        f"<pubDate>{_stamp(one.published_at)}</pubDate></item>"
        for one in reversed(entries)
    )
    head = '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
    return f"{head}<title>{escape(name)}</title>{items}</channel></rss>".encode()


def _stamp(when: datetime | None) -> str:
    return format_datetime((when or datetime.now(UTC)).astimezone(UTC), usegmt=True)
