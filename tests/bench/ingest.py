"""`make bench-ingest`: our fetch step beside *reader* and the plain loop, on the same feeds, in one run.

Feeds of 25 entries are served on loopback with 100 ms of latency, each at a loopback address of its own.
Ours is `monitor.pipeline.fetch`; reader (lemon24) is its own `update_feeds(workers=...)` on SQLite; the
loop is requests, feedparser and one INSERT an entry. Each runs in a process of its own, which prints the
seconds of a first pass and of a second one that is mostly 304. Memory is the peak of the summed PSS.

The bound is what no way through our libraries can beat: for the first pass feedparser as it comes, in two
processes, and one executemany, without HTTP; for the second aiohttp alone, 256 requests at once, which
keeps nothing of what it hears.

`--many`: 10,000 feeds by ours alone, and as many again while 20 other hosts take 12 seconds to answer: how
much memory it takes, and when the last of the others was stored.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cycle import _watch, feeds, plain_loop

from monitor.demo import FeedServer

if TYPE_CHECKING:
    from monitor.settings import Settings

MANY = 10_000
SLOW_HOSTS, SLOW = 20, 12.0  # how many hosts take so many seconds to answer
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over all feeds: seconds of wall clock and of CPU, with those of child processes."""

    name: str
    seconds: float
    cpu: float


def _timed(name: str, work: object) -> Pass:
    start, cpu = time.perf_counter(), _cpu()
    work()  # type: ignore[operator]
    return Pass(name, time.perf_counter() - start, _cpu() - cpu)


