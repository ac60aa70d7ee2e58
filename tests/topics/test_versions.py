"""Versions are kept, listed and published again."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.errors import Misconfigured, NotFound
from monitor.topics import artifacts, versions
from monitor.topics.account import Account
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation
from monitor.topics.versions import Verdict

Trained = tuple[Classifier, Evaluation]


@pytest.fixture
def folder(tmp_path: Path, trained: Trained) -> Path:
    """`new1` published, `old1` kept, `bad1` held back."""
    classifier, figures = trained
    models = tmp_path / "models"
    for name in ("old1", "new1"):
        artifacts.save(replace(classifier, version=name), Account(figures), models)
        versions.keep(models, name)
    held = versions.home(models, "bad1")
    artifacts.save(replace(classifier, version="bad1"), Account(figures), held)
    at = datetime(2026, 5, 17, tzinfo=UTC)
    versions.write_verdict(Verdict("bad1", False, ("sanctions on x: F1 falls",), at, "m"), held)
    return models


def states(folder: Path) -> dict[str, str]:
    return {one.name: one.state for one in versions.listing(folder)}


def test_every_version_is_listed_with_its_state(folder: Path) -> None:
    assert states(folder) == {"new1": "published", "old1": "kept", "bad1": "candidate"}
    assert versions.listing(folder)[0].name == "new1"
    bad = next(one for one in versions.listing(folder) if one.name == "bad1")
    assert bad.verdict.reasons == ("sanctions on x: F1 falls",)
    assert bad.macro_f1 is not None
    assert versions.listing(folder / "none") == []


def test_restoring_keeps_what_was_published(folder: Path) -> None:
    assert versions.restore(folder, "old1") == "new1"
    assert artifacts.load(folder).version == "old1"
    assert states(folder) == {"old1": "published", "new1": "kept", "bad1": "candidate"}
    assert versions.restore(folder, "old1") == "old1"
    versions.restore(folder, "new1")
    assert artifacts.load(folder).version == "new1"


def test_a_candidate_is_published_only_when_that_is_said(folder: Path) -> None:
    with pytest.raises(Misconfigured, match=r"held back \(sanctions on x: F1 falls\).*--anyway"):
        versions.restore(folder, "bad1")
    assert artifacts.load(folder).version == "new1"
    versions.restore(folder, "bad1", anyway=True)
    assert artifacts.load(folder).version == "bad1"


@pytest.mark.parametrize("name", ["none", "../models", ""])
def test_no_such_version(folder: Path, name: str) -> None:
    with pytest.raises(NotFound, match="monitor topics versions"):
        versions.restore(folder, name)


def test_a_damaged_version_does_not_replace_a_sound_one(folder: Path) -> None:
    (versions.home(folder, "old1") / artifacts.FILE).write_bytes(b"PK broken")
    with pytest.raises(Misconfigured, match="damaged"):
        versions.restore(folder, "old1")
    assert artifacts.load(folder).version == "new1"


def test_figures_come_back(folder: Path, trained: Trained) -> None:
    found = artifacts.held_out(folder)
    assert found is not None
    kept, told = found.as_dict(), trained[1].as_dict()
    # The figures of topics are kept to four places, and their mean is made anew of those.
    assert kept.pop("macro") == pytest.approx(told.pop("macro"), abs=2e-4)
    assert kept == told
    assert artifacts.held_out(folder / "none") is None
