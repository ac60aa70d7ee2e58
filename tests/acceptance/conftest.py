"""The feeds that the acceptance runs serve: real ones where they are at hand, else those of the project."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fakes.slack import FakeSlack
from whole_runs import CHANNEL, TOKEN

from monitor.demo import FeedServer
from monitor.settings import PROJECT

REAL = PROJECT.parent / "shared" / "corpus" / "feeds"
OWN = PROJECT / "tests" / "data" / "acceptance"
KINDS = {"real-news", "real-feed"}


@dataclass(frozen=True)
class Corpus:
    """Feed files by name; `real` says which of the two corpora they are."""

    feeds: dict[str, bytes]
    real: bool


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    manifest = REAL / "MANIFEST.tsv"
    if not manifest.is_file():
        assert not (os.environ.get("CI") and REAL.parents[1].is_dir()), f"{manifest} is missing"
        return Corpus({path.name: path.read_bytes() for path in sorted(OWN.iterdir())}, real=False)
    with manifest.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines, delimiter="\t") if row["kind"] in KINDS]
    return Corpus({row["file"]: (REAL / row["file"]).read_bytes() for row in rows}, real=True)


@pytest.fixture
def served(corpus: Corpus) -> Iterator[FeedServer]:
    with FeedServer(corpus.feeds, per_feed=True, spread=True) as server:
        yield server


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack(token=TOKEN, channels=(CHANNEL,), rate=50.0) as fake:
        yield fake
