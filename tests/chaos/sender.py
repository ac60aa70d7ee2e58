"""A sender process for the chaos test: delivers until it is killed, with a clock that jumps.

    python sender.py DATABASE_URL SLACK_URL SEED LINES [--blind]

It kills itself (SIGKILL) after a random number of lines of the code that sends, LINES in the mean.
`--blind` makes it find nothing in Slack's history: the negative control.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

from monitor.alerts.slack import Slack, connect
from monitor.errors import MonitorError
from monitor.pipeline.outgoing import deliver
from monitor.records import FoundCopy, RunKey
from monitor.settings import Settings

WATCHED = ("/monitor/pipeline/", "/monitor/store/", "/monitor/alerts/", "/slack_sdk/web/")
TOKEN = "xoxb-test"


class Blind(Slack):
    """Slack, seen by somebody who does not look into its histories."""

    def copies(
        self,
        channel: str,  # noqa: ARG002
        delivery_ids: Collection[str],  # noqa: ARG002
        since: datetime,  # noqa: ARG002
        thread: str | None = None,  # noqa: ARG002
    ) -> dict[str, list[FoundCopy]]:
        return {}


def settings_for(database: str, slack_url: str) -> Settings:
    """Short times, in the proportions of the real ones."""
    return Settings(
        database_url=database,
        slack_token=TOKEN,
        slack_url=slack_url,
        slack_pace=0.0,
        slack_hourly=10**9,
        slack_timeout=0.5,
        slack_settle=3.0,  # a call, and more than the second to which Slack's clock is known
        slack_lease=2.5,
        slack_rest=0.2,
        slack_probe=0.2,
    )


def die_after(lines: int) -> None:
    """SIGKILL after so many lines of the code that is watched."""
    left = lines

    def watch(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if event == "call" and not any(part in frame.f_code.co_filename for part in WATCHED):
            return None
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return watch

    sys.settrace(watch)


def main() -> None:
    database, slack_url, seed, lines = sys.argv[1:5]
    chance = random.Random(int(seed))
    kind = Blind if "--blind" in sys.argv else Slack
    skew = timedelta(0)

    def clock() -> datetime:
        return datetime.now(UTC) + skew

    def open_slack(settings: Settings) -> Slack:
        plain = connect(settings.slack_token, settings.slack_url, settings.slack_timeout)
        return kind(plain._client, clock=clock)

    settings = settings_for(database, slack_url)
    number = 0
    die_after(int(chance.expovariate(1 / float(lines))) + 200)
    while True:
        number += 1
        if chance.random() < 0.05:
            skew = timedelta(seconds=chance.choice([-7_200, -600, -30, 30, 600, 7_200, 0]))
        try:
            deliver(settings, RunKey("cli", "chaos", f"{seed}"), connect=open_slack, shard=str(number))
        except MonitorError:
            time.sleep(0.1)  # Slack or the database is away
        time.sleep(0.05)


if __name__ == "__main__":
    main()
