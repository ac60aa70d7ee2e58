"""`make bench`: our full cycle beside the loop a user would write, in one run, on the same feeds.

500 feeds of 25 entries, drawn from the project's own examples (one of a feed's is on a topic), are
served on loopback with 100 ms of latency. Ours does fetch, store, group, score, decide and outbox (page
fetching off) through the command line; the loop does requests, feedparser.parse and one INSERT an entry.
Each runs in a process of its own; memory is the peak of the summed PSS of the process and its children.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from pathlib import Path

import psutil

from monitor.demo import FeedServer

PROJECT = Path(__file__).resolve().parents[2]
ENTRIES = 25


@dataclass(frozen=True, slots=True)
class Figures:
    name: str
    feeds: int
    articles: int
    seconds: float
    megabytes: float


def feeds(count: int, seed: int = 7) -> dict[str, bytes]:
    """RSS documents by name: items of `seeds/examples`, one of a feed's on a topic and the others not."""
    items = [
        json.loads(line)
        for path in sorted((PROJECT / "seeds" / "examples").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    on_topic = [item for item in items if item["topics"]]
    others = [item for item in items if not item["topics"]]
    drawn = random.Random(seed)
    now = datetime.now(UTC)
    return {
        f"feed{number:04}.xml": _rss(
            number, drawn.sample(others, ENTRIES - 1) + drawn.sample(on_topic, 1), drawn, now
        )
        for number in range(count)
    }


def _rss(number: int, items: Sequence[dict[str, str]], drawn: random.Random, now: datetime) -> bytes:
    parts = [
        f"<rss version='2.0'><channel><title>Feed {number}</title><link>http://feed{number}.example/</link>"
    ]
    for place, item in enumerate(items):
        when = format_datetime(now - timedelta(minutes=drawn.uniform(0, 3 * 24 * 60)))
        link = f"http://feed{number}.example/{place}-{drawn.randrange(10**9)}"
        parts.append(
            f"<item><title>{escape(item['title'])}</title><link>{link}</link><guid>{link}</guid>"
            f"<description>{escape(item['summary'])}</description><pubDate>{when}</pubDate></item>"
        )
    return ("".join(parts) + "</channel></rss>").encode()


def plain_loop(urls: Sequence[str], database: Path) -> int:
    """What a user would write first: one feed after the other, one row after the other."""
    import feedparser
    import requests

    db = sqlite3.connect(database)
    db.execute(
        "CREATE TABLE articles (id INTEGER PRIMARY KEY, url TEXT UNIQUE, title TEXT, summary TEXT, at TEXT)"
    )
    insert = "INSERT OR IGNORE INTO articles (url, title, summary, at) VALUES (?, ?, ?, ?)"
    for url in urls:
        body = requests.get(url, timeout=30).content
        for entry in feedparser.parse(body).entries:
            db.execute(
                insert, (entry.link, entry.title, entry.get("summary", ""), entry.get("published", ""))
            )
            db.commit()
    return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])


def measured(name: str, command: Sequence[str], env: dict[str, str], feeds: int, database: Path) -> Figures:
    """Run a command; seconds of wall clock and the peak of memory over its processes."""
    start = time.perf_counter()
    running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(running, peak))
    watcher.start()
    output, _ = running.communicate()
    seconds = time.perf_counter() - start
    watcher.join()
    if running.returncode:
        sys.exit(f"{name} failed:\n{output}")
    print(output, file=sys.stderr)
    with sqlite3.connect(database) as db:
        articles = db.execute("SELECT count(*) FROM articles").fetchone()[0]
    return Figures(name, feeds, articles, seconds, peak[0])


def _watch(running: subprocess.Popen[str], peak: list[float]) -> None:
    while running.poll() is None:
        try:
            root = psutil.Process(running.pid)
            family = [root, *root.children(recursive=True)]
            peak[0] = max(peak[0], sum(_pss(member) for member in family))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.2)


def _pss(member: psutil.Process) -> float:
    try:
        return member.memory_full_info().pss / 2**20
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0.0


def bench(count: int, latency: float, folder: Path) -> list[Figures]:
    """Both contestants on fresh databases, the same server, one after the other."""
    with FeedServer(feeds(count), latency=latency, spread=True) as server:
        opml = folder / "feeds.opml"
        opml.write_bytes(server.opml())
        base = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        ours = base | {
            "MONITOR_HOME": str(folder / "home"),
            "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MONITOR_READ_PAGES": "0",
        }
        cli = [sys.executable, "-m", "monitor.cli"]
        for step in (["db", "upgrade"], ["feeds", "import", str(opml)]):
            subprocess.run([*cli, *step], env=ours, check=True, stdout=subprocess.DEVNULL)
        database = folder / "home" / "monitor.db"
        first = measured("ours, first contact", [*cli, "run"], ours, count, database)
        again = measured("ours, second cycle", [*cli, "run", "--all"], ours, count, database)
        loop = [sys.executable, __file__, "--loop", str(opml), str(folder / "loop.db")]
        return [first, again, measured("plain loop", loop, base, count, folder / "loop.db")]


def report(found: Sequence[Figures]) -> str:
    """A table, the loop's speed as the unit."""
    loop = found[-1]
    lines = [f"{'':<22}{'feeds/s':>9}{'articles/s':>12}{'seconds':>9}{'MB':>7}{'times the loop':>16}"]
    for one in found:
        per_feed, per_article = one.feeds / one.seconds, one.articles / one.seconds
        ratio = loop.seconds / one.seconds
        lines.append(
            f"{one.name:<22}{per_feed:>9.1f}{per_article:>12.0f}{one.seconds:>9.1f}{one.megabytes:>7.0f}{ratio:>16.1f}"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds")
    parser.add_argument("--loop", nargs=2, metavar=("OPML", "DATABASE"), help="run the plain loop alone")
    options = parser.parse_args()
    if options.loop:
        from monitor.feeds.opml import read

        urls = [spec.url for spec in read(Path(options.loop[0]).read_bytes())]
        print(plain_loop(urls, Path(options.loop[1])), "articles")
        return
    with tempfile.TemporaryDirectory() as folder:
        print(report(bench(options.feeds, options.latency, Path(folder))))


if __name__ == "__main__":
    main()
