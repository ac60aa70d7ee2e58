"""### Train the classifier

Start it by hand after editing topic cards or examples in `seeds/`. It learns from the
labels of people too. The gate publishes it where no topic gets worse; otherwise it is kept as a candidate,
and the ledger says why (`monitor topics versions`).
"""

from __future__ import annotations

from monitor.airflow import news_dag, step
from monitor.records import Step

with news_dag("monitor_train", __doc__, None):
    step(Step.TRAIN, "Fit on the seeds, choose thresholds, measure, publish.")
