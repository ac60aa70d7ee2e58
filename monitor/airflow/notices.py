"""What Airflow tells people: failures, lateness and questions, as messages to the operations channel.

They go through the outbox like every message. One an hour for each DAG and kind, whichever of its tasks
and runs are at fault: a database that is away for a day is not a hundred messages.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from monitor.alerts import blocks
from monitor.records import DeliveryKind, Draft, Message
from monitor.settings import Settings, load

log = logging.getLogger("monitor")

CAUSE_LIMIT = 2_000  # characters of a cause


def notify_failure(context: Mapping[str, Any]) -> None:
    """Put a notice about a failed task or run into the outbox; never raises.

    A failing callback would hide what it was to tell.
    """
    try:
        settings = load()
        enqueue(settings, failure_notice(context, settings))
    except Exception as error:  # the door: whatever went wrong here, the failure itself is in the log
        log.error("no notice of the failure could be stored: %s", error)


def notify_late(context: Mapping[str, Any]) -> None:
    """Put a notice about a run that has missed its deadline into the outbox.

    Raises:
        MonitorError: it cannot be stored; the UI then shows the callback as failed.
    """
    settings = load()
    enqueue(settings, late_notice(context, settings))


def enqueue(settings: Settings, draft: Draft) -> None:
    """Store a message once by its key."""
    from monitor.store import outbox
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        outbox.enqueue(db, [draft], datetime.now(UTC))


def failure_notice(context: Mapping[str, Any], settings: Settings) -> Draft:
    """The message about a failure, from Airflow's context of a task or of a DAG run."""
    run = context["dag_run"]
    instance = context.get("task_instance") or context.get("ti")
    where = f"{run.dag_id}, task {instance.task_id}" if instance else str(run.dag_id)
    why = str(context.get("exception") or context.get("reason") or "no reason was given")
    line = f"Failed: {where}: {why.splitlines()[0] if why.strip() else why}"
    task = str(instance.task_id) if instance else ""
    link = run_address(settings, str(run.dag_id), str(run.run_id), task)
    since = run.start_date or datetime.now(UTC)
    label = "Open the task and its log" if task else "Open the run"
    return notice(settings, f"failure:{run.dag_id}:{since:%Y-%m-%dT%H}", line, label, link)


def late_notice(context: Mapping[str, Any], settings: Settings) -> Draft:
    """The message about a run that is late, from the context that Airflow gives to a deadline.

    There the run and the deadline are JSON, not objects.
    """
    run, deadline = context["dag_run"], context.get("deadline") or {}
    began = str(run.get("queued_at") or run.get("start_date") or "")
    due = str(deadline.get("deadline_time") or "")
    line = (
        f"Late: {run['dag_id']}: the run that was queued at {_minute(began)} has not ended by {_minute(due)}"
    )
    link = run_address(settings, str(run["dag_id"]), str(run["dag_run_id"]))
    return notice(settings, f"late:{run['dag_id']}:{began[:13]}", line, "Open the run", link)


def notice(settings: Settings, key: str, line: str, label: str, link: str) -> Draft:
    """A message of one line and a link, for the channel of operations."""
    told = blocks.words(line, CAUSE_LIMIT)
    parts = (
        blocks.rich(blocks.section(blocks.run(told))),
        blocks.rich(blocks.section(blocks.link(label, link))),
    )
    return Draft(
        dedup_key=key,
        kind=DeliveryKind.NOTICE,
        channel=settings.slack_ops_channel or settings.slack_channel,
        message=Message(told, parts),
    )


def run_address(settings: Settings, dag: str, run: str, task: str = "") -> str:
    """Where the UI shows a run or a task of it."""
    more = f"/tasks/{quote(task, safe='')}" if task else ""
    return f"{settings.web_url.rstrip('/')}/dags/{dag}/runs/{quote(run, safe=':+')}{more}"


def _minute(moment: str) -> str:
    """A time as Airflow writes it, "2026-05-17T08:05:00Z", in the words of a reader."""
    try:
        return f"{datetime.fromisoformat(moment).astimezone(UTC):%H:%M} UTC"
    except ValueError:
        return "an unknown time"
