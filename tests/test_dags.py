"""The DAG files: they load, keep our rules, and say to Airflow what the error tree means."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.errors import Misconfigured, NotFound, Permanent, Transient
from monitor.records import DeliveryKind, Draft, Step
from monitor.settings import PROJECT, Settings

DAGS = Path(__file__).resolve().parent.parent / "dags"
POOLS = json.loads((DAGS / "pools.json").read_text())
WANTED = {
    "monitor_ingest": ["due", "fetch", "health", "read"],
    "monitor_process": ["decide", "group", "score"],
    "monitor_deliver": ["deliver"],
    "monitor_digest": ["deliver", "digest"],
    "monitor_digest_weekly": ["deliver", "digest"],
    "monitor_train": ["approve", "publish", "train"],
    "monitor_maintain": ["maintain", "prune"],
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


def test_a_late_run_is_told_once_an_hour_and_dag(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.airflow import late_notice, notify_late
    from monitor.store import outbox
    from monitor.store.database import begin, open_database

    def context(minute: int) -> dict[str, Any]:
        run = {"dag_id": "monitor_ingest", "dag_run_id": f"scheduled {minute}"}
        run |= {"queued_at": f"2026-05-17T08:{minute:02}:00.123456Z"}
        return {"dag_run": run, "deadline": {"deadline_time": f"2026-05-17T08:{minute + 20}:00+00:00"}}

    draft = late_notice(context(5), Settings(slack_ops_channel="#ops", web_url="https://airflow.example/"))
    assert draft.message.text == (
        "Late: monitor_ingest: the run that was queued at 08:05 UTC has not ended by 08:25 UTC"
    )
    assert _links(draft)[0]["url"] == "https://airflow.example/dags/monitor_ingest/runs/scheduled%205"
    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    for minute in (5, 10):
        notify_late(context(minute))
    with begin(open_database(database_url)) as db:
        assert outbox.counts(db) == {"pending": 1}


def test_ingest_has_a_deadline_whose_callback_can_be_found_by_every_part(bag: Any) -> None:
    (deadline,) = _list(bag.dags["monitor_ingest"].deadline)
    assert deadline.interval < bag.dags["monitor_ingest"].dagrun_timeout
    assert deadline.callback.path == "monitor.airflow.notices.notify_late"  # not in the folder of DAGs


def test_every_dag_is_tagged_and_its_owner_leads_to_the_pages(bag: Any) -> None:
    for dag in bag.dags.values():
        assert "news monitor" in dag.tags
        assert len(dag.tags) > 1, dag.dag_id
        assert {task.owner for task in dag.tasks} == set(dag.owner_links)
        assert all(url.endswith("/plugin/news-monitor") for url in dag.owner_links.values())


def test_tasks_lead_to_their_ledger_and_to_what_they_sent(
    bag: Any, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    monkeypatch.setenv("MONITOR_WEB_URL", "https://airflow.example")
    start = datetime(2026, 5, 17, 8, tzinfo=UTC)
    ended = SimpleNamespace(dag_id="monitor_deliver", run_id="r+1", start_date=start)

    def links() -> dict[str, str]:
        task = bag.dags["monitor_deliver"].get_task("deliver")
        return {one.name: one.get_link(task, ti_key=ended) for one in task.operator_extra_links}

    ledger = "https://airflow.example/dags/monitor_deliver/runs/r+1/plugin/news-monitor-run"
    assert links() == {"Ledger of this run": ledger, "Newest message in Slack": ""}
    _sent(database_url, start - timedelta(minutes=1), "C1", "1.1")
    assert links()["Newest message in Slack"] == ""
    _sent(database_url, start + timedelta(minutes=1), "C1", "1747470000.000200")
    assert links()["Newest message in Slack"] == "https://slack.com/archives/C1/p1747470000000200"


def _sent(database_url: str, at: datetime, channel: str, ts: str) -> None:
    from sqlalchemy import update

    from monitor.records import Message
    from monitor.store import outbox
    from monitor.store.database import begin, open_database
    from monitor.store.tables import deliveries

    draft = Draft(f"one at {at}", DeliveryKind.NOTICE, "#desk", Message("one", ()))
    with begin(open_database(database_url)) as db:
        outbox.enqueue(db, [draft], at)
        statement = update(deliveries).where(deliveries.c.dedup_key == draft.dedup_key)
        db.execute(statement.values(state="sent", sent_at=at, slack_channel_id=channel, slack_ts=ts))


def test_a_backfill_scores_the_day_of_its_run_anew(bag: Any) -> None:
    from airflow.sdk import CronDataIntervalTimetable

    dag = bag.dags["monitor_reprocess"]
    assert isinstance(dag.timetable, CronDataIntervalTimetable)
    start = datetime(2026, 5, 17, tzinfo=UTC)
    day = {"data_interval_start": start, "data_interval_end": start + timedelta(days=1)}
    task = dag.get_task("reprocess")
    assert task.more(day) == {"since": start, "until": start + timedelta(days=1)}
    by_hand = task.more({"data_interval_start": None, "data_interval_end": None})
    assert by_hand["until"] - by_hand["since"] == timedelta(days=1)


class _Question(SimpleNamespace):
    """A task instance whose results are kept, as far as the question needs one."""

    def xcom_push(self, key: str, value: str) -> None:
        self.pushed = {key: value}


def test_the_question_shows_the_evaluation_and_asks_only_where_there_is_something_to_answer(
    bag: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.providers.standard.operators import hitl
    from airflow.sdk.exceptions import AirflowSkipException, TaskAwaitingInput

    from monitor.store import outbox
    from monitor.store.database import begin, open_database
    from monitor.topics import versions
    from monitor.topics.gate import Comparison

    models = Path(shutil.copytree(PROJECT / "models", tmp_path / "models"))
    monkeypatch.setenv("MONITOR_CLASSIFIERS", str(models))
    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    task = bag.dags["monitor_train"].get_task("approve")
    ti = _Question(id="1", map_index=-1, dag_id="monitor_train", run_id="r", task_id="approve")
    context = {"task_instance": ti, "ti": ti, "task": task}
    for path in (models / "versions").glob("*"):  # the published one alone
        shutil.rmtree(path)
    with pytest.raises(AirflowSkipException, match="nothing new"):
        task.execute(context)

    home = versions.home(models, "abc123")
    home.mkdir(parents=True)
    (home / "classifier.skops").write_bytes((models / "classifier.skops").read_bytes())
    compared = (Comparison("news|one.jsonl", "sanctions", 40, 0.9, 0.8, None, "F1 falls"),)
    verdict = versions.Verdict("abc123", False, ("sanctions: F1 falls",), datetime.now(UTC), "", compared)
    versions.write_verdict(verdict, home)
    asked: dict[str, Any] = {}
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **given: asked.update(given))
    with pytest.raises(TaskAwaitingInput):
        task.execute(context)
    assert ti.pushed == {"version": "abc123"}
    assert (asked["options"], asked["defaults"]) == (["Approve", "Reject"], ["Reject"])
    assert "abc123" in asked["subject"]
    assert "- sanctions: F1 falls" in asked["body"]
    assert "#### news\\|one.jsonl" in asked["body"]
    assert "| sanctions ⚠ | 40 | 0.900 | 0.800 | -0.100 |  |" in asked["body"]
    with begin(open_database(database_url)) as db:
        assert outbox.counts(db) == {"pending": 1}


def test_a_network_that_is_cut_skips_the_shard_and_fails_no_feed(
    database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from monitor import pipeline
    from monitor.airflow.graph import Fetch
    from monitor.records import FeedSpec
    from monitor.settings import load
    from monitor.store import feeds
    from monitor.store.database import begin, open_database

    monkeypatch.setenv("MONITOR_DATABASE_URL", database_url)
    monkeypatch.setenv("MONITOR_HOME", str(tmp_path))
    monkeypatch.setenv("MONITOR_ALLOWED_NETWORKS", "127.0.0.0/8")
    urls = [f"http://127.0.7.{n}:9/feed.xml" for n in range(1, 5)]  # nobody listens there
    pipeline.add_feeds(load(), [FeedSpec(url, url) for url in urls])
    (ids,) = pipeline.due(load())
    pushed: dict[str, str] = {}
    ti = SimpleNamespace(map_index=0, xcom_push=lambda key, value: pushed.update({key: value}))
    context = {"ti": ti, "dag_run": SimpleNamespace(dag_id="monitor_ingest", run_id="run 1")}
    with pytest.raises(AirflowSkipException, match=r"4 feeds .* our own network seems to be down"):
        Fetch(task_id="fetch", feed_ids=ids).execute(context)
    with begin(open_database(database_url)) as db:
        found = feeds.listing(db)
    assert [(feed.state, feed.failures) for feed in found] == [("active", 0)] * 4
    assert pushed  # the run's note is written all the same


def test_our_counts_go_where_airflow_sends_its_own(tmp_path: Path) -> None:
    # A process of its own, since Airflow reads where to send when it is first imported.
    code = (
        "from airflow.sdk.observability import stats\n"
        "from airflow.sdk.observability.metrics import stats_utils\n"
        "stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)\n"
        "from monitor.airflow.counts import count\n"
        "from monitor.records import Ledger, Step\n"
        "count([Ledger(Step.FETCH, 'feeds', 5, {'fetched': 3, 'not_modified': 2})])\n"
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as exporter:
        exporter.bind(("127.0.0.1", 0))
        exporter.settimeout(30)
        env = {
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__METRICS__STATSD_ON": "true",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(exporter.getsockname()[1]),
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "true",
        }
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        seen = []
        while len(seen) < 2:
            line = exporter.recv(2_000).decode()
            seen += [line] if "news_monitor" in line else []
    name = "airflow.news_monitor.items,step=fetch,unit=feeds,outcome"
    assert seen == [f"{name}=fetched:3|c", f"{name}=not_modified:2|c"]
