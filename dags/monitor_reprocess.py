"""### Stored articles are scored anew

After a classifier was published the articles of the past still have the scores of the one before. Each night
this brings the day that has ended to the classifier of today; a **backfill** (*Trigger* > *Backfill*) does so
for the days that you choose. Hits that it finds enter the database and **never alert**; hits that the new
classifier would not find stay as they were made. What is up to date is passed over.
"""

from __future__ import annotations

from monitor.airflow import daily, news_dag, step
from monitor.records import Step

with news_dag("monitor_reprocess", __doc__, daily(), tags=["topics", "upkeep"]):
    step(Step.REPROCESS, "Score the articles of the run's day by the published classifier.")
