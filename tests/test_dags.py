"""The DAG files: they load, keep our rules, and say to Airflow what the error tree means."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.errors import Misconfigured, NotFound, Permanent, Transient
from monitor.records import DeliveryKind, Draft, Step
from monitor.settings import Settings

DAGS = Path(__file__).resolve().parent.parent / "dags"
POOLS = json.loads((DAGS / "pools.json").read_text())
WANTED = {
    "monitor_ingest": ["due", "fetch", "health", "read"],
    "monitor_process": ["decide", "group", "score"],
    "monitor_deliver": ["deliver"],
    "monitor_digest": ["deliver", "digest"],
    "monitor_digest_weekly": ["deliver", "digest"],
    "monitor_train": ["approve", "publish", "train"],
    "monitor_maintain": ["maintain"],
    "monitor_reprocess": ["reprocess"],
}


@pytest.fixture(scope="module", autouse=True)
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A home of Airflow's own for this module: it reads its settings at its first import."""
    if "AIRFLOW_HOME" not in os.environ:
        home = tmp_path_factory.mktemp("airflow")
        os.environ |= {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }


@pytest.fixture(scope="module")
def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(DAGS), known_pools={"default_pool", *POOLS}, load_op_links=False)


def test_all_dags_load_and_their_tasks_are_the_steps(bag: Any) -> None:
    assert bag.import_errors == {}
    assert {name: sorted(dag.task_dict) for name, dag in bag.dags.items()} == WANTED


def test_tasks_bear_the_names_of_steps(bag: Any) -> None:
    names = {task for dag in bag.dags.values() for task in dag.task_dict}
    assert names == {str(step) for step in Step} | {"due", "approve"}


def test_all_pools_are_in_the_file_that_is_imported(bag: Any) -> None:
    from airflow.dag_processing.dagbag import DagBag

    assert bag.dag_warnings == set()
    blind = DagBag(dag_folder=str(DAGS), known_pools={"default_pool"}, load_op_links=False)
    assert {warning.dag_id for warning in blind.dag_warnings} == {
        "monitor_ingest",
        "monitor_deliver",
        "monitor_digest",
        "monitor_digest_weekly",
    }
    assert POOLS["slack"]["slots"] == 1


def test_every_dag_keeps_the_rules(bag: Any) -> None:
    from monitor.airflow import notify_failure

    for dag in bag.dags.values():
        assert dag.doc_md, dag.dag_id
        assert dag.catchup is False
        assert dag.max_active_runs == 1
        assert dag.dagrun_timeout
        assert notify_failure in _list(dag.on_failure_callback)


def test_every_task_keeps_the_rules(bag: Any) -> None:
    from monitor.airflow import RETRY_POLICY, notify_failure

    for task in (task for dag in bag.dags.values() for task in dag.tasks):
        options = getattr(task, "partial_kwargs", {})  # a mapped task keeps its options there
        assert options.get("doc_md") or task.doc_md, task
        assert task.retries >= 1, task
        assert task.retry_exponential_backoff, task
        timeout = options.get("execution_timeout") or task.execution_timeout or _patience(task)
        assert timedelta(0) < timeout <= timedelta(minutes=30) or task.task_id == "approve", task
        assert (options.get("retry_policy") or task.retry_policy) is RETRY_POLICY, task
        assert notify_failure in _list(options.get("on_failure_callback") or task.on_failure_callback), task


def _patience(task: Any) -> timedelta:
    """How long a question waits for a person; the run has to have that much time too."""
    assert task.response_timeout < task.dag.dagrun_timeout
    waits: timedelta = task.response_timeout
    return waits


def _list(callbacks: Any) -> list[Any]:
    return list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]


def test_a_run_without_due_feeds_still_reads(bag: Any) -> None:
    assert bag.dags["monitor_ingest"].get_task("read").trigger_rule == "all_done"


