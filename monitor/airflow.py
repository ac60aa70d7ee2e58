"""The door to Airflow: what the DAGs are made of, failure notices, and our pages in its UI.

The only import of Airflow in this package. Every part of Airflow loads this module (a plugin is
loaded by all of them), so the steps and the pages are imported where they run.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import (
    DAG,
    Asset,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowNotFoundException

from monitor.errors import Misconfigured
from monitor.records import DeliveryKind, Draft, Ledger, Message, RunKey, Step
from monitor.settings import Settings, load

if TYPE_CHECKING:
    from fastapi import FastAPI

    from monitor.alerts.slack import Slack

log = logging.getLogger("monitor")

ARTICLES = Asset("articles", uri="x-news-monitor://articles")
ALERTS = Asset("alerts", uri="x-news-monitor://alerts")

CONNECTION = "slack_api_default"  # how Airflow names the connection of a workspace
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
    Step.MAINTAIN: timedelta(minutes=15),
}


def notify_failure(context: Mapping[str, Any]) -> None:
    """Put a notice about a failed task or run into the outbox, for the channel of operations.

    One notice a DAG and hour, whichever of its tasks and runs fail: a database that is away for a
    day is not a hundred messages. Never raises, since a failing callback hides what it was to tell.
    """
    try:
        _enqueue_notice(context)
    except Exception as error:  # the door: whatever went wrong here, the failure itself is in the log
        log.error("no notice of the failure could be stored: %s", error)


def _enqueue_notice(context: Mapping[str, Any]) -> None:
    from monitor.store import outbox
    from monitor.store.database import begin, open_database

    settings = load()
    with begin(open_database(settings.database_url)) as db:
        outbox.enqueue(db, [failure_notice(context, settings)], datetime.now(UTC))


def failure_notice(context: Mapping[str, Any], settings: Settings) -> Draft:
    """The message about a failure, from Airflow's context of a task or of a DAG run."""
    run = context["dag_run"]
    instance = context.get("task_instance") or context.get("ti")
    where = f"{run.dag_id}, task {instance.task_id}" if instance else str(run.dag_id)
    why = str(context.get("exception") or context.get("reason") or "no reason was given")
    line = f"Failed: {where}: {why.splitlines()[0] if why.strip() else why}"[:2_000]
    link = f"{settings.web_url}/dags/{run.dag_id}/runs/{run.run_id}"
    since = run.start_date or datetime.now(UTC)
    blocks = (
        {"type": "section", "text": {"type": "plain_text", "text": line, "emoji": False}},
        {"type": "context", "elements": [{"type": "plain_text", "text": link[:2_000], "emoji": False}]},
    )
    return Draft(
        dedup_key=f"failure:{run.dag_id}:{since:%Y-%m-%dT%H}",
        kind=DeliveryKind.NOTICE,
        channel=settings.slack_ops_channel or settings.slack_channel,
        message=Message(line, blocks),
    )


DEFAULTS: Mapping[str, Any] = {
    "retries": 4,
    "retry_delay": timedelta(seconds=15),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RETRY_POLICY,
    "execution_timeout": timedelta(minutes=5),
    "on_failure_callback": notify_failure,
}


def news_dag(dag_id: str, about: str | None, schedule: Any, **options: Any) -> DAG:
    """A DAG with our defaults: no catch-up, one run at a time, notices of failure.

    Args:
        about: Markdown that the UI shows, the docstring of the DAG's file.
        schedule: as Airflow takes it; see `cron`.
    """
    return DAG(
        dag_id,
        schedule=schedule,
        catchup=False,  # a step takes up whatever is undone, so a missed run needs no second one
        max_active_runs=1,
        default_args=dict(DEFAULTS),
        on_failure_callback=notify_failure,
        dagrun_timeout=options.pop("dagrun_timeout", timedelta(hours=1)),
        tags=["news monitor"],
        doc_md=about,
        **options,
    )


def cron(line: str, *, at_once: bool = False) -> CronTriggerTimetable:
    """A schedule in UTC; `at_once` makes the very first run start without waiting for its time."""
    return CronTriggerTimetable(line, timezone="UTC", run_immediately=at_once)


def step(name: Step, about: str, *, given: Mapping[str, Any] | None = None, **options: Any) -> Any:
    """A task that runs one step of the pipeline; its result is the step's ledgers.

    Args:
        about: what the UI shows as the task's documentation.
        given: what the step is called with besides settings and run.
        options: of the task, over `DEFAULTS`.
    """

    @task(
        task_id=str(name),
        doc_md=about,
        multiple_outputs=False,
        execution_timeout=TIMEOUTS[name],
        **options,
    )
    def run_step() -> dict[str, Any]:
        from monitor import pipeline

        settings, key = load(), run_key()
        more = {**_TALKS.get(name, {}), **(given or {})}
        ledgers = getattr(pipeline, str(name))(settings, key, **more)
        return finished(settings, key, ledgers)

    return run_step()


