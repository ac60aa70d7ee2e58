"""The door to Airflow: what the DAGs are made of, what it tells people, and our pages in its UI.

The only import of Airflow in this package. Every part of Airflow loads this room (a plugin is loaded by
all of them), so the steps and the pages are imported where they run.

    graph.py       DAGs and their tasks: schedules, retries, deadlines, what a task returns
    notices.py     failures, lateness and questions, as messages to the operations channel
    links.py       from a task to its run's ledger and to the message in Slack
    notes.py       the line that the UI shows as the note of a run
    approval.py    the question before a classifier is published
    connection.py  Slack by Airflow's connection
    counts.py      our counts among Airflow's metrics
    plugin.py      the pages in the UI, and the widget of its first page
"""

from monitor.airflow.approval import AskToPublish
from monitor.airflow.connection import CONNECTION, by_connection
from monitor.airflow.graph import (
    ALERTS,
    ARTICLES,
    RETRY_POLICY,
    TIMEOUTS,
    Fetch,
    StepOperator,
    cron,
    daily,
    in_time,
    news_dag,
    step,
)
from monitor.airflow.notices import failure_notice, late_notice, notify_failure, notify_late
from monitor.airflow.plugin import MonitorPlugin

__all__ = [
    "ALERTS",
    "ARTICLES",
    "CONNECTION",
    "RETRY_POLICY",
    "TIMEOUTS",
    "AskToPublish",
    "Fetch",
    "MonitorPlugin",
    "StepOperator",
    "by_connection",
    "cron",
    "daily",
    "failure_notice",
    "in_time",
    "late_notice",
    "news_dag",
    "notify_failure",
    "notify_late",
    "step",
]
