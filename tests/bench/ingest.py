"""`make bench-ingest`: our fetch step beside *reader* and the plain loop, on the same feeds, in one run.

Feeds of 25 entries are served on loopback with 100 ms of latency, each at a loopback address of its own.
Ours is `monitor.pipeline.fetch`; reader (lemon24) is its own `update_feeds(workers=...)` on SQLite; the
loop is requests, feedparser and one INSERT an entry; the bound is feedparser alone in two processes and
one executemany, without HTTP: no first contact that goes through both can beat it. Each runs in a process
of its own, which prints the seconds of a first pass and of a second one that is mostly 304. Memory is the
peak of the summed PSS.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from cycle import _watch, feeds, plain_loop

from monitor.demo import FeedServer

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
    import ipaddress

    from monitor import pipeline
    from monitor.articles.intake import admit  # noqa: F401  # imports are no part of a pass
    from monitor.feeds import harvest  # noqa: F401
    from monitor.records import FeedSpec, RunKey
    from monitor.settings import Settings
    from monitor.store.database import upgrade

    del workers  # ours takes its own setting, 256
    loopback = ipaddress.ip_network("127.0.0.0/8")
    url = f"sqlite:///{folder / 'ours.db'}"
    settings = Settings(home=folder, database_url=url, allowed_networks=(loopback,))
    upgrade(url)
    pipeline.add_feeds(settings, [FeedSpec(feed, feed) for feed in urls])
    first = _timed("first", lambda: pipeline.fetch(settings, RunKey("bench", "fetch", "1")))
    pipeline.make_due(settings)
    return [first, _timed("second", lambda: pipeline.fetch(settings, RunKey("bench", "fetch", "2")))]


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
    """What any first contact by way of feedparser and SQLite costs at least, with no HTTP at all.

    The same documents from memory, without sanitizer and resolving, in two processes that are warm; what
    comes back goes into one table with one unique key, by `executemany`, in one transaction.
    """
    import sqlite3
    from concurrent.futures import ProcessPoolExecutor

    del workers
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
        return [Pass("first", time.perf_counter() - wall, time.process_time() - cpu + spent)]


def _only_parse(body: bytes) -> tuple[float, list[tuple[str, str, str, str]]]:
    """Seconds of CPU that feedparser takes, and what it found."""
    import io

    import feedparser

    start = time.process_time()
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    rows = [(e.link, e.title, e.get("summary", ""), e.get("published", "")) for e in found.entries]
    return time.process_time() - start, rows


CONTESTANTS = {"ours": ours, "reader": reader, "loop": loop, "bound": bound}


def contest(name: str, urls: list[str], folder: Path, workers: int) -> tuple[list[Pass], float]:
    """The passes of a contestant in a process of its own, and its peak of memory in MB."""
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
    parser.add_argument("--feeds", type=int, default=2_000)
    parser.add_argument("--loop-feeds", type=int, default=100, help="the loop takes one after the other")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    parser.add_argument("--workers", type=int, default=64, help="reader's threads")
    parser.add_argument("--only", nargs="*", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--contestant", nargs=3, metavar=("NAME", "URLS", "WORKERS"), help="run one alone")
    options = parser.parse_args()
    if options.contestant:
        name, listed, workers = options.contestant
        path = Path(listed)
        passes = CONTESTANTS[name](json.loads(path.read_text()), path.parent, int(workers))
        print(json.dumps([{"name": p.name, "seconds": p.seconds, "cpu": p.cpu} for p in passes]))
        return
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
