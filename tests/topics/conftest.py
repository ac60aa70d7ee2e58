"""One classifier trained from the shipped seeds, for every test of this room."""

import pytest

from monitor.settings import PROJECT
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import Evaluation
from monitor.topics.train import train


@pytest.fixture(scope="session")
def trained() -> tuple[Classifier, Evaluation]:
    return train(PROJECT / "seeds")


@pytest.fixture(scope="session")
def classifier(trained: tuple[Classifier, Evaluation]) -> Classifier:
    return trained[0]
