"""Saving and loading: scores survive, and every broken file says what to do."""

import json
from pathlib import Path

import numpy as np
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from monitor.errors import Misconfigured
from monitor.records import TopicText
from monitor.topics.account import Account
from monitor.topics.artifacts import CARD, FILE, SCORES, load, save
from monitor.topics.blocks import SUMS
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation
from monitor.topics.explain import explain

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


def first_format() -> dict[str, object]:
    """A small classifier as format 1 held it: words and pairs, sums of the cards, lists; nothing else."""
    words = ["banks", "bread", "sanctions"]
    return {
        "format": 1,
        "version": "0123456789ab",
        "scikit_learn": "1.6.0",
        "topics": json.dumps(["sanctions"]),
        "thresholds": np.asarray([0.6], np.float64),
        "vocabulary": "\n".join(words),
        "idf": np.asarray([2.0, 3.0, 1.5]),
        "cards": json.dumps({"sanctions": [["sanction*", 4.0], ["referee", -3.0]]}),
        "lists": json.dumps({"state": ["russia", "france"]}),
        "weights": np.asarray([[0.5, -1.0, 0.8, *[0.3] * len(SUMS), 0.2]]),
        "intercepts": np.asarray([-2.0]),
    }


def test_an_artefact_of_the_first_format_is_read(tmp_path: Path) -> None:
    skops.io.dump(first_format(), tmp_path / FILE)
    found = load(tmp_path)
    assert (found.version, found.topics, found.thresholds) == ("0123456789ab", ("sanctions",), (0.6,))
    assert found.languages == ("en",)
    high, low = found.score([TopicText("EU imposes sanctions on banks"), TopicText("Bread from France")])
    assert high[0].is_hit
    assert not low[0].is_hit
    reason = explain(found, TopicText("EU imposes sanctions on banks"), "sanctions")
    assert (reason.sentence, reason.clause) == ("EU imposes sanctions on banks", "")
    save(found, Account(None), tmp_path / "again")
    assert load(tmp_path / "again").score(TEXTS) == found.score(TEXTS)


@pytest.mark.parametrize(
    "change",
    [
        {"weights": np.zeros((1, 3))},
        {"weights": np.zeros((2, 11))},
        {"idf": np.asarray([1.0])},
        {"topics": "[broken"},
        {"cards": json.dumps({"sanctions": [["(open", 4.0]]})},
        {"thresholds": None},
        {"lists": json.dumps(7)},
        {"format": 3},
        {"format": "1"},
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(tmp_path: Path, change: dict[str, object]) -> None:
    skops.io.dump(first_format() | change, tmp_path / FILE)
    with pytest.raises(Misconfigured, match="run `monitor train`") as caught:
        load(tmp_path)
    assert str(caught.value).count("\n") == 0


@settings(max_examples=40, deadline=None)
@given(place=st.floats(0, 0.999), noise=st.binary(min_size=1, max_size=30))
def test_damage_never_escapes(tmp_path_factory: pytest.TempPathFactory, place: float, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("damage")
    whole = skops.io.dumps(first_format())
    at = int(place * len(whole))
    (folder / FILE).write_bytes(whole[:at] + noise + whole[at + len(noise) :])
    try:
        assert load(folder).topics
    except Misconfigured as error:
        assert "run `monitor train`" in str(error)
