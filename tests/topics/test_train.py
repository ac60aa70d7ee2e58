"""Training: the same seeds give the same classifier, changed seeds another; bad seeds are named."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from monitor.errors import Misconfigured
from monitor.settings import PROJECT
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation
from monitor.topics.train import train


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """The shipped seeds with two examples only, so that a fit takes a moment."""
    for name in ("topics", "documents"):
        shutil.copytree(PROJECT / "seeds" / name, tmp_path / name)
    shutil.copy(PROJECT / "seeds" / "lists.toml", tmp_path)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.jsonl").write_text(
        '{"title": "Bread prices rise", "summary": "", "topics": [], "kind": "ordinary"}\n'
        '{"title": "Jets sold to Chad", "summary": "", "topics": ["arms_transfers"], "kind": "positive"}\n'
    )
    return tmp_path


def test_training_twice_is_equal(seeds: Path) -> None:
    (first, one), (second, two) = train(seeds), train(seeds)
    assert first.version == second.version
    assert np.array_equal(first.weights, second.weights)
    assert one.as_dict() == two.as_dict()


def test_another_example_is_another_version(seeds: Path) -> None:
    before = train(seeds)[0].version
    with (seeds / "examples" / "a.jsonl").open("a") as file:
        file.write('{"title": "A quiet day", "summary": "", "topics": []}\n')
    assert train(seeds)[0].version != before


@pytest.mark.parametrize(
    ("line", "cure"),
    [('{"title": 1}', "line 3"), ('{"title": "T", "topics": ["floods"]}', "no card for the topic 'floods'")],
)
def test_bad_example_is_named(seeds: Path, line: str, cure: str) -> None:
    with (seeds / "examples" / "a.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(Misconfigured, match=cure):
        train(seeds)


def test_card_threshold_is_taken(seeds: Path) -> None:
    path = seeds / "topics" / "sanctions.toml"
    lines = [line for line in path.read_text().split("\n") if not line.startswith("threshold")]
    path.write_text("threshold = 0.77\n" + "\n".join(lines))
    classifier = train(seeds)[0]
    assert classifier.thresholds[classifier.topics.index("sanctions")] == 0.77


def test_held_out_figures_are_sound(trained: tuple[Classifier, Evaluation]) -> None:
    classifier, evaluation = trained
    assert set(evaluation.topics) == set(classifier.topics)
    assert evaluation.macro_average_precision > 0.6
