"""Our counts among Airflow's metrics: what each ledger says, sent the way that Airflow sends its own.

Nothing is sent unless Airflow's metrics are on (`[metrics]`, see docs/production.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk.observability import stats

from monitor.records import Ledger

NAME = "news_monitor.items"


def count(ledgers: Iterable[Ledger]) -> None:
    """Add what the ledgers count to `news_monitor.items`, by step, unit and outcome."""
    for ledger in ledgers:
        for outcome, number in ledger.outcomes.items():
            tags = {"step": str(ledger.step), "unit": ledger.unit, "outcome": outcome}
            stats.incr(NAME, number, tags=tags)
