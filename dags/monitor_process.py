"""### Articles become stories, hits and alerts

Runs when `monitor_ingest` has brought articles: places them into stories, scores them on every
topic, and decides which hits become alerts. An alert and its message enter the outbox together; the
asset `alerts` tells `monitor_deliver` to send it.
"""

from __future__ import annotations

from monitor.airflow import ALERTS, ARTICLES, news_dag, step
from monitor.records import Step

with news_dag("monitor_process", __doc__, [ARTICLES], tags=["stories", "topics"]):
    (
        step(Step.GROUP, "Place new articles into stories: copies and reports of one event together.")
        >> step(Step.SCORE, "Score new articles on every topic; store hits with the reason of each.")
        >> step(
            Step.DECIDE,
            "Open one message a story and channel, and follow those that are open.",
            outlets=[ALERTS],
        )
    )
