"""The pictures of docs/img, taken from a running demo with headless Chromium: `make screenshots`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
READY = 240.0  # seconds until the demo has brought alerts; 50 on two cores


@pytest.fixture(scope="module")
def chromium() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no chromium here: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def address(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A demo whose alerts have been decided and delivered to nowhere; it is ended afterwards."""
    del chromium  # asked for so that without a browser no demo is started
    home = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MONITOR_", "AIRFLOW"))}
    log = home / "up.log"
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", "up", "--demo", "--port", str(port)],
            env=kept | {"MONITOR_HOME": str(home)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        found = f"http://localhost:{port}"
        deadline = time.monotonic() + READY
        while "ALERT" not in log.read_text() or not _finished(found, "monitor_deliver"):
            assert demo.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            threading.Event().wait(0.5)
        yield found
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(timeout=60)


def _finished(address: str, dag: str) -> str | None:
    """The id of the newest run of a DAG that an asset started and that succeeded."""
    query = urllib.parse.urlencode({"state": "success", "order_by": "-start_date"})
    with urllib.request.urlopen(f"{address}/api/v2/dags/{dag}/dagRuns?{query}", timeout=20) as answer:
        runs: list[dict[str, Any]] = json.load(answer)["dag_runs"]
    return next((run["dag_run_id"] for run in runs if run["run_type"] == "asset_triggered"), None)


def _shoot(browser: str, url: str, size: str, path: Path, profile: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            browser,
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            f"--window-size={size}",
            "--virtual-time-budget=20000",  # milliseconds of the page's clock, not of ours
            f"--screenshot={path}",
            url,
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )


def _first_run(address: str) -> str:
    """The path of the page of the run that processed the first articles."""
    run = _finished(address, "monitor_process")
    assert run is not None
    return f"dags/monitor_process/runs/{urllib.parse.quote(run, safe='')}"


def _best_alert(address: str) -> str:
    """The path of the page of one alert that copies and follow-ups have joined, or of the newest."""
    with urllib.request.urlopen(f"{address}/monitor/alerts", timeout=20) as answer:
        page = answer.read().decode()
    cards = re.findall(r'id="alert-(\d+)"(.*?)</article>', page, re.S)
    assert cards
    number = max(cards, key=lambda card: len(card[1]))[0]
    return f"monitor/alerts?only={number}"


def _best_story(address: str) -> str:
    """The path of the page of the story that most articles tell, of those that alerted."""
    with urllib.request.urlopen(f"{address}/monitor/alerts", timeout=20) as answer:
        numbers = set(re.findall(r"stories/(\d+)", answer.read().decode()))
    assert numbers
    pages: dict[str, int] = {}
    for number in numbers:
        with urllib.request.urlopen(f"{address}/monitor/stories/{number}", timeout=20) as answer:
            pages[number] = len(answer.read())
    return f"monitor/stories/{max(pages, key=lambda one: pages[one])}"


@pytest.mark.parametrize(
    ("name", "where", "size"),
    [
        ("dags.png", lambda _: "dags", "1440,1100"),
        ("run.png", _first_run, "1440,700"),
        ("alerts-page.png", lambda _: "plugin/news-monitor", "1440,1000"),
        ("alert.png", _best_alert, "760,720"),
        ("story.png", _best_story, "760,1300"),
        ("search.png", lambda _: "monitor/search?q=sanction*", "1000,900"),
    ],
)
def test_picture(
    address: str, chromium: str, tmp_path: Path, name: str, where: Any, size: str, request: Any
) -> None:
    picture = tmp_path / name
    _shoot(chromium, f"{address}/{where(address)}", size, picture, tmp_path / "profile")
    assert picture.stat().st_size > 15_000
    assert _rows(picture) > 50, f"{name} is blank"
    # Only those who ask for pictures change tracked files: `make screenshots`, not `make test`.
    if any("screenshots" in str(argument) for argument in request.config.args):
        IMAGES.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, IMAGES / name)


def _rows(path: Path) -> int:
    """How many different rows of pixels a PNG has, filters included: a blank page has a handful."""
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, colours = struct.unpack(">I5xB", content[16:26])
    packed, place = b"", 8
    while place < len(content):
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        if kind == b"IDAT":
            packed += content[place + 8 : place + 8 + size]
        place += size + 12
    pixels = zlib.decompress(packed)
    row = 1 + width * {2: 3, 6: 4}[colours]
    return len({pixels[start : start + row] for start in range(0, len(pixels), row)})
