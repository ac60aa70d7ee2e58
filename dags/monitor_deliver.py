"""### The outbox goes to Slack

Runs when `monitor_process` has decided, and every five minutes besides, for what Slack did not take
or nobody knows about yet. Each message is sent once; without a Slack token all wait in the outbox.
"""

from __future__ import annotations

from airflow.sdk import AssetOrTimeSchedule

from monitor.airflow import ALERTS, cron, news_dag, step
from monitor.records import Step

with news_dag(
    "monitor_deliver",
    __doc__,
    AssetOrTimeSchedule(timetable=cron("*/5 * * * *"), assets=[ALERTS]),
    tags=["slack"],
):
    step(Step.DELIVER, "Send what is due, look up what is unknown, fold what is too much.", pool="slack")
