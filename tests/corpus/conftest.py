"""The real feeds and pages that lie beside the project; without them these tests have nothing to read."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from monitor.settings import PROJECT

SHARED = PROJECT.parent / "shared"
CORPUS = SHARED / "corpus"
FULL = bool(os.environ.get("MONITOR_FULL_CORPUS"))


@dataclass(frozen=True)
class Listed:
    """The rows of a manifest, all of them or a sample, and the folder that their files lie in."""

    folder: Path
    rows: list[dict[str, str]]


def _listed(name: str, every: int) -> Listed:
    manifest = CORPUS / name / "MANIFEST.tsv"
    if not manifest.is_file():
        assert not (os.environ.get("CI") and SHARED.is_dir()), f"{manifest} is missing"
        pytest.skip(f"no real {name}: {manifest} is not there")
    with manifest.open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return Listed(manifest.parent, rows if FULL else rows[::every])


@pytest.fixture(scope="session")
def feed_files() -> Listed:
    return _listed("feeds", every=9)


@pytest.fixture(scope="session")
def page_files() -> Listed:
    return _listed("pages", every=6)
