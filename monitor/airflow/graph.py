"""DAGs and their tasks: schedules, retries, deadlines, and what a task returns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    BaseOperator,
    BaseOperatorLink,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
)
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowSkipException

from monitor.airflow import notes
from monitor.airflow.connection import by_connection
from monitor.airflow.counts import count
from monitor.airflow.links import AlertsLink, LedgerLink, SlackLink
from monitor.airflow.notices import notify_failure, notify_late
from monitor.records import FetchOutcome, Ledger, RunKey, Step
from monitor.settings import Settings, load

ARTICLES = Asset("articles", uri="x-news-monitor://articles")
ALERTS = Asset("alerts", uri="x-news-monitor://alerts")

OWNER = "news monitor"
LINGER = timedelta(minutes=5)  # the longest group wait: what it holds goes out on time, not with the next run

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule("monitor.errors.Transient", RetryAction.RETRY, reason="may succeed later"),
        RetryRule("monitor.errors.Misconfigured", RetryAction.FAIL, reason="a person has to act"),
        RetryRule("monitor.errors.Permanent", RetryAction.FAIL, reason="can never succeed"),
    ]
)
"""Our error tree in Airflow's words; an error that is not in the tree is retried too."""

TIMEOUTS = {
    Step.FETCH: timedelta(minutes=10),  # under the 15 minutes for which feeds are claimed
    Step.HEALTH: timedelta(minutes=2),
    Step.READ: timedelta(minutes=6),  # the step itself stops fetching after two
    Step.GROUP: timedelta(minutes=10),
    Step.SCORE: timedelta(minutes=15),
    Step.DECIDE: timedelta(minutes=5),
    Step.DELIVER: timedelta(minutes=20),  # 500 messages at a second each, and Slack's rests
    Step.DIGEST: timedelta(minutes=5),
    Step.TRAIN: timedelta(minutes=30),
    Step.PUBLISH: timedelta(minutes=2),
    Step.MAINTAIN: timedelta(minutes=15),
    Step.PRUNE: timedelta(minutes=30),
    Step.REPROCESS: timedelta(minutes=30),
}

DEFAULTS: Mapping[str, Any] = {
    "owner": OWNER,
    "retries": 4,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(minutes=5),
    "on_failure_callback": notify_failure,
}

_TALKS: Mapping[Step, Mapping[str, Any]] = {Step.DELIVER: {"connect": by_connection, "linger": LINGER}}
"""What the steps that call Slack are told besides."""


def news_dag(dag_id: str, about: str | None, schedule: Any, *, tags: Sequence[str], **options: Any) -> DAG:
    """A DAG with our defaults: no catch-up, one run at a time, notices of failure.

    Args:
        about: Markdown that the UI shows, the docstring of the DAG's file.
        schedule: as Airflow takes it; see `cron` and `daily`.
        tags: what it is about, beside the tag that all of ours have.
    """
    return DAG(
        dag_id,
        schedule=schedule,
        catchup=False,  # a step takes up whatever is undone, so a missed run needs no second one
        max_active_runs=1,
        default_args=dict(DEFAULTS),
        owner_links={OWNER: f"{load().web_url.rstrip('/')}/plugin/news-monitor"},
        on_failure_callback=notify_failure,
        dagrun_timeout=options.pop("dagrun_timeout", timedelta(hours=1)),
        tags=["news monitor", *tags],
        doc_md=about,
        **options,
    )


def cron(line: str, *, at_once: bool = False) -> CronTriggerTimetable:
    """A schedule in UTC; `at_once` makes the very first run start without waiting for its time."""
    return CronTriggerTimetable(line, timezone="UTC", run_immediately=at_once)


def daily() -> CronDataIntervalTimetable:
    """Each night for the day that has ended; a backfill makes a run for each day that it is asked for."""
    return CronDataIntervalTimetable("0 0 * * *", timezone="UTC")


