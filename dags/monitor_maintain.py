"""### Looking after the database

Every night: prunes the bookkeeping that is kept only for a while, drops claims of runs that died,
repairs the counts of stories, and drops the texts of old news where `MONITOR_KEEP_TEXT_DAYS` is set.
Articles, hits and alerts are never deleted.
"""

from __future__ import annotations

from monitor.airflow import cron, news_dag, step
from monitor.records import Step

with news_dag("monitor_maintain", __doc__, cron("40 3 * * *"), tags=["upkeep"]):
    (
        step(Step.MAINTAIN, "Prune, drop expired claims, recount.")
        >> step(Step.PRUNE, "Drop texts whose time is over, where MONITOR_KEEP_TEXT_DAYS sets one.")
    )
