"""The buttons of a task in the UI: the ledger of its run, and the message that it sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

from monitor.settings import load


class LedgerLink(BaseOperatorLink):
    """What went into each step of the run and how it ended, as a tab of the run."""

    @property
    def name(self) -> str:
        return "Ledger of this run"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002  # Airflow's signature
        """The address, worked out by the worker when the task has ended."""
        return f"{_ui()}/dags/{ti_key.dag_id}/runs/{quote(ti_key.run_id, safe=':+')}/plugin/news-monitor-run"


class SlackLink(BaseOperatorLink):
    """The newest message that reached Slack while the task was at work; no button where there is none."""

    @property
    def name(self) -> str:
        return "Newest message in Slack"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        """The address in Slack, or an empty text."""
        from monitor.store import outbox
        from monitor.store.database import begin, open_database

        since = getattr(ti_key, "start_date", None) or datetime.now(UTC)
        with begin(open_database(load().database_url), reading=True) as db:
            return outbox.newest_sent(db, since) or ""


class AlertsLink(BaseOperatorLink):
    """The page of alerts, for the task that decides on them."""

    @property
    def name(self) -> str:
        return "Alerts"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        return f"{_ui()}/plugin/news-monitor"


def _ui() -> str:
    return load().web_url.rstrip("/")
