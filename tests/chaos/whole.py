"""The whole system over hours of feeds, in peace and while everything fails; then both are compared.

In each hour of chaos two workers run cycles and steps out of order, are killed by SIGKILL at random moments,
lose the database in the middle, meet a Slack and feeds that misbehave. Then the faults stop for one cycle, as
they do sooner or later, and the next hour's documents are served.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chaos.chaos import FAULTS, READ_FAULTS, _cut
from chaos.newsstand import Newsstand, serving
from fakes.slack import FakeSlack
from sqlalchemy import text, update

from monitor.articles.measures import measure
from monitor.errors import MonitorError
from monitor.records import FeedSpec
from monitor.store import feeds, tables
from monitor.store.database import begin, open_database, upgrade

WORKER = Path(__file__).with_name("worker.py")
TOKEN = "xoxb-test"
CHANNEL = "news-monitor"
_OPEN = "(state IN ('pending', 'held', 'sending', 'unknown') OR (attempts > 1 AND swept_at IS NULL))"
_LOST = "deliveries that are not in the channel once"


@dataclass(frozen=True)
class Plan:
    """How much goes wrong: of a hundred requests and posts; kills and cuts an hour; workers at once."""

    misdeeds: int = 0
    faults: int = 0
    kills: int = 0
    cuts: int = 0
    workers: int = 2
    seed: int = 7


@dataclass
class State:
    """What a run leaves, by names that do not depend on time or order."""

    articles: dict[str, str]  # headline by address
    stories: dict[str, int]  # story by address
    hits: dict[tuple[str, str], float]  # score by address and topic
    told: dict[str, bool]  # whether the story of a hit has its message, by address
    faults_within: list[str] = field(default_factory=list)  # what must never be, in words


@dataclass
class Outcome:
    """A run: its state, and what was done to it."""

    state: State
    done: Counter[str]
    seconds: float

    def line(self) -> str:
        did = ", ".join(f"{number} {name}" for name, number in sorted(self.done.items())) or "no faults"
        held = f"{len(self.state.articles)} articles, {len(self.state.hits)} hits"
        return f"{held}; {did}; {self.seconds:.0f} s"


def run(database: str, home: Path, pages: Mapping[str, Sequence[bytes]], plan: Plan) -> Outcome:
    """Read all hours of the feeds, under `plan`.

    Raises:
        AssertionError: a cycle without faults does not end well.
    """
    stand = Newsstand(pages, plan.seed)
    chance = random.Random(plan.seed)
    done: Counter[str] = Counter()
    started = time.monotonic()
    upgrade(database)
    with FakeSlack(TOKEN, (CHANNEL,), rate=None) as slack, serving(stand) as urls:
        slack.delay, slack.retry_after = 0.8, 1
        with begin(open_database(database)) as db:
            specs = [FeedSpec(url, name, alert_backlog=True) for name, url in urls.items()]
            feeds.add(db, specs, datetime.now(UTC))
        env = os.environ | {
            "MONITOR_HOME": str(home),
            "MONITOR_DATABASE_URL": database,
            "MONITOR_SLACK_TOKEN": TOKEN,
            "MONITOR_SLACK_URL": slack.url,
            "MONITOR_SLACK_CHANNEL": f"#{CHANNEL}",
            "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
        }
        for hour in range(stand.hours):
            stand.hour = hour
            if plan.kills:
                stand.misdeeds = plan.misdeeds
                _storm(database, env, slack, chance, plan, done)
                stand.misdeeds = 0
                slack.faults.clear()
                slack.read_faults.clear()
                _later(database)
            _cycle(env, f"hour {hour}")
        for number in range(30):  # what Slack never answered is looked up after a while
            if not _waiting(database):
                break
            time.sleep(0.5)
            _cycle(env, f"after {number}")
        done["misdeeds of feeds"] += stand.done
        done += Counter()  # without zeros
        return Outcome(_state(database, slack), done, time.monotonic() - started)


def _storm(
    database: str,
    env: Mapping[str, str],
    slack: FakeSlack,
    chance: random.Random,
    plan: Plan,
    done: Counter[str],
) -> None:
    """An hour in which workers are killed `plan.kills` times, and the database is cut off in between."""
    faults = [chance.choice(FAULTS) if chance.randrange(100) < plan.faults else "" for _ in range(200)]
    slack.faults.extend(faults)
    slack.read_faults.extend(chance.choice(READ_FAULTS) if chance.random() < 0.1 else "" for _ in range(100))
    workers: list[subprocess.Popen[bytes]] = []
    blows = ["kill"] * plan.kills + ["cut"] * plan.cuts
    chance.shuffle(blows)
    try:
        for blow in blows:
            fresh = [_worker(env, chance) for _ in range(plan.workers - len(workers))]
            for one in fresh:
                assert one.stdout is not None
                one.stdout.readline()
            workers += fresh
            time.sleep(chance.uniform(0.1, 2.5))
            if blow == "cut":
                try:
                    done["database cuts"] += _cut(database, chance)
                except MonitorError:  # our own connection was among them
                    done["database cuts"] += 1
                continue
            one = workers.pop(chance.randrange(len(workers)))
            one.kill()
            one.wait()
            done["kills"] += 1
    finally:
        for one in workers:
            one.kill()
            one.wait()
    done["faults of Slack"] += sum(map(bool, faults)) - sum(map(bool, slack.faults))


def _worker(env: Mapping[str, str], chance: random.Random) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(WORKER), str(chance.randrange(10**9))]
    return subprocess.Popen(command, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _later(database: str) -> None:
    """The hour is over, and with it every lease and claim of those who were killed."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    for attempt in range(20):
        try:
            with begin(open_database(database)) as db:
                db.execute(update(tables.leases).values(expires_at=past))
                db.execute(update(tables.feeds).values(claimed_by=None, claim_expires_at=None))
            return
        except MonitorError:
            assert attempt < 19
            time.sleep(0.2)


