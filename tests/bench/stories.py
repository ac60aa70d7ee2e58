"""Articles a second that are put into stories, and memory, by size of the window: `make bench-stories`.

Each figure comes from a process of its own: the window is filled, then `--fresh` articles are placed, one
core, CPU time. Ours (copies and stories together) stands beside datasketch's MinHash LSH (copies alone)
and a cosine of dense vectors of 384 numbers with every article of the window. Then the window is read back
from a database, as a restarted run does. Texts are made of words that are as rare as words are, in events
with names of their own; every fifth article is a copy of an earlier one.

    make bench-stories ARGS="--sizes 10000 100000"
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}  # before numpy

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

START = datetime(2026, 5, 4, tzinfo=UTC)
SPAN = timedelta(hours=60)  # so that all of the window is open
SIZES = (10_000, 100_000, 1_000_000)
FRESH = 5_000
LIMITS = {100_000: 1_000, 1_000_000: 500}  # articles a second
MEMORY = 1_500  # MB
RESTART = 30  # seconds at 100,000
SKIPPED = {
    ("datasketch", 1_000_000): "needs over 10 GB",
    ("dense", 1_000_000): "1.5 GB of vectors, and a second for three articles",
}
WORDS, NAMES, REPORTS = 40_000, 400_000, 6
ACTORS = [f"{a}{b}{c}" for a in "ABCDEFGH" for b in "KLMNO" for c in "RSTUV"]


class News:
    """An endless run of articles in events; the same for the same seed."""

    def __init__(self, total: int, seed: int = 7) -> None:
        self._drawn = random.Random(seed)
        self._step = SPAN / total
        self._events: list[tuple[list[str], list[str], int]] = []
        self._recent: list[tuple[str, str, int]] = []
        self.made = 0

    def articles(self) -> Iterator[tuple[str, str, datetime, int, tuple[str, ...]]]:
        """Headline, lead, time, event and the actors named, without end."""
        drawn = self._drawn
        while True:
            self.made += 1
            when = START + self._step * self.made
            if self._recent and drawn.random() < 0.2:
                title, lead, event = drawn.choice(self._recent)
                cut = lead.split()
                title, lead = " ".join(self._words(9)), " ".join(cut[: drawn.randint(40, len(cut))])
            else:
                event = self._event()
                names = self._events[event % len(self._events)][0]
                title = " ".join(drawn.sample(names, 4) + self._words(5))
                lead = " ".join(
                    drawn.sample(names, 5) + self._words(35) + drawn.sample(names, 4) + self._words(16)
                )
            self._recent.append((title, lead, event))
            del self._recent[:-400]
            yield title, lead, when, event, tuple(self._events[event % len(self._events)][1])

    def _event(self) -> int:
        """A new event, or one of the last few hundred."""
        drawn = self._drawn
        if not self._events or drawn.random() < 1 / REPORTS:
            names = [f"n{int(NAMES * drawn.random() ** 2)}" for _ in range(14)]
            self._events.append((names, drawn.sample(ACTORS, 3), len(self._events)))
            return len(self._events) - 1
        return drawn.randrange(max(0, len(self._events) - 300), len(self._events))

    def _words(self, count: int) -> list[str]:
        """Words of the language: the n-th is about as common as 1 / n (Zipf)."""
        return [f"w{int(WORDS ** self._drawn.random())}" for _ in range(count)]


def megabytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def ours(size: int, fresh: int) -> tuple[float, float]:
    """Seconds to fill the window, and to place."""
    from monitor.articles.stories import Grouping

    news = News(size)
    made = story_texts(news)
    before = time.process_time()
    grouping = Grouping(islice(made, size))
    filled = time.process_time() - before
    waiting = [text for text, _ in zip((unplaced(text) for text in made), range(fresh), strict=False)]
    before = time.process_time()
    placed = grouping.place(waiting)
    spent = time.process_time() - before
    assert len(placed) == fresh
    return filled, spent


def story_texts(news: News) -> Iterator[object]:
    """Articles as grouping takes them, each in the story of its event."""
    from monitor.records import StoryText

    for number, (title, lead, when, event, actors) in enumerate(news.articles(), 1):
        yield StoryText(number, title, lead, when, "A", event, actors[:2], frozenset(actors))


def unplaced(text: object) -> object:
    from dataclasses import replace

    return replace(text, story_id=None)  # type: ignore[type-var]


def datasketch(size: int, fresh: int) -> tuple[float, float]:
    """Seconds to fill the window, and to place."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=0.5, num_perm=128)
    news = News(size).articles()

    def sketch(title: str, lead: str) -> MinHash:
        words = f"{title} {lead}".split()
        found = MinHash(num_perm=128)
        found.update_batch([" ".join(words[n : n + 3]).encode() for n in range(len(words) - 2)])
        return found

    before = time.process_time()
    for number, (title, lead, *_) in enumerate(islice(news, size)):
        lsh.insert(number, sketch(title, lead))
    filled = time.process_time() - before
    waiting = list(islice(news, fresh))
    before = time.process_time()
    for number, (title, lead, *_) in enumerate(waiting, size):
        mine = sketch(title, lead)
        lsh.query(mine)
        lsh.insert(number, mine)
    return filled, time.process_time() - before


