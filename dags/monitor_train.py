"""### Train the classifier

Start it by hand after editing topic cards or examples in `seeds/`. It learns from the labels of people too.
Then a person is asked: `approve` shows how the new classifier fares beside the published one on every
labelled set, and what the gate says of it. **Approve** publishes it; **Reject**, or a week without an answer,
leaves it a candidate (`monitor topics versions`). Where training made nothing new nobody is asked.
"""

from __future__ import annotations

from datetime import timedelta

from monitor.airflow import AskToPublish, news_dag, step
from monitor.records import Step

with news_dag("monitor_train", __doc__, None, tags=["classifier"], dagrun_timeout=timedelta(days=8)):
    (
        step(Step.TRAIN, "Fit on the seeds, choose thresholds, measure.", given={"ask": True})
        >> AskToPublish(task_id="approve", doc_md="Waits for a person, who sees the evaluation.")
        >> step(Step.PUBLISH, "Put the approved version where the score step finds it.")
    )
