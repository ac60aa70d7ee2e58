"""What the acceptance runs share: their settings, their commands, and what must hold after a cycle."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.slack import FakeSlack
from sqlalchemy import text

from monitor.demo import FeedServer
from monitor.records import FETCH_SUCCEEDED
from monitor.store.database import begin, open_database

CHANNEL = "news-monitor"
TOKEN = "xoxb-acceptance"
TOPICS = {"mutual_defense", "sanctions", "arms_transfers"}


def environment(home: Path, database: str, slack: FakeSlack | None) -> dict[str, str]:
    """The settings of a run against loopback servers, on top of an environment without ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("MONITOR_", "AIRFLOW"))}
    ours = {
        "MONITOR_HOME": str(home),
        "MONITOR_DATABASE_URL": database,
        "MONITOR_ALLOWED_NETWORKS": "127.0.0.0/8",
        "MONITOR_READ_PAGES": "0",  # the pages of real feeds lie on hosts that are not here
        "MONITOR_SLACK_CHANNEL": f"#{CHANNEL}",
        "MONITOR_SLACK_PACE": "0.02",
        "MONITOR_SLACK_HOURLY": "100000",
    }
    if slack is not None:
        ours |= {"MONITOR_SLACK_TOKEN": TOKEN, "MONITOR_SLACK_URL": slack.url}
    return kept | ours


def monitor(env: dict[str, str], *arguments: str, code: int = 0) -> str:
    """Run the command line; its standard output.

    Raises:
        AssertionError: it ended with another code than `code`; the message has all it printed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout if code == 0 else done.stderr


def set_up(env: dict[str, str], server: FeedServer, folder: Path) -> None:
    """A database with the feeds of `server`."""
    opml = folder / "feeds.opml"
    opml.write_bytes(server.opml())
    monitor(env, "db", "upgrade")
    monitor(env, "feeds", "import", str(opml), "--alert-backlog")


@dataclass(frozen=True)
class State:
    """What lies in the database after a cycle."""

    polls: Counter[str]  # feeds by the outcome of their last poll
    articles: int
    unplaced: int
    hits: Counter[str]
    alerts: list[tuple[int, str, str]]
    threads: int
    deliveries: Counter[str]
    unbalanced: list[dict[str, Any]]


def state(database: str) -> State:
    """Read the state of `database`."""
    engine = open_database(database)
    with begin(engine) as db:

        def ask(question: str) -> list[Any]:
            return list(db.execute(text(question)))

        found = State(
            polls=Counter(dict(map(tuple, ask("SELECT last_outcome, count(*) FROM feeds GROUP BY 1")))),
            articles=ask("SELECT count(*) FROM articles")[0][0],
            unplaced=ask("SELECT count(*) FROM articles WHERE story_id IS NULL")[0][0],
            hits=Counter(dict(map(tuple, ask("SELECT topic, count(*) FROM hits GROUP BY 1")))),
            alerts=[tuple(row) for row in ask("SELECT story_id, topic, route FROM alerts")],
            deliveries=Counter(dict(map(tuple, ask("SELECT state, count(*) FROM deliveries GROUP BY 1")))),
            threads=ask("SELECT count(*) FROM threads")[0][0],
            unbalanced=[dict(row._mapping) for row in ask("SELECT * FROM ledgers WHERE NOT balances")],
        )
    engine.dispose()
    return found


def check_first(found: State, server: FeedServer, slack: FakeSlack) -> None:
    """What a first cycle must leave behind."""
    assert found.polls.total() == len(server.urls())
    assert None not in found.polls
    read = sum(found.polls[str(end)] for end in FETCH_SUCCEEDED)
    assert read >= 0.97 * len(server.urls()), found.polls
    assert found.unbalanced == []
    assert found.unplaced == 0
    assert set(found.hits) == TOPICS
    assert len(set(found.alerts)) == len(found.alerts) > 0
    assert {topic for _, topic, _ in found.alerts} == TOPICS
    # A story is one message, and what is older than half a day comes in one summary a channel.
    assert found.threads <= len(found.alerts)
    assert set(found.deliveries) <= {"sent", "folded"}
    late = found.deliveries["folded"]
    assert found.deliveries["sent"] == found.threads - late + bool(late)
    assert len(slack.messages) == found.deliveries["sent"]
    ids = [message["metadata"]["event_payload"]["delivery_id"] for message in slack.messages]
    assert len(set(ids)) == len(ids)


def check_second(before: State, after: State, sent: int, slack: FakeSlack) -> None:
    """A cycle on unchanged feeds: 304s, nothing stored, nothing sent."""
    answered = before.polls["fetched"]
    assert after.polls["not_modified"] == answered, after.polls
    assert after.polls.total() == before.polls.total()
    assert (after.articles, after.hits, after.alerts) == (before.articles, before.hits, before.alerts)
    assert after.deliveries == before.deliveries
    assert len(slack.messages) == sent
    assert after.unbalanced == []


def told(found: State, slack: FakeSlack) -> str:
    """A page for the person who reads the run: counts, then every alert's first line."""
    lines = [
        f"polls      {dict(found.polls)}",
        f"articles   {found.articles}",
        f"hits       {dict(found.hits)}",
        f"alerts     {len(found.alerts)}, deliveries {dict(found.deliveries)}",
    ]
    return "\n".join(lines + [json.dumps(message["text"], ensure_ascii=False) for message in slack.messages])
