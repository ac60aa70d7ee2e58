"""Reports: counts done by hand, intervals that hold the figure, pictures that repeat, the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics.account import Account
from monitor.topics.artifacts import save
from monitor.topics.bootstrap import FIGURES, intervals
from monitor.topics.calibration import reliability
from monitor.topics.classify import Classifier
from monitor.topics.curves import FORMATS, NAMES, draw
from monitor.topics.evaluate import Evaluation, LabelledItem, figures
from monitor.topics.report import report

DATA = PROJECT / "seeds" / "labelled" / "written.jsonl"
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 10)), min_size=1, max_size=60)


@given(ROWS, st.integers(0, 10))
def test_intervals_are_ordered_shares(rows: list[tuple[bool, int]], threshold: int) -> None:
    truth, scores = np.asarray([t for t, _ in rows]), np.asarray([s / 10 for _, s in rows])
    found = intervals(truth, scores, threshold / 10, samples=50)
    assert set(found) == set(FIGURES)
    assert all(0 <= low <= high <= 1 for low, high in found.values())
    assert found == intervals(truth, scores, threshold / 10, samples=50)


def test_interval_holds_the_figure_and_narrows_with_items() -> None:
    generator = np.random.default_rng(1)
    widths = []
    for count in (100, 2_000):
        truth = generator.random(count) < 0.3
        scores = np.clip(truth * 0.3 + generator.random(count) * 0.7, 0, 1)
        found, one = intervals(truth, scores, 0.5), figures(truth, scores, 0.5)
        for name in FIGURES:
            low, high = found[name]
            assert low <= getattr(one, name) <= high
        widths.append(found["f1"][1] - found["f1"][0])
    assert widths[1] < widths[0] / 2


def test_no_item_has_empty_intervals() -> None:
    assert set(intervals(np.zeros(0, bool), np.zeros(0), 0.5).values()) == {(0.0, 0.0)}


def test_reliability_by_hand() -> None:
    found = reliability(np.asarray([1.0, 0.0, 1.0, 1.0]), np.asarray([0.05, 0.15, 0.91, 1.0]))
    assert [(b.count, b.share) for b in found.bins] == [(1, 1.0), (1, 0.0), (2, 1.0)]
    assert found.expected_error == pytest.approx((0.95 + 0.15 + 2 * 0.045) / 4)


@given(ROWS)
def test_calibration_error_is_a_share(rows: list[tuple[bool, int]]) -> None:
    found = reliability(np.asarray([float(t) for t, _ in rows]), np.asarray([s / 10 for _, s in rows]))
    assert sum(b.count for b in found.bins) == len(rows)
    assert 0 <= found.expected_error <= 1


ITEMS = [
    LabelledItem(
        TopicText("EU imposes sanctions on Russia"), frozenset({"sanctions"}), frozenset(), "a", "x"
    ),
    LabelledItem(TopicText("Bakery wins prize for its rye loaf"), frozenset({"sanctions"}), frozenset(), "b"),
    LabelledItem(TopicText("EU widens sanctions on Iran"), frozenset(), frozenset(), "b"),
    LabelledItem(TopicText("EU eases sanctions on Syria"), frozenset(), frozenset({"sanctions"}), "b"),
]


def test_parts_and_mistakes(classifier: Classifier) -> None:
    found = report(classifier, ITEMS)
    assert found.by_source["a"].topics["sanctions"].f1 == 1.0
    assert found.by_source["b"].items == 3
    assert list(found.by_stratum) == ["x"]
    mistakes = [(m.false_alarm, m.text.title) for m in found.mistakes if m.topic == "sanctions"]
    assert mistakes == [(True, ITEMS[2].text.title), (False, ITEMS[1].text.title)]


def test_pictures_repeat(classifier: Classifier, tmp_path: Path) -> None:
    found = report(classifier, ITEMS)
    names = sorted(f"{name}.{form}" for name in NAMES for form in FORMATS)
    for folder in ("one", "two"):
        assert sorted(path.name for path in draw(found, tmp_path / folder, "desk.jsonl")) == names
    for name in names:
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


def test_folder_that_cannot_be_written(classifier: Classifier, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match="cannot be written"):
        draw(report(classifier, ITEMS), tmp_path / "file", "desk.jsonl")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"MONITOR_CLASSIFIERS": str(folder)}
    command = [sys.executable, "-m", "monitor.cli", "evaluate", "topics", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_command(trained: tuple[Classifier, Evaluation], tmp_path: Path) -> None:
    save(trained[0], Account(trained[1]), tmp_path)
    answer = run(tmp_path, str(DATA), "--json")
    assert (answer.returncode, answer.stderr) == (0, "")
    found = json.loads(answer.stdout)
    agreed = {"precision", "recall", "f1", "average_precision", "threshold", "n"}
    assert all(set(one) == agreed for one in found["topics"].values())
    assert set(found["macro"]) == {"f1", "average_precision"}
    assert {f"{name}.{form}" for name in NAMES for form in FORMATS} <= {p.name for p in tmp_path.iterdir()}
    shown = run(tmp_path, str(DATA), "--curves", str(tmp_path / "curves")).stdout
    assert "macro F1" in shown
    assert (tmp_path / "curves" / "reliability.svg").exists()
    assert run(tmp_path, str(tmp_path / "none")).returncode == 3
