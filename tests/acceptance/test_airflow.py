"""The whole job by the Airflow DAGs, on PostgreSQL; one process of its own runs each DAG of a cycle."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.slack import FakeSlack
from fixtures_outbox import changed, put, states
from fixtures_store import postgres_url
from whole_runs import CHANNEL, TOKEN, check_first, check_second, environment, set_up, state, told

from monitor.demo import FeedServer
from monitor.settings import PROJECT, Settings
from monitor.store.database import upgrade
from monitor.topics import artifacts, versions

SCRIPT = Path(__file__).with_name("run_dags.py")
CYCLE = ("monitor_ingest", "monitor_process", "monitor_deliver")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of Airflow's with its database in it."""
    found = tmp_path_factory.mktemp("airflow")
    # Another file may have told this process of a home and a database of its own.
    env = airflow({key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}, found)
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True
    )
    return found


def impatient_seeds(folder: Path) -> Path:
    """Our seeds with a route that waits for no more sources: two minutes a cycle say nothing new."""
    seeds = Path(shutil.copytree(PROJECT / "seeds", folder / "seeds"))
    routes = (seeds / "routes.toml").read_text()
    assert 'group_wait = "2m"' in routes
    (seeds / "routes.toml").write_text(routes.replace('group_wait = "2m"', 'group_wait = "0m"'))
    return seeds


