"""Alerts and replies through a Slack and a database that fail, by senders that die at any line."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes.slack import FakeSlack
from sqlalchemy import text

from monitor.errors import MonitorError
from monitor.records import DeliveryKind, Draft, Message
from monitor.store import outbox
from monitor.store.database import begin, open_database

SENDER = Path(__file__).with_name("sender.py")
FAULTS = (
    "drop_before",
    "drop_after",
    "cut_after",
    "http_500_before",
    "http_500_after",
    "garbage_after",
    "error_after:internal_error",
    "error_after:fatal_error",
    "slow",
    "429",
    "error:ratelimited",
)
READ_FAULTS = ("drop_before", "http_500_before", "429", "garbage_after", "error:internal_error")
CHANNELS = ("desk", "arms", "board")


@dataclass
class Outcome:
    """What is in the channels at the end, against what was put into the outbox."""

    copies: Counter[str]
    lost: set[str]
    astray: set[str]  # replies that are not under their parent
    disordered: set[str]  # stories whose messages came in another order
    faults: int = 0
    kills: int = 0
    cuts: int = 0
    seconds: float = 0.0

    @property
    def doubles(self) -> set[str]:
        return {name for name, number in self.copies.items() if number > 1}

    def line(self) -> str:
        return (
            f"{len(self.copies) - len(self.doubles)} messages once, {len(self.doubles)} twice, "
            f"{len(self.lost)} lost, {len(self.astray)} astray, {len(self.disordered)} out of order; "
            f"{self.faults} faults, {self.kills} kills, {self.cuts} database cuts, {self.seconds:.0f} s"
        )


def drafts(alerts: int, replies: int, chance: random.Random) -> list[Draft]:
    """Alerts over the channels, and replies of some of them, in the order of their making."""
    made = [
        Draft(f"alert {n}", DeliveryKind.ALERT, f"#{CHANNELS[n % 3]}", Message(f"alert {n}", ()))
        for n in range(alerts)
    ]
    answered = [chance.randrange(max(alerts // 4, 1)) for _ in range(replies)]
    for number, parent in enumerate(answered):
        key = f"alert {parent}"
        name = f"{key} reply {number}"
        made.append(Draft(name, DeliveryKind.REPLY, "", Message(name, ()), parent=key))
    return made


@dataclass(frozen=True)
class Chaos:
    """How much goes wrong. `lines` is after how many a sender dies, in the mean."""

    alerts: int
    replies: int
    faults: int
    lines: int
    seed: int = 7
    pool: tuple[str, ...] = FAULTS
    blind: bool = False
    limit: float = 540.0  # seconds


def run(database: str, chaos: Chaos) -> Outcome:
    """Send everything with two senders at once, each started again whenever it dies.

    Raises:
        AssertionError: it is not over in time.
    """
    chance = random.Random(chaos.seed)
    whole = drafts(chaos.alerts, chaos.replies, chance)
    started = time.monotonic()
    with FakeSlack("xoxb-test", CHANNELS, rate=None) as slack:
        slack.delay, slack.retry_after = 0.8, 1  # longer than a call may last; as short as can be said
        plan = [""] * len(whole)
        for place in chance.sample(range(len(plan)), chaos.faults):
            plan[place] = chance.choice(chaos.pool)
        slack.faults.extend(plan)
        reads = [chance.choice(READ_FAULTS) if chance.random() < 0.1 else "" for _ in range(400)]
        slack.read_faults.extend(reads)
        with begin(open_database(database)) as db:
            outbox.enqueue(db, whole, datetime.now(UTC))
        kills, cuts = _send(database, slack.url, chance, chaos)
        fired = sum(map(bool, plan)) - sum(map(bool, slack.faults))
        outcome = _outcome(whole, slack.messages)
    return replace(outcome, faults=fired, kills=kills, cuts=cuts, seconds=time.monotonic() - started)


def _send(database: str, url: str, chance: random.Random, chaos: Chaos) -> tuple[int, int]:
    """Two senders until everything is sent and swept; returns the numbers of kills and cuts."""
    senders: list[subprocess.Popen[bytes]] = []
    kills, cuts = 0, 0
    next_cut, deadline = time.monotonic() + 2, time.monotonic() + chaos.limit
    try:
        while not _done(database):
            assert time.monotonic() < deadline, f"not over in time: {_states(database)}"
            alive = [one for one in senders if one.poll() is None]
            kills += len(senders) - len(alive)
            senders = alive
            while len(senders) < 2:
                values = (database, url, chance.randrange(10**9), chaos.lines)
                command = [sys.executable, str(SENDER), *map(str, values), *(["--blind"] * chaos.blind)]
                senders.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
            if time.monotonic() > next_cut:
                next_cut = time.monotonic() + chance.uniform(1, 4)
                cuts += _cut(database, chance)
            time.sleep(0.1)
    finally:
        for one in senders:
            one.kill()
            one.wait()
    return kills, cuts


def _cut(database: str, chance: random.Random) -> int:
    """Break what connects the senders to the database: all connections, or a file that is locked."""
    if database.startswith("sqlite"):
        with begin(open_database(database)):  # a writer that takes its time
            time.sleep(chance.uniform(0.05, 0.4))
        return 1
    mine = "datname = current_database() AND pid <> pg_backend_pid()"
    with begin(open_database(database)) as db:
        ended = db.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {mine}"))
        return len(ended.all())


def _states(database: str) -> dict[str, int]:
    with begin(open_database(database), reading=True) as db:
        return outbox.counts(db)


def _done(database: str) -> bool:
    doubtful = "SELECT count(*) FROM deliveries WHERE state <> 'sent' OR (attempts > 1 AND swept_at IS NULL)"
    try:
        with begin(open_database(database), reading=True) as db:
            return db.execute(text(doubtful)).scalar_one() == 0
    except MonitorError:  # we have cut our own connection
        return False


def _outcome(whole: Sequence[Draft], messages: Sequence[dict[str, Any]]) -> Outcome:
    copies = Counter(message["text"] for message in messages)
    place = {message["text"]: message for message in messages}
    astray: set[str] = set()
    order: dict[str, list[str]] = {}
    for draft in whole:
        order.setdefault(draft.parent or draft.dedup_key, []).append(draft.dedup_key)
        if draft.parent and draft.dedup_key in place and draft.parent in place:
            reply, parent = place[draft.dedup_key], place[draft.parent]
            if (reply["thread_ts"], reply["channel"]) != (parent["ts"], parent["channel"]):
                astray.add(draft.dedup_key)
    times = {
        story: [float(place[name]["ts"]) for name in names if name in place] for story, names in order.items()
    }
    disordered = {story for story, mine in times.items() if mine != sorted(mine)}
    return Outcome(copies, {draft.dedup_key for draft in whole} - copies.keys(), astray, disordered)
