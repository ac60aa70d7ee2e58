"""### Train the classifier

Start it by hand after editing topic cards or examples in `seeds/`. The classifier is published with
its measured scores and its card; the next run of `monitor_process` uses it.
"""

from __future__ import annotations

from monitor.airflow import news_dag, step
from monitor.records import Step

with news_dag("monitor_train", __doc__, None):
    step(Step.TRAIN, "Fit on the seeds, choose thresholds, measure, publish.")