def dense(size: int, fresh: int) -> tuple[float, float]:
    """Seconds to fill the window, and to place."""
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.random_projection import SparseRandomProjection

    hashed = HashingVectorizer(n_features=1 << 18)
    project = SparseRandomProjection(384, random_state=1, dense_output=True).fit(np.zeros((1, 1 << 18)))
    news = News(size).articles()
    window = np.zeros((size + fresh, 384), np.float32)

    def vectors(texts: list[tuple[str, str]]) -> np.ndarray:
        found = project.transform(hashed.transform([f"{title} {lead}" for title, lead in texts]))
        return (found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)).astype(np.float32)

    before = time.process_time()
    for start in range(0, size, 10_000):
        part = [(title, lead) for title, lead, *_ in islice(news, min(10_000, size - start))]
        window[start : start + len(part)] = vectors(part)
    filled = time.process_time() - before
    waiting = [(title, lead) for title, lead, *_ in islice(news, fresh)]
    before = time.process_time()
    for number, one in enumerate(waiting, size):
        mine = vectors([one])[0]
        int(np.argmax(window[:number] @ mine))
        window[number] = mine
    return filled, time.process_time() - before


def restart(size: int, _fresh: int) -> tuple[float, float]:
    """Seconds to read the window back from a database, and to build it."""
    from monitor.articles.stories import Grouping
    from monitor.pipeline.judge import window
    from monitor.store.database import begin, open_database, upgrade

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'monitor.db'}"
        upgrade(url)
        _store(url, size)
        before = time.process_time()
        with begin(open_database(url), reading=True) as db:
            known = window(db, START + SPAN)
        read = time.process_time() - before
        Grouping(known)
        assert len(known) == size
        return time.process_time() - before, read


def _store(url: str, size: int) -> None:
    """Placed articles with the actors that they name."""
    from sqlalchemy import insert

    from monitor.store.database import begin, open_database
    from monitor.store.tables import articles, mentions, stories

    rows = list(islice(News(size).articles(), size))
    with begin(open_database(url)) as db:
        events = sorted({event for *_, event, _ in rows})
        whole = {"articles": 1, "copies": 0, "publishers": 1, "independent_publishers": 1}
        seen = {"first_seen_at": START, "last_seen_at": START + SPAN}
        db.execute(
            insert(stories),
            [{"id": n + 1, "headline": "x", "founded_by": n + 1, **whole, **seen} for n in events],
        )
        for start in range(0, size, 5_000):
            part = list(enumerate(rows[start : start + 5_000], start + 1))
            db.execute(insert(articles), [_article(number, row) for number, row in part])
            named = [
                {"article_id": number, "actor": actor, "kind": "state", "name": actor, "country": actor}
                | {"count": 2, "in_title": True, "in_lead": True, "first_offset": 0, "salience": 0.9}
                | {"in_office": None}
                for number, row in part
                for actor in row[4]
            ]
            db.execute(insert(mentions), named)


def _article(number: int, row: tuple[str, str, datetime, int, tuple[str, ...]]) -> dict[str, object]:
    title, lead, when, event, _ = row
    same = dict.fromkeys(("first_seen_at", "effective_at", "updated_at", "placed_at"), when)
    address = f"https://news.example/{number}"
    return same | {
        "id": number,
        "canonical_url": address,
        "url": address,
        "publisher": f"publisher-{number % 500}.example",
        "title": title,
        "summary": lead,
        "text": "",
        "date_status": "ok",
        "stale": False,
        "baseline": False,
        "content_hash": str(number),
        "read_state": "done",
        "read_attempts": 0,
        "text_source": "summary",
        "story_id": event + 1,
        "placed_as": "same_story",
    }


METHODS = {"ours": ours, "datasketch": datasketch, "dense": dense}


def one(name: str, size: int, fresh: int) -> dict[str, float]:
    """The figures of one method at one size, from a process of its own."""
    command = [sys.executable, __file__, "--one", name, "--sizes", str(size), "--fresh", str(fresh)]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(found.stdout)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="articles in the window")
    parser.add_argument("--fresh", type=int, default=FRESH, help="articles placed")
    parser.add_argument("--one", choices=[*METHODS, "restart"], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        work = METHODS.get(asked.one, restart)
        filled, spent = work(asked.sizes[0], asked.fresh)
        print(json.dumps({"filled": filled, "spent": spent, "memory": megabytes()}))
        return 0
    broken = []
    print(f"{'method':<11} {'window':>9} {'articles/s':>11} {'fill s':>7} {'MB':>6}")
    for size in asked.sizes:
        for name in METHODS:
            if (name, size) in SKIPPED:
                print(f"{name:<11} {size:>9} {'-':>11} {'-':>7} {'-':>6}  skipped: {SKIPPED[name, size]}")
                continue
            fresh = min(asked.fresh, 500) if name == "dense" else asked.fresh
            found = one(name, size, fresh)
            rate = fresh / found["spent"]
            print(
                f"{name:<11} {size:>9} {rate:>11,.0f} {found['filled']:>7.1f} {found['memory']:>6,.0f}",
                flush=True,
            )
            if name == "ours" and (rate < LIMITS.get(size, 0) or found["memory"] > MEMORY):
                broken.append(f"ours at {size}: {LIMITS.get(size, 0)} a second, {MEMORY} MB")
    size = min(100_000, max(asked.sizes))
    found = one("restart", size, asked.fresh)
    print(f"restart from the database at {size}: {found['filled']:.1f} s (reading {found['spent']:.1f} s)")
    if found["filled"] > RESTART:
        broken.append(f"restart in {RESTART} s")
    for line in broken:
        print(f"not held: {line}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