def in_time(limit: timedelta) -> DeadlineAlert:
    """A notice to the operations channel when a run has not ended so long after it was queued."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=limit,
        callback=SyncCallback(notify_late),  # by the executor: not every stack has a triggerer
        name=f"ended within {int(limit.total_seconds() // 60)} minutes",
    )


class StepOperator(BaseOperator):
    """One step of the pipeline; its result is the step's ledgers by unit, as the UI shows them.

    Args:
        step: its name is the task's too.
        given: what the step is called with besides settings and run.
    """

    operator_extra_links: Collection[BaseOperatorLink] = (LedgerLink(),)
    ui_color = "#dbe7f3"

    def __init__(self, *, step: Step, given: Mapping[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.step = Step(step)
        self.given = dict(given or {})

    def execute(self, context: Any) -> dict[str, Any]:
        from monitor import pipeline

        settings, key = load(), run_key(context)
        given = {**_TALKS.get(self.step, {}), **self.given, **self.more(context)}
        return finished(context, settings, key, getattr(pipeline, str(self.step))(settings, key, **given))

    def more(self, context: Any) -> Mapping[str, Any]:  # noqa: ARG002
        """What the step is told of this run besides."""
        return {}


class Deliver(StepOperator):
    """The step that sends; its task leads to what it sent."""

    operator_extra_links = (LedgerLink(), SlackLink())


class Decide(StepOperator):
    """The step that decides; its task leads to the alerts."""

    operator_extra_links = (LedgerLink(), AlertsLink())


class Reprocess(StepOperator):
    """The step for the days of its run: the night's, or those of a backfill."""

    def more(self, context: Any) -> Mapping[str, Any]:
        """From when on and until when, half open; a run by hand takes the last day."""
        end = context.get("data_interval_end") or datetime.now(UTC)
        start = context.get("data_interval_start") or end
        return {"since": start if start < end else end - timedelta(days=1), "until": end}


class Publish(StepOperator):
    """The step for the version that was approved."""

    def more(self, context: Any) -> Mapping[str, Any]:
        """The version that `approve` showed; whoever approved it overrules the gate."""
        return {"version": context["ti"].xcom_pull(task_ids="approve", key="version"), "anyway": True}


class Fetch(StepOperator):
    """Polls the feeds of one shard; mapped over shards, which the UI calls by their size."""

    def __init__(self, *, feed_ids: Sequence[int], **options: Any) -> None:
        super().__init__(step=Step.FETCH, **options)
        self.feed_ids = feed_ids

    def execute(self, context: Any) -> dict[str, Any]:
        from monitor import pipeline

        settings, key = load(), run_key(context)
        place = (context["ti"].map_index or 0) + 1
        context["shard"] = f"shard {place}, {len(self.feed_ids)} feeds"
        ledgers = pipeline.fetch(settings, key, self.feed_ids, shard=str(place))
        told = finished(context, settings, key, ledgers)
        polls = next(ledger for ledger in ledgers if ledger.unit == "feeds")
        if polls.items_in and polls.outcomes.get(FetchOutcome.POSTPONED) == polls.items_in:
            # Nothing was asked, so nothing has failed: the feeds are due again in a few minutes.
            raise AirflowSkipException(polls.note)
        return told


_OPERATORS: Mapping[Step, type[StepOperator]] = {
    Step.DELIVER: Deliver,
    Step.DECIDE: Decide,
    Step.REPROCESS: Reprocess,
    Step.PUBLISH: Publish,
}


def step(name: Step, about: str, *, given: Mapping[str, Any] | None = None, **options: Any) -> StepOperator:
    """A task that runs one step of the pipeline.

    Args:
        about: what the UI shows as the task's documentation.
        given: what the step is called with besides settings and run.
        options: of the task, over `DEFAULTS`.
    """
    operator = _OPERATORS.get(name, StepOperator)
    return operator(
        task_id=str(name), step=name, given=given, doc_md=about, execution_timeout=TIMEOUTS[name], **options
    )


def run_key(context: Any) -> RunKey:
    """The run of the task at work."""
    run = context["dag_run"]
    return RunKey("airflow", run.dag_id, run.run_id)


def finished(context: Any, settings: Settings, key: RunKey, ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """Note what the run has done so far, here and for the UI; returns the ledgers by unit."""
    from monitor.pipeline.run import run_note
    from monitor.store import runs
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        row = runs.of_key(db, key)
        line = run_note(row.ledgers) if row is not None else ""
        if row is not None:
            runs.close_run(db, row.id, datetime.now(UTC), line)
    context["ti"].xcom_push(key=notes.KEY, value=line)
    count(ledgers)
    return {ledger.unit: ledger.as_dict() for ledger in ledgers}