def airflow(env: dict[str, str], home: Path) -> dict[str, str]:
    return env | {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


def run_dags(env: dict[str, str], *names: str) -> dict[str, dict[str, object]]:
    """Run DAGs one after the other; for each the results of its tasks, a list for a mapped one."""
    done = _script(env, *names)
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def fail_dags(env: dict[str, str], *names: str) -> str:
    """Run DAGs that fail; all that was said."""
    done = _script(env, *names)
    assert done.returncode != 0
    return done.stdout + done.stderr


def _script(env: dict[str, str], *names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *names]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_two_cycles(served: FeedServer, slack: FakeSlack, home: Path, tmp_path: Path) -> None:
    with postgres_url() as database:
        env = airflow(environment(tmp_path, database, slack), home)
        env |= {"MONITOR_SEEDS": str(impatient_seeds(tmp_path))}
        set_up(env, served, tmp_path)

        results = run_dags(env, *CYCLE)
        for name, ledgers in results.items():
            print(name, json.dumps(ledgers))
        first = state(database)
        print(told(first, slack))
        check_first(first, served, slack)
        check_results(results, len(served.urls()))
        check_notes(results, len(served.urls()))
        sent = len(slack.messages)

        make_due(env)
        again = run_dags(env, *CYCLE)
        check_second(first, state(database), sent, slack)
        check_results(again, len(served.urls()))


def by_connection(home: Path, database: str, slack: FakeSlack, token: str) -> dict[str, str]:
    """Settings that know no token: it is in Airflow's connection, with the address of Slack."""
    known = {"conn_type": "slack", "password": token, "extra": {"base_url": slack.url}}
    env = airflow(environment(home, database, None), home)
    return env | {"AIRFLOW_CONN_SLACK_API_DEFAULT": json.dumps(known), "MONITOR_SLACK_SETTLE": "0"}


def test_delivery_by_airflows_connection_posts_once(slack: FakeSlack, home: Path, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(database)
    settings = changed(Settings(), database_url=database)
    put(settings, "one", "two", channel=f"#{CHANNEL}")
    env = by_connection(home, database, slack, TOKEN)
    slack.faults.append("drop_after")  # where the SDK's own retries would post it again
    first = run_dags(env, "monitor_deliver")
    assert first["monitor_deliver"]["deliver"]["deliveries"]["outcomes"] == {"sent": 1, "unknown": 1}
    assert (slack.texts(), states(settings)) == (["one", "two"], {"sent": 1, "unknown": 1})
    run_dags(env, "monitor_deliver")
    assert (slack.texts(), states(settings)) == (["one", "two"], {"sent": 2})


def test_a_refused_connection_fails_and_names_itself_not_its_token(
    slack: FakeSlack, home: Path, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(database)
    settings = changed(Settings(), database_url=database)
    put(settings, "one", channel=f"#{CHANNEL}")
    said = fail_dags(by_connection(home, database, slack, "xoxb-canary-7c1e"), "monitor_deliver")
    assert "connection slack_api_default" in said
    assert "xoxb-canary-7c1e" not in said
    assert states(settings)["pending"] >= 1
    assert slack.messages == []


def make_due(env: dict[str, str]) -> None:
    code = "from monitor import pipeline, settings; print(pipeline.make_due(settings.load()))"
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)


def check_results(results: dict[str, dict[str, object]], feeds: int) -> None:
    """Each task's result is its ledger, and the ledgers of the shards add up to all feeds."""
    shards = results["monitor_ingest"]["fetch"]
    assert isinstance(shards, list)
    assert sum(shard["feeds"]["in"] for shard in shards) == feeds
    ledgers = [*shards, results["monitor_ingest"]["read"]]
    ledgers += [results["monitor_process"][step] for step in ("group", "score", "decide")]
    ledgers += [results["monitor_deliver"]["deliver"]]
    for found in ledgers:
        assert isinstance(found, dict)
        assert all(ledger["balances"] for ledger in found.values())


def check_notes(results: dict[str, dict[str, object]], feeds: int) -> None:
    """What the UI shows as the note of each run is what its last task left."""
    notes = {name: str(found["note"]) for name, found in results.items()}
    assert re.fullmatch(
        rf"{feeds} feeds, [1-9]\d* new articles, \d+ new feed alarms?", notes["monitor_ingest"]
    )
    assert re.fullmatch(r"[1-9]\d* hits, [1-9]\d* alerts", notes["monitor_process"])
    assert re.fullmatch(r"[1-9]\d* messages? sent", notes["monitor_deliver"])


def small_seeds(home: Path) -> Path:
    """The shipped cards with a few examples, so that a training takes a moment."""
    seeds = home / "seeds"
    shutil.copytree(PROJECT / "seeds", seeds, ignore=shutil.ignore_patterns("demo", "floors.toml"))
    for path in (seeds / "examples").glob("*.jsonl"):
        path.write_text("\n".join(path.read_text().split("\n")[:40]) + "\n")
    (seeds / "floors.toml").write_text('["written.jsonl"]\nsanctions = 0.8\n')
    return seeds


def test_training_runs_to_the_gate_and_what_it_holds_back_a_person_may_publish(
    home: Path, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'monitor.db'}"
    upgrade(database)
    seeds = small_seeds(tmp_path)
    env = airflow(environment(tmp_path, database, None), home)
    env |= {"MONITOR_SEEDS": str(seeds), "MONITOR_CLASSIFIERS": str(tmp_path / "models")}

    passed, _ = trained(env)
    assert passed["outcomes"] == {"published": 3}  # there was none, so nobody is asked
    published = artifacts.load(tmp_path / "models").version
    assert "F1 on written.jsonl: arms_transfers 0." in passed["note"] or "arms_transfers 1." in passed["note"]

    card = seeds / "topics" / "sanctions.toml"
    card.write_text(card.read_text().replace("threshold = ", "threshold = 0.9999 # ", 1))
    held, approved = trained(env)
    assert held["outcomes"] == {"candidate": 3}
    assert "held back: " in held["note"]
    assert re.search(r"sanctions on written.jsonl: F1 [\d.]+ is below its floor 0.800", held["note"])
    assert re.search(r"F1 on written.jsonl: .*sanctions 0.\d+ \(was [\d.]+\)", held["note"])
    # The yes of a person overrules the gate, and can be taken back.
    assert approved["outcomes"] == {"published": 3}
    now = artifacts.load(tmp_path / "models").version
    assert now != published
    assert f"`monitor topics restore {published} --anyway` takes it back" in approved["note"]
    states_ = {one.name: one.state for one in versions.listing(tmp_path / "models")}
    assert states_ == {now: "published", published: "kept"}


def trained(env: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The results of training and publishing, as Airflow shows them, where the question is answered yes."""
    found: Any = run_dags(env, "monitor_train")["monitor_train"]
    first, second = found["train"]["topics"], found["publish"]["topics"]
    assert first["balances"]
    assert second["balances"]
    return first, second
