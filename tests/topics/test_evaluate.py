"""Figures: against counts done by hand, and the lines that cannot be read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from monitor.errors import Misconfigured, Permanent
from monitor.records import TopicText
from monitor.topics.evaluate import LabelledItem, measure, read_items


def items(*topics: str, disputed: str = "") -> list[LabelledItem]:
    off = frozenset({disputed} - {""})
    return [LabelledItem(TopicText(str(n)), frozenset(t.split()), off) for n, t in enumerate(topics)]


def test_figures_of_a_small_set() -> None:
    scores = np.asarray([[0.9], [0.8], [0.4], [0.1]])
    found = measure(["x"], [0.5], items("x", "", "x", ""), scores).topics["x"]
    assert (found.precision, found.recall, found.f1, found.n) == (0.5, 0.5, 0.5, 2)
    assert found.average_precision == pytest.approx((1 + 2 / 3) / 2)


def test_disputed_topics_are_left_out() -> None:
    labelled = [*items("x"), *items("", disputed="x")]
    found = measure(["x"], [0.5], labelled, np.asarray([[0.9], [0.9]])).topics["x"]
    assert (found.precision, found.n) == (1.0, 1)


def test_dict_has_the_agreed_shape() -> None:
    shown = measure(["x"], [0.5], items("x", ""), np.asarray([[0.9], [0.1]])).as_dict()
    assert set(shown["topics"]["x"]) == {"precision", "recall", "f1", "average_precision", "threshold", "n"}
    assert shown["macro"] == {"f1": 1.0, "average_precision": 1.0}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=40))
def test_average_precision_is_that_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    labelled = items(*("x" if truth else "" for truth, _ in rows))
    scores = np.asarray([[score / 10] for _, score in rows])
    found = measure(["x"], [0.5], labelled, scores).topics["x"].average_precision
    truth = [truth for truth, _ in rows]
    assert found == pytest.approx(average_precision_score(truth, scores[:, 0]) if any(truth) else 0.0)


def test_items_are_read(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"title": "T", "summary": null, "topics": ["x"], "disputed": ["y"], "id": 3}\n\n')
    assert read_items(path) == [LabelledItem(TopicText("T"), frozenset({"x"}), frozenset({"y"}))]


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        '{"title": "T"}',
        '{"title": "T", "topics": "x"}',
        '{"title": "", "topics": []}',
        '{"title": 3, "topics": []}',
    ],
)
def test_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text('{"title": "T", "topics": []}\n' + line + "\n")
    with pytest.raises(Permanent, match="line 2"):
        read_items(path)


def test_missing_file_is_misconfigured(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        read_items(tmp_path / "none.jsonl")