def by_connection(settings: Settings) -> Slack | None:
    """Slack through Airflow's connection `slack_api_default`, or by the token of the settings without it.

    Raises:
        Misconfigured: the connection holds no token.
    """
    from airflow.providers.slack.hooks.slack import SlackHook

    from monitor.alerts.slack import by_client, quiet
    from monitor.pipeline.outgoing import by_token

    try:
        known = SlackHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        return by_token(settings)
    if not known.password:
        raise Misconfigured(f"Airflow's connection {CONNECTION} holds no token: put it in as the password")
    # The hook drops None and leaves the SDK its own retries, which post twice; an empty list stays.
    client = SlackHook(slack_conn_id=CONNECTION, retry_handlers=[], logger=quiet()).client
    if client.base_url == client.BASE_URL:
        client.base_url = settings.slack_url
    proxy = known.extra_dejson.get("proxy") or None
    place = f"the password of Airflow's connection {CONNECTION}"
    return by_client(client, settings.slack_timeout, proxy=proxy, token_in=place)


_TALKS: Mapping[Step, Mapping[str, Any]] = {Step.DELIVER: {"connect": by_connection, "linger": LINGER}}
"""What the steps that call Slack are told besides."""


def fetch_shard(feed_ids: Sequence[int]) -> dict[str, Any]:
    """Poll the feeds of one shard, the body of a mapped task; returns its ledgers."""
    from monitor import pipeline

    settings, key, context = load(), run_key(), get_current_context()
    place = (context["ti"].map_index or 0) + 1
    context["shard"] = f"shard {place}, {len(feed_ids)} feeds"  # type: ignore[typeddict-unknown-key]
    return finished(settings, key, pipeline.fetch(settings, key, feed_ids, shard=str(place)))


def run_key() -> RunKey:
    """The run of the task at work."""
    run = get_current_context()["dag_run"]
    return RunKey("airflow", run.dag_id, run.run_id)


def finished(settings: Settings, key: RunKey, ledgers: Sequence[Ledger]) -> dict[str, Any]:
    """Note in the database what the run has done so far; returns the ledgers by unit, for the UI."""
    from monitor.pipeline.run import summary
    from monitor.store import runs
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        row = runs.of_key(db, key)
        if row is not None:
            runs.close_run(db, row.id, datetime.now(UTC), summary(list(row.ledgers)))
    return {ledger.unit: ledger.as_dict() for ledger in ledgers}


@cache
def _pages() -> FastAPI:
    from airflow.api_fastapi.core_api.security import get_user
    from fastapi import Depends, Request

    from monitor.web.app import create_app

    async def signed_in(request: Request, user: Any) -> None:
        request.state.reader = user.get_name()

    # FastAPI looks the annotation up among the names of the module, where a lazy import is none.
    signed_in.__annotations__ |= {"request": Request, "user": Annotated[Any, Depends(get_user)]}
    # Airflow lets everybody into an app that a plugin mounts; ours asks for a signed-in user.
    return create_app(load(), dependencies=[Depends(signed_in)])


async def _serve_pages(scope: Any, receive: Any, send: Any) -> None:
    """Our pages, built at the first request: all parts of Airflow load plugins, one shows pages."""
    await _pages()(scope, receive, send)


def _view(name: str, path: str, route: str, **options: Any) -> dict[str, Any]:
    href = f"/monitor/{path}"
    return {"name": name, "href": href, "url_route": route, "destination": "nav", **options}


class MonitorPlugin(AirflowPlugin):
    """Our pages under /monitor, in the navigation of the UI and as a tab of each run."""

    name = "news_monitor"
    fastapi_apps = [  # noqa: RUF012  # how Airflow wants it
        {"app": _serve_pages, "url_prefix": "/monitor", "name": "News monitor"}
    ]
    external_views = [  # noqa: RUF012
        _view("Alerts", "alerts", "news-monitor", nav_top_level=True, icon="/monitor/icon.svg"),
        _view("Feeds", "feeds", "news-monitor-feeds", category="browse"),
        _view("Ledgers", "runs", "news-monitor-runs", category="browse"),
        _view("Ledger", "runs?dag={DAG_ID}&run={RUN_ID}", "news-monitor-run", destination="dag_run"),
    ]
