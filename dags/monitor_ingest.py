"""### Feeds become articles

Every five minutes the feeds that are due are dealt into shards and polled in the pool `feeds`; then
the pages of articles whose feed carried too little text are read. The asset `articles` tells
`monitor_process` to go on. Feeds that should have spoken and have not, and those that are off, are told
to the operations channel, once an event.

A run that has not ended 20 minutes after it was queued is told to the operations channel too. A shard that
fails does not stop the others: its feeds stay due and are polled in a later run.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import task

from monitor.airflow import ARTICLES, TIMEOUTS, Fetch, cron, in_time, news_dag, step
from monitor.records import Step
from monitor.settings import load

SHARDS = 4

with news_dag(
    "monitor_ingest",
    __doc__,
    cron("*/5 * * * *", at_once=True),
    tags=["feeds"],
    dagrun_timeout=timedelta(minutes=45),
    deadline=in_time(timedelta(minutes=20)),
):

    @task(execution_timeout=timedelta(minutes=2), doc_md="The ids of the feeds to poll now, in shards.")
    def due() -> list[list[int]]:
        from monitor import pipeline

        return pipeline.due(load(), SHARDS)

    fetch = Fetch.partial(
        task_id=str(Step.FETCH),
        pool="feeds",
        map_index_template="{{ shard }}",
        execution_timeout=TIMEOUTS[Step.FETCH],
        doc_md="Poll one shard with conditional requests; store new entries as articles.",
    )
    read = step(
        Step.READ,
        "Fetch the pages of articles whose feed carried too little, and keep their text.",
        outlets=[ARTICLES],
        trigger_rule="all_done",  # with no feed due `fetch` is skipped, and pages may still wait
    )
    health = step(
        Step.HEALTH,
        "Tell the operations channel of feeds that are silent or off, once an event.",
        trigger_rule="all_done",
    )
    fetch.expand(feed_ids=due()) >> [read, health]
