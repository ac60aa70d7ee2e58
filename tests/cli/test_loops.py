"""The loops of the command line, as processes that are told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import TOKEN, changed, put, states

from monitor.settings import Settings
from monitor.store.database import upgrade


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(TOKEN, ("desk",), rate=None) as fake:
        yield fake


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(url)
    return changed(Settings(), home=tmp_path, database_url=url)


class Loop:
    """A command that goes on, with what it printed in a file."""

    def __init__(self, settings: Settings, slack: FakeSlack, *words: str, **more: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MONITOR_")}
        self.log = settings.home / "loop.log"
        with self.log.open("wb") as output:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli", *words],
                env=kept
                | {
                    "MONITOR_HOME": str(settings.home),
                    "MONITOR_DATABASE_URL": settings.database_url,
                    "MONITOR_SLACK_URL": slack.url,
                    "MONITOR_SLACK_PACE": "0",
                    "PYTHONUNBUFFERED": "1",
                }
                | more,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self, until: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not until():
            assert self.child.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)

    def said(self) -> str:
        return self.log.read_text()

    def stop(self, number: signal.Signals) -> int:
        self.child.send_signal(number)
        return self.child.wait(30)


def test_the_delivery_loop_sends_what_comes_and_stops_in_peace(settings: Settings, slack: FakeSlack) -> None:
    loop = Loop(settings, slack, "deliver", "--loop", MONITOR_SLACK_TOKEN=TOKEN)
    try:
        loop.wait(lambda: "delivering to" in loop.said())
        for name in ("one", "two"):
            put(settings, name)
            loop.wait(lambda name=name: name in slack.texts() and "1 sent" in loop.said())  # type: ignore[misc]
        assert loop.stop(signal.SIGINT) == 0
    finally:
        loop.child.kill()
    said = loop.said()
    assert "stopped; what waits goes out when it is started again" in said
    assert "Traceback" not in said
    assert states(settings) == {"sent": 2}


def test_a_token_in_a_file_is_read_anew_and_never_printed(
    settings: Settings, slack: FakeSlack, tmp_path: Path
) -> None:
    secret = tmp_path / "token"
    secret.write_text("xoxb-canary-0000\n")
    loop = Loop(
        settings, slack, "deliver", "--loop", MONITOR_SLACK_TOKEN_FILE=str(secret), MONITOR_SLACK_PROBE="300"
    )
    try:
        put(settings, "one")
        loop.wait(lambda: "refuses the token" in loop.said())
        secret.write_text(f"{TOKEN}\n")
        loop.wait(lambda: slack.texts() == ["one"])
        assert loop.stop(signal.SIGTERM) == 0
    finally:
        loop.child.kill()
    assert "xoxb-canary-0000" not in loop.said()
    assert TOKEN not in loop.said()


def test_without_a_token_the_delivery_loop_says_what_to_set(settings: Settings, slack: FakeSlack) -> None:
    loop = Loop(settings, slack, "deliver", "--loop")
    assert loop.child.wait(60) == 3
    assert "MONITOR_SLACK_TOKEN" in loop.said()


def test_a_single_delivery_says_what_waits_and_until_when(settings: Settings, slack: FakeSlack) -> None:
    put(settings, "now")
    put(settings, "later", "latest", not_before=datetime(2090, 5, 17, 6, 30, tzinfo=UTC))
    once = Loop(settings, slack, "deliver", MONITOR_SLACK_TOKEN=TOKEN)
    assert once.child.wait(60) == 0
    assert "2 messages wait, the first until 17 May 06:30:00 UTC" in once.said()
    assert slack.texts() == ["now"]


def test_the_whole_loop_cycles_and_delivers_between(settings: Settings, slack: FakeSlack) -> None:
    loop = Loop(settings, slack, "run", "--loop", "--every", "600", MONITOR_SLACK_TOKEN=TOKEN)
    try:
        loop.wait(lambda: "cycle: 0 feeds" in loop.said())
        put(settings, "one")  # long before the next cycle
        loop.wait(lambda: slack.texts() == ["one"] and "deliveries: 1 sent" in loop.said())
        assert loop.stop(signal.SIGTERM) == 0
    finally:
        loop.child.kill()
    assert "stopped; what was done is kept" in loop.said()
    assert "Traceback" not in loop.said()
