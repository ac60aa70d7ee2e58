"""Seconds from the commit of a hit to the moment Slack took its message: `make bench-latency`.

    python tests/bench/latency.py [cli] [airflow] [--stories N]

A feed brings one more story of the demo each round, through `monitor run --loop` and then through the
DAGs as `monitor up` runs them, to the fake Slack of the tests at its real pace of a message a second. The
commit of a hit is when another connection first sees it. Group waits are set to none: they are chosen,
not lost. What feeds and classifier take before the hit is not counted.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.slack import FakeSlack
from sqlalchemy import text

from monitor import pipeline
from monitor.errors import MonitorError
from monitor.settings import PROJECT, Settings
from monitor.store.database import begin, open_database

TARGETS = {"cli": 5.0, "airflow": 15.0}  # seconds, of the median
WAIT = 120.0  # seconds until a round without a message is given up
TOKEN = "xoxb-bench"
TAKEN = """
    SELECT min(alerts.hit_id) AS hit, deliveries.slack_ts FROM alerts
    JOIN threads ON threads.id = alerts.thread_id
    JOIN deliveries ON deliveries.dedup_key = threads.parent_key
    WHERE deliveries.state = 'sent' GROUP BY deliveries.slack_ts
"""


class Feed:
    """A feed on loopback that grows by a story at a time."""

    def __init__(self) -> None:
        self.items: list[str] = []
        feed = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"<rss version='2.0'><channel><title>Desk</title>{''.join(feed.items)}</channel></rss>"
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, page: Path) -> None:
        title, _, body = page.read_text("utf-8").partition("\n")
        link = f"{self.url}/{page.stem}"
        self.items.append(
            f"<item><title>{escape(title)}</title><link>{link}</link><guid>{link}</guid>"
            f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate>"
            f"<description>{escape(body)}</description></item>"
        )


def stories(seeds: Path) -> list[Path]:
    """The first report of each story of the demo that is about a topic."""
    items = json.loads((seeds / "demo" / "expected.json").read_text("utf-8"))["items"]
    first: dict[str, Path] = {}
    for item in items:
        if item["topics"] and item["kind"] == "report":
            page = seeds / "demo" / "pages" / f"{Path(item['path']).name}.txt"
            first.setdefault(item["story"], page)
    return [page for page in first.values() if page.is_file()]


class Watch(threading.Thread):
    """Notes when each hit is first seen by a connection that is not the writer's."""

    def __init__(self, database: str) -> None:
        super().__init__(daemon=True)
        self.database, self.seen, self.over = database, dict[int, float](), threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.05):
            try:
                with begin(open_database(self.database), reading=True) as db:
                    for row in db.execute(text("SELECT id FROM hits")):
                        self.seen.setdefault(row.id, time.time())
            except MonitorError:
                continue  # not migrated yet


def measure(
    name: str, settings: Settings, slack: FakeSlack, feed: Feed, pages: list[Path], kick: Any
) -> bool:
    """Rounds through whatever runs already; prints the figures, returns whether the target is met."""
    watch = Watch(settings.database_url)
    watch.start()
    for page in pages:
        before = len(slack.messages)
        feed.add(page)
        pipeline.make_due(settings)
        kick()
        deadline = time.monotonic() + WAIT
        while len(slack.messages) == before and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
    time.sleep(2)
    watch.over.set()
    with begin(open_database(settings.database_url), reading=True) as db:
        found = list(db.execute(text(TAKEN)))
    took = sorted(float(row.slack_ts) - watch.seen[row.hit] for row in found if row.hit in watch.seen)
    if not took:
        print(f"{name:8} nothing arrived")
        return False
    middle, goal = statistics.median(took), TARGETS[name]
    told = f"median {middle:5.2f} s (target under {goal:g}), worst {took[-1]:5.2f} s"
    print(f"{name:8} {len(took):3} messages, {told}", flush=True)
    return middle < goal


def environment(home: Path, seeds: Path, slack: FakeSlack) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MONITOR_", "AIRFLOW"))}
    return kept | {
        "MONITOR_HOME": str(home),
        "MONITOR_SEEDS": str(seeds),
        "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MONITOR_HOST_SPACING": "0",
        "MONITOR_READ_PAGES": "0",
        "MONITOR_SLACK_TOKEN": TOKEN,
        "MONITOR_SLACK_URL": slack.url,
    }


@contextmanager
def process(env: dict[str, str], home: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command line that goes on until the end of the `with`."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "log").open("wb") as log:
        command = [sys.executable, "-m", "monitor.cli", *words]
        child = subprocess.Popen(
            command, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGINT)
        child.wait(90)


def waiting(child: subprocess.Popen[bytes], home: Path, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not ready():
        assert child.poll() is None, (home / "log").read_text()
        assert time.monotonic() < deadline, (home / "log").read_text()
        time.sleep(0.5)


def by_cli(home: Path, seeds: Path, slack: FakeSlack, feed: Feed, pages: list[Path]) -> bool:
    env = environment(home, seeds, slack)
    for words in (["db", "upgrade"], ["feeds", "import", str(seeds / "feeds.opml"), "--alert-backlog"]):
        subprocess.run(
            [sys.executable, "-m", "monitor.cli", *words], env=env, check=True, capture_output=True
        )
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'monitor.db'}")
    with process(env, home, "run", "--loop", "--every", "1") as child:
        waiting(child, home, lambda: "cycle:" in (home / "log").read_text())
        return measure("cli", settings, slack, feed, pages)


def by_airflow(home: Path, seeds: Path, slack: FakeSlack, feed: Feed, pages: list[Path]) -> bool:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api/v2/dags/monitor_ingest/dagRuns"
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'monitor.db'}")

    def runs(**query: str) -> list[dict[str, Any]]:
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        with urllib.request.urlopen(f"{api}?{asked}", timeout=20) as answer:
            found: list[dict[str, Any]] = json.load(answer)["dag_runs"]
        return found

    def kick() -> None:
        content, kind = json.dumps({"logical_date": None}).encode(), {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(api, content, kind), timeout=20).close()

    with process(environment(home, seeds, slack), home, "up", "--port", str(port)) as child:
        waiting(child, home, lambda: "is running" in (home / "log").read_text())
        waiting(child, home, lambda: bool(runs(state="success")))
        return measure("airflow", settings, slack, feed, pages, kick)


WAYS = {"cli": by_cli, "airflow": by_airflow}


def main(words: list[str]) -> int:
    number = int(words[words.index("--stories") + 1]) if "--stories" in words else 15
    failed = 0
    for name in [word for word in words if word in WAYS] or list(WAYS):
        with tempfile.TemporaryDirectory() as folder, FakeSlack(TOKEN, ("news-monitor",)) as slack:
            seeds = Path(shutil.copytree(PROJECT / "seeds", Path(folder) / "seeds"))
            (seeds / "routes.toml").write_text('[[route]]\nname = "all"\ntopics = ["*"]\ngroup_wait = "0m"\n')
            feed = Feed()
            outline = f'<outline type="rss" text="Desk" xmlUrl="{feed.url}/feed"/>'
            (seeds / "feeds.opml").write_text(f'<opml version="2.0"><body>{outline}</body></opml>')
            pages = stories(seeds)[:number]
            failed += not WAYS[name](Path(folder) / "home", seeds, slack, feed, pages)
            feed.server.shutdown()
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
