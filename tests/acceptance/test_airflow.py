"""The whole job by the Airflow DAGs, on PostgreSQL; one process of its own runs each DAG of a cycle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from fakes.slack import FakeSlack
from fixtures_store import postgres_url
from whole_runs import check_first, check_second, environment, set_up, state, told

from monitor.demo import FeedServer
from monitor.settings import PROJECT

SCRIPT = Path(__file__).with_name("run_dags.py")
CYCLE = ("monitor_ingest", "monitor_process", "monitor_deliver")


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
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *names], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def test_two_cycles(served: FeedServer, slack: FakeSlack, tmp_path: Path) -> None:
    with postgres_url() as database:
        env = airflow(environment(tmp_path, database, slack), tmp_path / "airflow")
        set_up(env, served, tmp_path)
        subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"], env=env, check=True, capture_output=True
        )

        results = run_dags(env, *CYCLE)
        for name, ledgers in results.items():
            print(name, json.dumps(ledgers))
        first = state(database)
        print(told(first, slack))
        check_first(first, served, slack)
        check_results(results, len(served.urls()))
        sent = len(slack.messages)

        make_due(env)
        again = run_dags(env, *CYCLE)
        check_second(first, state(database), sent, slack)
        check_results(again, len(served.urls()))


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
