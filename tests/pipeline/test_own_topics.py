"""A topic of a user's own, from a document of one page to scores: what is meant is found, the news is not.

Documents and texts are our own. `invented.jsonl` has for each topic a dozen reports that the document does
not know, a dozen near misses that share its words (films, sport, other strikes), and ordinary news.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from monitor import pipeline
from monitor.pipeline.drafting import accept_proposal, propose_topics
from monitor.records import ProposalKind, RunKey, TopicText
from monitor.settings import PROJECT, Settings
from monitor.store.database import upgrade
from monitor.topics import artifacts
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import LabelledItem, read_items
from monitor.topics.train import train

DOCUMENTS = {
    "piracy": "piracy-note.md",
    "nuclear_talks": "enrichment-talks.md",
    "port_strikes": "dock-strike-memo.md",
}
TEXTS = PROJECT / "tests" / "data" / "topics" / "invented.jsonl"
OBVIOUS = {
    "piracy": "Pirates hijack tanker off the coast and hold its crew for ransom",
    "nuclear_talks": "Nuclear talks break off over uranium enrichment, inspectors wait",
    "port_strikes": "Dockers' union calls strike at container terminals of three ports",
}
NEAR_MISSES = {
    "piracy": [
        "Studio sues over pirated films",
        "Pirates beat Reds in extra innings",
        "Pirate radio is closed",
    ],
    "nuclear_talks": ["Nuclear power plant restarts", "Talks on steel tariffs resume"],
    "port_strikes": ["Missile strike on harbour kills six", "Metro drivers strike in Paris"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which three documents were compiled, and their cards accepted and taken up."""
    home = tmp_path_factory.mktemp("own")
    shutil.copytree(PROJECT / "seeds", home / "seeds", ignore=shutil.ignore_patterns("demo", "floors.toml"))
    for path in (home / "seeds" / "examples").glob("*.jsonl"):
        path.write_text("\n".join(path.read_text().split("\n")[:100]) + "\n")
    settings = Settings(
        home=home,
        database_url=f"sqlite:///{home / 'monitor.db'}",
        seeds=home / "seeds",
        classifiers=home / "models",
    )
    shutil.copytree(PROJECT / "models", settings.classifiers)
    upgrade(settings.database_url)
    for name, document in DOCUMENTS.items():
        found = propose_topics(settings, [PROJECT / "tests" / "data" / "documents" / document])
        (proposal,) = [one for one in found if one.kind is ProposalKind.NEW_TOPIC]
        edited = home / f"{name}.toml"
        card = proposal.card.replace(f'name = "{proposal.topic}"', f'name = "{name}"', 1)
        edited.write_text(card)
        accept_proposal(settings, proposal.id, "ana", edited)
    (settings.classifiers / artifacts.FILE).unlink()  # made of more examples than these seeds have
    (ledger,) = pipeline.train(settings, RunKey("cli", "test", "1"))
    assert set(ledger.outcomes) == {"published"}
    return home


@pytest.fixture(scope="module")
def classifier(home: Path) -> Classifier:
    return artifacts.load(home / "models")


def scores(classifier: Classifier, topic: str, texts: list[TopicText]) -> np.ndarray:
    column = classifier.topics.index(topic)
    return np.asarray([row[column].score for row in classifier.score(texts)])


def of(items: list[LabelledItem], *strata: str) -> list[TopicText]:
    return [item.text for item in items if item.stratum in strata]


@pytest.mark.parametrize("topic", DOCUMENTS)
def test_a_topic_from_one_page_is_usable(classifier: Classifier, topic: str) -> None:
    items = read_items(TEXTS)
    threshold = classifier.thresholds[classifier.topics.index(topic)]
    assert threshold == 0.5
    meant = scores(classifier, topic, of(items, f"{topic} pos"))
    others = [item.text for item in items if not item.stratum.startswith(topic)]
    foreign = scores(classifier, topic, others)
    (obvious,) = scores(classifier, topic, [TopicText(OBVIOUS[topic])])
    recall = float((meant >= threshold).mean())
    precision = float(
        (meant >= threshold).sum() / ((meant >= threshold).sum() + (foreign >= threshold).sum())
    )
    print(f"{topic}: recall {recall:.2f}, precision in other news {precision:.2f}, obvious {obvious:.2f}")
    assert obvious >= 0.7
    assert recall >= 0.66
    assert precision >= 0.8
    assert np.median(foreign) < 0.1
    assert np.median(meant) > np.median(scores(classifier, topic, of(items, f"{topic} near")))
    assert ((meant > 0.05) & (meant < 0.97)).sum() >= 4, "scores must differ, not saturate"


def test_near_misses_of_a_card_count_as_much_as_its_examples(home: Path, tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(home / "seeds", seeds)
    for name, texts in NEAR_MISSES.items():
        path = seeds / "topics" / f"{name}.toml"
        path.write_text(path.read_text().replace("\n[[term]]", f"near_misses = {texts}\n\n[[term]]", 1))
    before, (after, _) = artifacts.load(home / "models"), train(seeds)
    items = read_items(TEXTS)
    hits = {True: 0, False: 0}
    for topic in DOCUMENTS:
        told = [TopicText(text) for text in NEAR_MISSES[topic]]
        assert scores(after, topic, told).mean() < scores(before, topic, told).mean()
        assert (scores(after, topic, of(items, f"{topic} pos")) >= 0.5).mean() >= 0.6
        for taught, by in ((False, before), (True, after)):
            hits[taught] += int((scores(by, topic, of(items, f"{topic} near")) >= 0.5).sum())
    print(f"near misses taken for hits, of 36: {hits[False]} before, {hits[True]} after seven were named")
    assert hits[True] < hits[False] <= 18


def test_the_card_says_which_topics_have_few_examples(home: Path) -> None:
    told = (home / "models" / artifacts.CARD).read_text()
    line = next(one for one in told.splitlines() if one.startswith("- Fewer than 40 examples"))
    assert line.endswith("no probability: nuclear_talks, piracy, port_strikes.")


def test_the_shipped_topics_do_not_suffer(classifier: Classifier) -> None:
    column = classifier.topics.index("sanctions")
    (row,) = classifier.score([TopicText("EU imposes new sanctions on Russian banks and tankers")])
    assert row[column].is_hit
    assert not any(row[classifier.topics.index(topic)].is_hit for topic in DOCUMENTS)
