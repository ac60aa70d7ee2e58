"""Texts a second of the classifier that ships, on one core: `make bench-topics`.

Prints CPU time, the median of several rounds, against the limits it is to hold; ends with 1 where one
is broken. The texts are our own: the examples of the seeds, and articles put together from them.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy is loaded

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics.artifacts import FILE, load
from monitor.topics.classify import Classifier

ROUNDS = 5
ITEMS, ARTICLES = 3_000, 60
ARTICLE_WORDS = 600


def texts() -> list[TopicText]:
    """The examples that have a title and a summary."""
    lines = [
        json.loads(line)
        for path in sorted((PROJECT / "seeds" / "examples").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    return [TopicText(one["title"], one["summary"]) for one in lines if one["summary"]]


def articles(items: Sequence[TopicText]) -> list[TopicText]:
    """Articles of `ARTICLE_WORDS` words, made of the summaries of neighbouring items."""
    found, words, body = [], 0, []
    for item in items * 20:
        body.append(item.summary)
        words += len(item.summary.split())
        if words >= ARTICLE_WORDS:
            found.append(TopicText(item.title, "", " ".join(body)))
            words, body = 0, []
        if len(found) == ARTICLES:
            break
    return found


def seconds(work: Callable[[Classifier], object]) -> float:
    """CPU seconds of `work`, the median of `ROUNDS`, each with a classifier that has read nothing yet."""
    spent = []
    for _ in range(ROUNDS):
        fresh = load(PROJECT / "models")
        start = time.process_time()
        work(fresh)
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def measured() -> dict[str, tuple[float, float, bool]]:
    """By what is measured: the figure, its limit, and whether the limit is one from below."""
    items = texts()
    # No two alike: what comes again is not read again.
    many = (items * (ITEMS // len(items) + 1))[:ITEMS]
    batch = [TopicText(f"{item.title} {place}", item.summary, item.text) for place, item in enumerate(many)]
    whole = articles(items)
    some = items[:200]
    alone = seconds(lambda fresh: [fresh.score([item]) for item in some]) / len(some)
    return {
        "headlines with summaries a second": (
            ITEMS / seconds(lambda fresh: fresh.score(batch)),
            1_500,
            True,
        ),
        "articles of 600 words a second": (ARTICLES / seconds(lambda fresh: fresh.score(whole)), 150, True),
        "milliseconds for one item alone": (alone * 1_000, 3, False),
        "milliseconds to load": (seconds(lambda _: load(PROJECT / "models")) * 1_000, 300, False),
        "megabytes of artefact": ((PROJECT / "models" / FILE).stat().st_size / 1e6, 40, False),
        "megabytes of memory": (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024,
            300,
            False,
        ),
    }


def main() -> int:
    broken = 0
    for name, (figure, limit, at_least) in measured().items():
        holds = figure >= limit if at_least else figure <= limit
        broken += not holds
        bound = "at least" if at_least else "at most"
        print(f"{'ok ' if holds else 'LOW'}  {name:<36} {figure:>9,.1f}   {bound} {limit:,}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
