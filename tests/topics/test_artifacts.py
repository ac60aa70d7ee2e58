"""Saving and loading: scores survive, and every broken file says what to do."""

import json
from pathlib import Path

import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.topics.account import Account
from monitor.topics.artifacts import CARD, FILE, SCORES, load, save
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation

TEXTS = [TopicText("EU imposes sanctions on Russia"), TopicText("Rain", "", "It rained. " * 100)]


def test_scores_survive(tmp_path: Path, trained: tuple[Classifier, Evaluation]) -> None:
    classifier, evaluation = trained
    path = save(classifier, Account(evaluation), tmp_path / "models")
    back = load(tmp_path / "models")
    assert back.score(TEXTS) == classifier.score(TEXTS)
    assert (back.version, back.topics, back.thresholds) == (
        classifier.version,
        classifier.topics,
        classifier.thresholds,
    )
    assert path.stat().st_size < 5_000_000
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([CARD, FILE, SCORES])


def test_scores_and_card_tell_the_same(tmp_path: Path, trained: tuple[Classifier, Evaluation]) -> None:
    save(trained[0], Account(trained[1]), tmp_path)
    written = json.loads((tmp_path / SCORES).read_text())
    assert written["version"] == trained[0].version
    assert written["macro"] == trained[1].as_dict()["macro"]
    assert trained[0].version in (tmp_path / CARD).read_text()


def test_missing_names_the_cure(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"no classifier in models/: run `monitor train`"):
        load(tmp_path / "models")


@pytest.mark.parametrize("keep", [0, 10, 2_000])
def test_damaged_names_the_cure(tmp_path: Path, trained: tuple[Classifier, Evaluation], keep: int) -> None:
    path = save(trained[0], Account(trained[1]), tmp_path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Misconfigured, match=r"damaged.*run `monitor train`"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("held", "message"),
    [
        ({"format": 99}, "format 99"),
        ({"format": 1}, "damaged"),
        ([1, 2], "holds no classifier"),
        ({"format": 1, "version": LogisticRegression}, "damaged|not ours"),
    ],
)
def test_foreign_content_is_refused(tmp_path: Path, held: object, message: str) -> None:
    skops.io.dump(held, tmp_path / FILE)
    with pytest.raises(Misconfigured, match=message):
        load(tmp_path)


def test_untrusted_types_are_refused(tmp_path: Path) -> None:
    skops.io.dump({"format": 1, "path": Evaluation}, tmp_path / FILE)
    with pytest.raises(Misconfigured, match="not ours"):
        load(tmp_path)


def test_unwritable_folder_names_the_cure(tmp_path: Path, trained: tuple[Classifier, Evaluation]) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(Misconfigured, match="cannot be written"):
        save(trained[0], Account(trained[1]), tmp_path / "models")