def _cpu() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def ours(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """First contact, then every feed again, with two parser processes."""
    from monitor import pipeline
    from monitor.articles.intake import admit  # noqa: F401  # imports are no part of a pass
    from monitor.feeds import harvest  # noqa: F401
    from monitor.records import FeedSpec, RunKey

    del workers  # ours takes its own setting, 256
    settings = _settings(folder)
    pipeline.add_feeds(settings, [FeedSpec(feed, feed) for feed in urls])
    first = _timed("first", lambda: pipeline.fetch(settings, RunKey("bench", "fetch", "1")))
    pipeline.make_due(settings)
    return [first, _timed("second", lambda: pipeline.fetch(settings, RunKey("bench", "fetch", "2")))]


def _settings(folder: Path) -> Settings:
    import ipaddress

    from monitor.settings import Settings

    loopback = ipaddress.ip_network("127.0.0.0/8")
    return Settings(home=folder, database_url=f"sqlite:///{folder / 'ours.db'}", allowed_networks=(loopback,))


def schema(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """What `monitor db upgrade` does, which a process that fetches does not."""
    from monitor.store.database import upgrade

    del urls, workers
    upgrade(_settings(folder).database_url)
    return []


def reader(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """reader with its defaults but for the number of workers."""
    import feedparser_sgmllib
    from reader import make_reader

    # reader's own copy of feedparser asks for the module under the name that it had in Python 2.
    sys.modules.setdefault("sgmllib", feedparser_sgmllib)
    import reader._parser.feedparser  # noqa: F401  # imports are no part of a pass

    store = make_reader(str(folder / "reader.db"))
    for feed in urls:
        store.add_feed(feed)
    # A pass over all feeds, as ours: without that, reader leaves alone what it asked a moment ago.
    passes = [_timed("first", lambda: store.update_feeds(workers=workers, scheduled=False))]
    passes.append(_timed("second", lambda: store.update_feeds(workers=workers, scheduled=False)))
    print(f"reader: {store.get_entry_counts().total} entries", file=sys.stderr)
    return passes


def loop(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """What a user would write first; it knows no second pass that is cheaper."""
    del workers
    return [_timed("first", lambda: plain_loop(urls, folder / "loop.db"))]


def bound(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """What both passes cost at least; see `_bound_of_first` and `_bound_of_second`."""
    del workers
    return [_bound_of_first(urls, folder), asyncio.run(_bound_of_second(urls))]


async def _bound_of_second(urls: list[str]) -> Pass:
    """Conditional requests by aiohttp, each over a connection of its own, as feeds of as many hosts need."""
    import aiohttp

    tags: dict[str, str] = {}

    async def ask(url: str, session: aiohttp.ClientSession, gate: asyncio.Semaphore) -> None:
        headers = {"If-None-Match": tags[url]} if url in tags else {}
        async with gate, session.get(url, headers=headers) as response:
            await response.read()
            tags[url] = response.headers["ETag"]

    for again in (False, True):
        wall, cpu = time.perf_counter(), _cpu()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
            gate = asyncio.Semaphore(256)
            await asyncio.gather(*(ask(url, session, gate) for url in urls))
        if again:
            return Pass("second", time.perf_counter() - wall, _cpu() - cpu)
    raise AssertionError


def _bound_of_first(urls: list[str], folder: Path) -> Pass:
    """What any first contact by way of feedparser and SQLite costs at least, with no HTTP at all.

    The same documents from memory, without sanitizer and resolving, in two processes that are warm; what
    comes back goes into one table with one unique key, by `executemany`, in one transaction.
    """
    import sqlite3
    from concurrent.futures import ProcessPoolExecutor

    bodies = list(feeds(len(urls)).values())
    db = sqlite3.connect(folder / "bound.db")
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE rows (url TEXT PRIMARY KEY, title TEXT, summary TEXT, date TEXT)")
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_only_parse, bodies[:50], chunksize=5))
        wall, cpu, spent = time.perf_counter(), time.process_time(), 0.0
        for seconds, rows in pool.map(_only_parse, bodies, chunksize=32):
            spent += seconds
            db.executemany("INSERT OR IGNORE INTO rows VALUES (?, ?, ?, ?)", rows)
        db.commit()
        return Pass("first", time.perf_counter() - wall, time.process_time() - cpu + spent)


def _only_parse(body: bytes) -> tuple[float, list[tuple[str, str, str, str]]]:
    """Seconds of CPU that feedparser takes, and what it found."""
    import io

    import feedparser

    start = time.process_time()
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    rows = [(e.link, e.title, e.get("summary", ""), e.get("published", "")) for e in found.entries]
    return time.process_time() - start, rows


def many(urls: list[str], folder: Path, workers: int) -> list[Pass]:
    """One pass over all; its seconds are those until the last feed that was not slow was stored.

    The addresses of the slow ones end in "slow".
    """
    import sqlite3

    del workers
    whole, _ = ours(urls, folder, 0)
    with sqlite3.connect(folder / "ours.db") as db:
        begun, last = db.execute(
            "SELECT max(started_at), max(checked_at) FROM fetches JOIN feeds ON feeds.id = feed_id "
            "JOIN runs ON runs.id = run_id WHERE url NOT LIKE '%slow' AND runs.key = '1'"
        ).fetchone()
        failed = "SELECT outcome, detail, count(*) FROM fetches WHERE status IS NULL GROUP BY 1, 2"
        for outcome, detail, times in db.execute(failed):
            print(f"{outcome}: {detail} ({times} polls)", file=sys.stderr)
    seconds = (datetime.fromisoformat(last) - datetime.fromisoformat(begun)).total_seconds()
    return [whole, Pass("others", seconds, 0.0)]


def crowd(count: int, latency: float) -> str:
    """Memory and seconds of a run over very many feeds, alone and beside slow hosts."""
    lines = []
    with FeedServer(feeds(count), latency=latency, spread=True) as server, ExitStack() as hosts:
        slow = [
            hosts.enter_context(FeedServer(feeds(1), latency=SLOW, host=f"127.9.0.{n + 1}"))
            for n in range(SLOW_HOSTS)
        ]
        slow_urls = [f"{one.urls()[0]}?slow" for one in slow]
        for title, extra in (("alone", []), (f"beside {SLOW_HOSTS} slow hosts", slow_urls)):
            with tempfile.TemporaryDirectory() as folder:
                passes, peak = contest("many", [*extra, *server.urls()], Path(folder), 0)
            whole, others = passes
            lines.append(
                f"{count} feeds {title}: {whole.seconds:.1f} s, the last of them {others.seconds:.1f} s "
                f"({count / others.seconds:.0f} feeds/s), {peak:.0f} MB"
            )
    return "\n".join(lines)


CONTESTANTS = {"ours": ours, "reader": reader, "loop": loop, "bound": bound}
PARTS = CONTESTANTS | {"schema": schema, "many": many}


def contest(name: str, urls: list[str], folder: Path, workers: int) -> tuple[list[Pass], float]:
    """The passes of a contestant in a process of its own, and its peak of memory in MB."""
    if name in {"ours", "many"}:
        contest("schema", [], folder, workers)
    listed = folder / "urls.json"
    listed.write_text(json.dumps(urls))
    command = [sys.executable, __file__, "--contestant", name, str(listed), str(workers)]
    env = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(running, peak))
    watcher.start()
    output, _ = running.communicate()
    watcher.join()
    if running.returncode:
        sys.exit(f"{name} failed")
    return [Pass(**one) for one in json.loads(output.splitlines()[-1])], peak[0]


def report(count: int, found: dict[str, tuple[list[Pass], float]]) -> str:
    """A table; times are against reader's pass of the same name."""
    lines = [f"{'':<18}{'feeds/s':>9}{'CPU ms a feed':>15}{'MB':>7}{'times reader':>14}"]
    known = {one.name: one.seconds for one in found.get("reader", ([], 0.0))[0]}
    for name, (passes, peak) in found.items():
        for one in passes:
            ratio = f"{known[one.name] / one.seconds:>14.1f}" if one.name in known else ""
            cpu = one.cpu / count * 1_000
            rate = count / one.seconds
            lines.append(f"{name + ', ' + one.name:<18}{rate:>9.1f}{cpu:>15.2f}{peak:>7.0f}{ratio}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--feeds", type=int, help="2,000 if not given, with --many 10,000")
    parser.add_argument("--many", action="store_true", help="ours alone, on so many that some are slow")
    parser.add_argument("--loop-feeds", type=int, default=100, help="the loop takes one after the other")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    parser.add_argument("--workers", type=int, default=64, help="reader's threads")
    parser.add_argument("--only", nargs="*", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--contestant", nargs=3, metavar=("NAME", "URLS", "WORKERS"), help="run one alone")
    options = parser.parse_args()
    if options.contestant:
        name, listed, workers = options.contestant
        path = Path(listed)
        passes = PARTS[name](json.loads(path.read_text()), path.parent, int(workers))
        print(json.dumps([{"name": p.name, "seconds": p.seconds, "cpu": p.cpu} for p in passes]))
        return
    if options.many:
        print(crowd(options.feeds or MANY, options.latency))
        return
    options.feeds = options.feeds or 2_000
    with FeedServer(feeds(options.feeds), latency=options.latency, spread=True) as server:
        found = {}
        for name in options.only:
            urls = server.urls()[: options.loop_feeds if name == "loop" else None]
            with tempfile.TemporaryDirectory() as folder:
                passes, peak = contest(name, urls, Path(folder), options.workers)
            share = options.feeds / len(urls)  # of the loop only some were timed: as if all had been
            found[name] = ([Pass(p.name, p.seconds * share, p.cpu * share) for p in passes], peak)
    print(report(options.feeds, found))


if __name__ == "__main__":
    main()