def _cycle(env: Mapping[str, str], name: str) -> None:
    command = [sys.executable, str(WORKER), name, "--orderly"]
    ended = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{name}: {ended.stderr[-2_000:]}"


def _waiting(database: str) -> int:
    open_ends = f"SELECT count(*) FROM deliveries WHERE {_OPEN}"
    with begin(open_database(database), reading=True) as db:
        return int(db.execute(text(open_ends)).scalar_one())


def _state(database: str, slack: FakeSlack) -> State:
    engine = open_database(database)
    with begin(engine, reading=True) as db:

        def ask(question: str) -> list[Any]:
            return list(db.execute(text(question)))

        stories = {row.url: row.story_id for row in ask("SELECT url, story_id FROM articles")}
        rows = ask("SELECT a.url, h.topic, h.score FROM hits h JOIN articles a ON a.id = h.article_id")
        threads = {row.story_id for row in ask("SELECT story_id FROM threads")}
        wrong = {
            "articles without a story": ask("SELECT id FROM articles WHERE story_id IS NULL"),
            "articles without a score": ask("SELECT id FROM articles WHERE scored_by IS NULL"),
            "stories whose count is not that of their articles": ask(
                "SELECT s.id FROM stories s LEFT JOIN articles a ON a.story_id = s.id "
                "WHERE s.merged_into IS NULL GROUP BY s.id, s.articles "
                "HAVING count(a.id) <> s.articles OR count(a.id) = 0"
            ),
            "stories with two messages in a channel": ask(
                "SELECT story_id FROM threads GROUP BY story_id, channel HAVING count(*) > 1"
            ),
            "hits without a decision": ask("SELECT id FROM hits WHERE decided_at IS NULL"),
            "addresses of two articles": ask("SELECT url FROM articles GROUP BY url HAVING count(*) > 1"),
            "ledgers that do not balance": ask("SELECT id FROM ledgers WHERE NOT balances"),
            "deliveries that wait or are dead": ask(
                f"SELECT id, state, last_error FROM deliveries WHERE {_OPEN} OR state = 'dead'"
            ),
        }
        posted = "SELECT delivery_id FROM deliveries WHERE state = 'sent' AND kind <> 'update'"
        sent = {row.delivery_id for row in ask(posted)}
        titles = {row.url: row.title for row in ask("SELECT url, title FROM articles")}
    engine.dispose()
    there = Counter(
        m["metadata"]["event_payload"]["delivery_id"] for m in slack.messages if m.get("metadata")
    )
    wrong[_LOST] = sorted(sent ^ there.keys()) + [name for name, number in there.items() if number > 1]
    hits = {(row.url, row.topic): round(row.score, 9) for row in rows}
    told = {url: stories[url] in threads for url, _ in hits}
    return State(titles, stories, hits, told, [f"{len(n)} {what}: {n[:3]}" for what, n in wrong.items() if n])


def differences(peace: State, chaos: State) -> list[str]:
    """What differs between two runs over the same news, in words; nothing where all is equal."""
    found = []
    for what, one, other in (
        ("articles", peace.articles, chaos.articles),
        ("hits", peace.hits, chaos.hits),
        ("stories told", peace.told, chaos.told),
    ):
        keys = [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]  # type: ignore[attr-defined]
        if keys:
            sample = [(key, one.get(key), other.get(key)) for key in sorted(keys, key=str)[:3]]  # type: ignore[attr-defined]
            found.append(f"{len(keys)} {what}: {sample}")
    return found


def agreement(peace: State, chaos: State) -> float:
    """BCubed F1 between the stories of two runs: what comes in one batch depends on who was killed."""
    both = sorted(peace.stories.keys() & chaos.stories.keys())
    return measure([str(peace.stories[url]) for url in both], [chaos.stories[url] for url in both]).bcubed.f1
