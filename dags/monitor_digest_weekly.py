"""### The weekly digest

On Mondays at 06:00 UTC each route that wants it gets its last seven days in one message.
"""

from __future__ import annotations

from monitor.airflow import cron, news_dag, step
from monitor.records import DigestSpan, Step

with news_dag("monitor_digest_weekly", __doc__, cron("0 6 * * 1"), tags=["slack"]):
    (
        step(
            Step.DIGEST,
            "Put the digests of the last seven days into the outbox.",
            given={"span": DigestSpan.WEEKLY},
        )
        >> step(Step.DELIVER, "Send the outbox.", pool="slack")
    )