def test_the_chain_runs_by_assets(bag: Any) -> None:
    def outlets(dag: str, task: str) -> list[str]:
        return [asset.name for asset in bag.dags[dag].get_task(task).outlets]

    assert outlets("monitor_ingest", "read") == ["articles"]
    assert outlets("monitor_process", "decide") == ["alerts"]
    assert _awaited(bag.dags["monitor_process"]) == ["articles"]
    assert _awaited(bag.dags["monitor_deliver"]) == ["alerts"]


def _awaited(dag: Any) -> list[str]:
    return [asset.name for asset in dag.timetable.asset_condition.objects]


def test_files_are_short() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in DAGS.glob("*.py")}
    assert len(lengths) == len(WANTED)
    assert {name: count for name, count in lengths.items() if count > 60} == {}


def test_parsing_imports_nothing_heavy() -> None:
    # A process of its own, since this one has imported everything: the dag processor parses each
    # file twice a minute, and every task parses its own once more.
    heavy = ["sklearn", "scipy", "trafilatura", "feedparser", "aiohttp", "lxml", "monitor.web.app"]
    code = (
        "import runpy, sys, pathlib\n"
        f"for path in sorted(pathlib.Path({str(DAGS)!r}).glob('*.py')): runpy.run_path(str(path))\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (Transient("busy"), "retry"),
        (Permanent("broken"), "fail"),
        (NotFound("gone"), "fail"),
        (Misconfigured("no classifier"), "fail"),
        (ValueError("a fault of ours"), "default"),
    ],
)
def test_the_error_tree_decides_on_retries(error: Exception, action: str) -> None:
    from monitor.airflow import RETRY_POLICY

    assert RETRY_POLICY.evaluate(error, try_number=1, max_tries=4).action.value == action


def _context(hour: int, **more: object) -> dict[str, Any]:
    start = datetime(2026, 5, 17, hour, 5, tzinfo=UTC)
    run = SimpleNamespace(dag_id="monitor_process", run_id=f"run {hour}", start_date=start)
    return {"dag_run": run} | more


def test_a_notice_says_what_failed_where_and_why() -> None:
    from monitor.airflow import failure_notice

    settings = Settings(slack_ops_channel="#ops", web_url="https://airflow.example")
    task = SimpleNamespace(task_id="score")
    error = Misconfigured("no classifier: run `monitor train`")
    draft = failure_notice(_context(8, task_instance=task, exception=error), settings)
    assert draft.kind is DeliveryKind.NOTICE
    assert draft.channel == "#ops"
    assert draft.message.text == "Failed: monitor_process, task score: no classifier: run `monitor train`"
    link = "https://airflow.example/dags/monitor_process/runs/run%208/tasks/score"
    assert [part["url"] for part in _links(draft)] == [link]


def _links(draft: Draft) -> list[dict[str, Any]]:
    parts = [part for block in draft.message.blocks for part in block["elements"][0]["elements"]]
    return [part for part in parts if part["type"] == "link"]


def test_notices_go_to_the_alert_channel_where_no_other_is_set() -> None:
    from monitor.airflow import failure_notice

    draft = failure_notice(_context(8, reason="task_failure"), Settings(slack_channel="#news"))
    assert (draft.channel, draft.message.text) == ("#news", "Failed: monitor_process: task_failure")


def test_one_notice_a_dag_and_hour(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.airflow import notify_failure
    from monitor.store import outbox
    from monitor.store.database import begin, open_database

    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    for hour in (8, 8, 9):
        notify_failure(_context(hour, exception=Transient("the database is busy")))
    with begin(open_database(database_url)) as db:
        assert outbox.counts(db) == {"pending": 2}


def test_a_notice_that_cannot_be_stored_raises_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from monitor.airflow import notify_failure

    monkeypatch.setenv("MONITOR_DATABASE_URL", f"sqlite:///{tmp_path}/without_schema.db")
    notify_failure(_context(8))
    assert "monitor db upgrade" in caplog.text
