"""Hits in a stream of news: how many, how many right, the same sample again."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Misconfigured
from monitor.topics.classify import Classifier
from monitor.topics.hits import Hits, Said, count, read_labels, read_stream, sample


def written(path: Path, *items: dict[str, object]) -> Path:
    text = "".join(json.dumps(one) + "\n" for one in items)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def test_hits_are_counted_and_judged(classifier: Classifier, tmp_path: Path) -> None:
    stream = read_stream(
        written(
            tmp_path / "news.jsonl.gz",
            {"id": "a", "title": "EU imposes sanctions on Russian oil firms", "summary": ""},
            {"id": "b", "title": "US imposes new sanctions on Iran over missiles"},
            {"id": "c", "title": "Bakery chain opens fifty shops"},
        )
    )
    labels = read_labels(
        written(
            tmp_path / "labels.jsonl",
            {"id": "a", "topics": ["sanctions"], "disputed": []},
            {"id": "b", "topics": [], "disputed": ["sanctions"]},
            {"id": "c", "topics": [], "disputed": []},
        )
    )
    found = count(classifier, stream, labels)["sanctions"]
    assert found.numbers == (0, 1)
    assert found.per_10_000 == pytest.approx(20_000 / 3)
    assert (found.right, found.read, found.precision) == (1, 1, 1.0)


@given(right=st.integers(0, 40), wrong=st.integers(0, 40))
def test_interval_holds_the_share(right: int, wrong: int) -> None:
    low, high = Hits(100, (), right, right + wrong).interval
    assert -1e-9 <= low <= high <= 1 + 1e-9
    if right + wrong:
        assert low - 1e-9 <= right / (right + wrong) <= high + 1e-9


def test_a_sample_can_be_drawn_again() -> None:
    hits = Hits(1_000, tuple(range(0, 1_000, 7)), 0, 0)
    assert sample(hits, 20, 3) == sample(hits, 20, 3) != sample(hits, 20, 4)
    assert set(sample(hits, 500, 1)) == set(hits.numbers)


def test_labels_say_what_is_disputed(tmp_path: Path) -> None:
    path = written(tmp_path / "l.jsonl", {"id": 7, "topics": ["sanctions"], "disputed": ["arms_transfers"]})
    assert read_labels(path) == {"7": Said(frozenset({"sanctions"}), frozenset({"arms_transfers"}))}


@pytest.mark.parametrize("text", ["{}\n", "[]\n", "{\n"])
def test_a_bad_line_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "news.jsonl"
    path.write_text(text)
    with pytest.raises(Misconfigured, match=r"JSON|object"):
        read_stream(path)
