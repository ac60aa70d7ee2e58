"""Articles a second in which actors are found: `make bench-actors`.

The sample articles of the demo, and real items from the shared corpus where it is at hand, each measured
in CPU time of one core, as the median of several passes, beside the target. The automaton's build is apart.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from monitor.articles.actors import find, summarise
from monitor.articles.gazetteer import Gazetteer
from monitor.articles.roster import load
from monitor.settings import PROJECT

TARGET = 2_000  # articles a second a core
PASSES = 5
SHARED = PROJECT.parent / "shared" / "corpus" / "unlabelled.jsonl.gz"
LONG = 3_000  # characters of the long articles that are put together from the real items

Texts = Sequence[tuple[str, str]]


def samples() -> Texts:
    """The pages of the demo, each as title and text, ten times over."""
    pages = [
        path.read_text().partition("\n") for path in sorted((PROJECT / "seeds/demo/pages").glob("*.txt"))
    ]
    return [(title, text) for title, _, text in pages] * 10


def real() -> tuple[Texts, Texts]:
    """Real items as feeds bring them, and articles of `LONG` characters put together from them."""
    with gzip.open(SHARED, "rt") as lines:
        rows = [json.loads(line) for line, _ in zip(lines, range(10_000), strict=False)]
    short = [(row["title"], row.get("summary") or "") for row in rows]
    texts = [summary or title for title, summary in short]
    long = [
        (short[start][0], " ".join(texts[start : start + 40])[:LONG])
        for start in range(0, len(short) - 40, 8)
    ]
    return short, long


def seconds(call: Callable[[], object]) -> float:
    """CPU seconds of one call, the median of several."""
    taken = []
    for _ in range(PASSES):
        start = time.process_time()
        call()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def rate(gazetteer: Gazetteer, texts: Texts) -> float:
    """Articles a second."""
    return len(texts) / seconds(lambda: [summarise(find(gazetteer, *text, language="en")) for text in texts])


def main() -> int:
    gazetteer = Gazetteer(load(PROJECT / "seeds"))
    built = seconds(lambda: Gazetteer(load(PROJECT / "seeds")).automaton("en"))
    print(f"{len(gazetteer.automaton('en')):,} names and words, read and built in {built:.2f} s")
    sets = {"sample articles": samples()}
    if SHARED.exists():
        sets["real items"], sets["real, long"] = real()
    slow = 0
    for name, texts in sets.items():
        found = rate(gazetteer, texts)
        size = statistics.mean(len(title) + len(text) for title, text in texts)
        print(f"{name:16} {size:6,.0f} characters  {found:8,.0f} articles a second (target {TARGET:,})")
        slow += found < TARGET
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
