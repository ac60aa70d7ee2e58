"""The steps: each reads what the database says is undone, lets a pure room decide, writes the end.

Every step is a function of the settings and of the run that calls it, returns the ledgers of what
it did, and can be killed at any line and run again: work is found by its state in the database,
claims are leases, writes are idempotent.

    ingest.py   due, fetch                 feeds become articles
    reading.py  read                       pages become their texts
    watch.py    health                     feeds that are silent or off become notices
    judge.py    group, score               articles become stories and hits
    decide.py   decide                     hits become alerts in the outbox; follow.py tells how stories go on
    outgoing.py deliver                    the outbox goes to Slack (lanes.py, posting.py, lookups.py)
    looping.py keep_delivering, keep_running    the same again and again, without Airflow
    notify.py   digest                     a route's day or week in one message; pictures.py uploads its chart
    explaining.py why                      why a story alerted, or did not
    editing.py  merge_stories, split_story, undo_edit   what people change in stories
    measuring.py measure_stories           what grouping does with editors' stories
    training.py train, publish             fit, hold against the current classifier, publish
    pruning.py  prune                      texts are dropped after their time
    reprocessing.py reprocess              stored articles scored anew, without alerts
    drafting.py, labelling.py, replaying.py   topics out of documents, labels, trials of a change
    keep.py     maintain, add_feeds        what is done now and then
"""

from monitor.pipeline.decide import decide
from monitor.pipeline.desk import Progress
from monitor.pipeline.ingest import due, fetch
from monitor.pipeline.judge import group, score
from monitor.pipeline.keep import add_feeds, maintain, make_due
from monitor.pipeline.looping import keep_delivering, keep_running
from monitor.pipeline.measuring import measure_stories
from monitor.pipeline.notify import digest
from monitor.pipeline.outgoing import deliver
from monitor.pipeline.pruning import count_old_texts, prune
from monitor.pipeline.reading import read
from monitor.pipeline.reprocessing import reprocess
from monitor.pipeline.run import CYCLE, cycle
from monitor.pipeline.training import publish, train
from monitor.pipeline.watch import health

__all__ = [
    "CYCLE",
    "Progress",
    "add_feeds",
    "count_old_texts",
    "cycle",
    "decide",
    "deliver",
    "digest",
    "due",
    "fetch",
    "group",
    "health",
    "keep_delivering",
    "keep_running",
    "maintain",
    "make_due",
    "measure_stories",
    "prune",
    "publish",
    "read",
    "reprocess",
    "score",
    "train",
]
