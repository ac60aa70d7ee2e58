"""`monitor up`: its parts, what it tells, and one whole start of the demo."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from queue import Empty, Queue

import pytest
from fixtures_alerts import raise_alerts
from fixtures_store import NOW, new_article, scored
from sqlalchemy import Connection, Engine

from monitor import standalone
from monitor.errors import Misconfigured, Transient
from monitor.records import (
    FeedSpec,
    Ledger,
    Message,
    Placement,
    PlacementKind,
    Route,
    RunKey,
    Step,
)
from monitor.settings import Settings, load
from monitor.standalone import watch
from monitor.standalone.parts import PARTS, Parts, environment, healthy
from monitor.store import articles, feeds, hits, runs, stories
from monitor.store.database import begin

PYTHON = (sys.executable, "-c")


# ---------------------------------------------------------------- parts


def _wait_for(line: str, log: Path) -> None:
    deadline = time.monotonic() + 20
    while not (log.is_file() and line in log.read_text()):
        assert time.monotonic() < deadline, f"{log} never says {line!r}"
        threading.Event().wait(0.02)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_stopping_ends_the_children_of_the_children_too(tmp_path: Path) -> None:
    child = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('child', p.pid, flush=True); time.sleep(600)"
    )
    with Parts(os.environ, tmp_path, PYTHON) as parts:
        parts.start("scheduler", [child])
        _wait_for("\n", tmp_path / "scheduler.log")
        pid = int(re.findall(r"child (\d+)", (tmp_path / "scheduler.log").read_text())[0])
        parts.check()
        assert _alive(pid)
    assert not _alive(pid)


def test_a_part_that_ends_by_itself_is_named_with_its_last_words(tmp_path: Path) -> None:
    with Parts(os.environ, tmp_path, PYTHON) as parts:
        parts.start("scheduler", ["print('no space left on device'); raise SystemExit(1)"])
        with pytest.raises(Misconfigured, match="no space left on device"):
            parts.finish("scheduler")
        with pytest.raises(Transient, match=r"scheduler ended by itself.*no space left.*scheduler\.log"):
            parts.check()


def test_the_end_of_a_part_with_one_thing_to_do_is_no_trouble(tmp_path: Path) -> None:
    with Parts(os.environ, tmp_path, PYTHON) as parts:
        parts.start("db migrate", ["pass"])
        parts.finish("db migrate")
        parts.check()


def test_the_parts_see_our_settings_and_no_other_airflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_ELSEWHERE", "{}")
    settings = replace(
        load({"MONITOR_HOME": str(tmp_path)}),
        slack_token="xoxb-1",
        host_spacing=0.0,
        allowed_networks=(ip_network("127.0.0.0/8"),),
        web_url="http://localhost:9",
    )
    seen = environment(settings, 8123)
    assert load(seen) == settings
    assert "AIRFLOW_CONN_ELSEWHERE" not in seen
    assert seen["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert seen["AIRFLOW__API__PORT"] == "8123"
    # All are administrators without a password, so nobody else may reach it.
    assert seen["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_nothing_is_healthy_where_nothing_listens() -> None:
    assert not healthy(1)


def test_a_taken_port_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Misconfigured, match="MONITOR_PORT"):
            standalone.up(Settings(home=tmp_path / "home"), port=taken.getsockname()[1])
    assert not (tmp_path / "home").exists()


# ---------------------------------------------------------------- what the terminal tells


def _run(db: Connection, name: str, key: str, *ledgers: Ledger) -> None:
    runs.write(db, runs.open_run(db, RunKey("airflow", name, key), NOW), ledgers, NOW)


def _ingest(db: Connection, key: str, **ends: int) -> None:
    fetched = Ledger(Step.FETCH, "feeds", sum(ends.values()), ends)
    _run(db, "monitor_ingest", key, fetched, Ledger(Step.FETCH, "entries", 5, {"new": 5}))
    _run(db, "monitor_ingest", key, Ledger(Step.READ, "articles", 0, {}))


def _process(db: Connection, key: str) -> None:
    _run(
        db,
        "monitor_process",
        key,
        Ledger(Step.SCORE, "hits", 2, {"sanctions": 2}),
        Ledger(Step.DECIDE, "hits", 2, {"alert": 1, "repeat": 1}),
    )


def test_a_cycle_is_one_line_once(db: Connection) -> None:
    _process(db, "before")
    seen = watch.begin(db)
    assert list(watch.news(seen, db)) == []
    _ingest(db, "a", fetched=9, dead_host=1)
    assert list(watch.news(seen, db)) == []
    _process(db, "b")
    assert list(watch.news(seen, db)) == ["  cycle  10 feeds, 5 new articles, 2 hits, 1 alert"]
    assert list(watch.news(seen, db)) == []


def test_a_cycle_that_ends_after_the_next_has_begun_is_not_lost(db: Connection) -> None:
    seen = watch.begin(db)
    _run(db, "monitor_process", "slow")
    _ingest(db, "a", fetched=3)
    assert list(watch.news(seen, db)) == []
    _process(db, "slow")
    assert len(list(watch.news(seen, db))) == 1


@pytest.mark.parametrize(
    ("ends", "told"), [({"dead_host": 3}, True), ({"dead_host": 2, "fetched": 1}, False)]
)
def test_no_feed_reached_names_the_demo(db: Connection, ends: dict[str, int], told: bool) -> None:
    seen = watch.begin(db)
    _ingest(db, "a", **ends)
    assert any("make demo" in line for line in watch.news(seen, db)) is told
    _process(db, "b")
    list(watch.news(seen, db))
    _ingest(db, "c", dead_host=3)
    assert list(watch.news(seen, db)) == []  # later it is one bad minute among many, not news


def _alert(db: Connection, count: int) -> None:
    feeds.add(db, [FeedSpec("https://news.example/rss", "News Example")], NOW)
    articles.admit(db, [new_article(n, title=f"Title\x1b[2J {n}") for n in range(1, count + 1)], NOW)
    stories.place(db, [Placement(n, PlacementKind.NEW_STORY) for n in range(1, count + 1)], NOW)
    hits.record_scores(db, [scored(n, 0.93) for n in range(1, count + 1)], "v1", NOW)
    route = Route("all", "#news", ("*",))
    found = hits.undecided(db, count)
    raise_alerts(db, found, route, Message("text", ()), NOW)


def test_an_alert_is_one_line_that_cannot_move_the_cursor(engine: Engine) -> None:
    with begin(engine) as db:
        seen = watch.begin(db)
        _alert(db, 1)
        lines = list(watch.news(seen, db))
        again = list(watch.news(seen, db))
    assert lines == ["  ALERT  sanctions 0.93  Title [2J 1 (News Example)"]
    assert again == []


def test_a_flood_of_alerts_is_counted(engine: Engine) -> None:
    with begin(engine) as db:
        seen = watch.begin(db)
        _alert(db, watch.AT_ONCE + 5)
        lines = list(watch.news(seen, db))
    assert len(lines) == watch.AT_ONCE + 1
    assert lines[-1].strip() == "and 5 more alerts, on the Alerts page"


# ---------------------------------------------------------------- the whole


class Terminal:
    """A command and its lines as they come."""

    def __init__(self, arguments: list[str], env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", *arguments],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._queue: Queue[str | None] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def until(self, wanted: str, seconds: float) -> str:
        """The first line with `wanted` in it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                pytest.fail(f"no line with {wanted!r} in {seconds} s, only: {self.lines}")
            if line is None:
                pytest.fail(f"it ended without a line with {wanted!r}: {self.lines}")
            self.lines.append(line)
            if wanted in line:
                return line

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=40)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Terminal]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MONITOR_", "AIRFLOW"))}
    env = kept | {"MONITOR_HOME": str(tmp_path), "MONITOR_SLACK_TOKEN": "xoxb-of-a-real-workspace"}
    terminal = Terminal(["up", "--demo", "--port", str(port)], env)
    yield terminal
    if terminal.process.poll() is None:
        terminal.process.terminate()
        terminal.process.wait(timeout=40)


def _descendants(pid: int) -> dict[int, str]:
    """What a process has started, directly or not, by process id."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except OSError:
            continue  # it has just ended
        parents[int(status.parent.name)] = (int(fields["PPid"]), fields["Name"])
    found = {pid: "itself"}
    while fresh := {p: n for p, (parent, n) in parents.items() if parent in found and p not in found}:
        found |= fresh
    return found


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="needs /proc to see what is left over")
def test_the_demo_brings_alerts_and_leaves_nothing_behind(demo: Terminal, tmp_path: Path) -> None:
    demo.until("is running; Ctrl-C stops it", 180)
    alert = demo.until("ALERT", 180)
    assert re.search(r"ALERT  (sanctions|mutual defense|arms transfers) [01]\.\d\d  ", alert)
    started = _descendants(demo.process.pid)
    assert len(started) > len(PARTS)
    assert demo.stop() == 0
    assert {pid: name for pid, name in started.items() if _alive(pid)} == {}
    assert not (tmp_path / "monitor.db").exists()  # a demo leaves the real database alone
    assert (tmp_path / "demo" / "monitor.db").is_file()
