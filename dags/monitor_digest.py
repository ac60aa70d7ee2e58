"""### The daily digest

At 06:00 UTC each route that wants it gets its last 24 hours in one message.
"""

from __future__ import annotations

from monitor.airflow import cron, news_dag, step
from monitor.records import Step

with news_dag("monitor_digest", __doc__, cron("0 6 * * *"), tags=["slack"]):
    (
        step(Step.DIGEST, "Put the digests of the last 24 hours into the outbox.")
        >> step(Step.DELIVER, "Send the outbox.", pool="slack")
    )
