"""The examples of the seeds: enough of every kind, no two alike, none from elsewhere."""

import gzip
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from monitor.settings import PROJECT

TOPICS = {"mutual_defense", "sanctions", "arms_transfers"}
ALIKE = 0.75  # of the words of both
READ = ("read-hits.jsonl", "read-news.jsonl", "read-more.jsonl", "read-again.jsonl")
SHARED = PROJECT.parent / "shared" / "corpus"
LABELS = PROJECT / "tests" / "data" / "topics"


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


EXAMPLES = [one for path in sorted((PROJECT / "seeds" / "examples").glob("*.jsonl")) for one in lines(path)]


def words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower()))


def alike(ours: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    """Pairs of texts that share `ALIKE` of their words, found by the rare words of both."""
    counts = Counter(word for text in others for word in text)
    places = defaultdict(list)
    for number, text in enumerate(others):
        for word in text:
            places[word].append(number)
    for number, text in enumerate(ours):
        # Likeness `ALIKE` needs a share of more than half of our words: one of the rarest half is among them.
        rarest = sorted(text, key=lambda word: counts[word])[: len(text) - int(ALIKE * len(text)) + 1]
        for other in {place for word in rarest for place in places[word]}:
            if len(text & others[other]) >= ALIKE * len(text | others[other]):
                yield number, other


def test_there_are_enough_of_each() -> None:
    assert len(EXAMPLES) >= 3_500
    counts = Counter(topic for one in EXAMPLES for topic in one["topics"])
    assert set(counts) == TOPICS
    assert min(counts.values()) >= 500
    assert sum(not one["topics"] for one in EXAMPLES) >= 1_500


def test_no_two_are_alike() -> None:
    bags = [words(f"{one['title']} {one['summary']}") for one in EXAMPLES]
    found = [
        (EXAMPLES[a]["title"], EXAMPLES[b]["title"])
        for a, b in alike(bags, bags)
        if a < b and len(bags[a]) > 3
    ]
    assert found == []


def test_none_is_from_the_measured_corpus() -> None:
    path = SHARED / "labelled" / "news-dev.jsonl"
    if not path.exists():
        if os.environ.get("CI") == "true" and SHARED.exists():
            pytest.fail(f"{path} is missing")
        pytest.skip("no corpus beside the project")
    real = [words(one["title"]) for one in lines(path)]
    ours = [words(one["title"]) for one in EXAMPLES]
    found = [EXAMPLES[a]["title"] for a, b in alike(ours, real) if len(ours[a]) > 3]
    assert found == []


@pytest.mark.parametrize("name", READ)
def test_labels_of_read_articles_are_ids_and_topics_only(name: str) -> None:
    for one in lines(LABELS / name):
        assert set(one) == {"id", "topics", "disputed"}
        assert set(one["topics"]) <= TOPICS
        assert set(one["disputed"]) <= TOPICS
        assert not set(one["topics"]) & set(one["disputed"])


def test_read_hits_are_of_the_corpus() -> None:
    path = SHARED / "unlabelled.jsonl.gz"
    if not path.exists():
        if os.environ.get("CI") == "true" and SHARED.exists():
            pytest.fail(f"{path} is missing")
        pytest.skip("no corpus beside the project")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        known = {json.loads(line)["id"] for line in file}
    assert {one["id"] for name in READ for one in lines(LABELS / name)} <= known
