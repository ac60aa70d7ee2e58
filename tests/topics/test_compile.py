"""What documents propose: topics that have a card, and topics that nobody has thought of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from monitor.articles import gazetteer
from monitor.articles.actors import find, summarise
from monitor.records import ProposalKind, TopicText
from monitor.settings import PROJECT
from monitor.topics import cards
from monitor.topics.classify import Classifier
from monitor.topics.compile import Draft, Known, propose
from monitor.topics.documents import read
from monitor.topics.keyphrases import background
from monitor.topics.rules import Rule

DATA = PROJECT / "tests" / "data" / "documents"
SEED = PROJECT.parent / "shared" / "seed" / "000_7839114f4aa274fe.txt"


@pytest.fixture(scope="module")
def known(classifier: Classifier) -> Known:
    seeds = PROJECT / "seeds"
    lines = [
        line for path in sorted((seeds / "examples").glob("*.jsonl")) for line in path.read_text().split("\n")
    ]
    items = [json.loads(line) for line in lines if line]
    places = gazetteer.of(seeds)

    def actors(text: str) -> Mapping[str, frozenset[str]]:
        mentions = find(places, "", text)
        return {
            one.actor.name: frozenset(f"\n{text}"[m.start : m.end] for m in mentions if m.actor == one.actor)
            for one in summarise(mentions)
        }

    texts = [f"{item['title']}\n{item.get('summary', '')}" for item in items]
    return Known(cards.load(seeds), cards.word_lists(seeds), background(texts), classifier.score, actors)


def drafts(path: Path, known: Known) -> dict[str, Draft]:
    return {draft.card.name: draft for draft in propose(read(path), known)}


SOUND = {
    "mutual_defense": ("defense' clause", "mutual help", "mutual assistance", "assist one another"),
    "sanctions": ("sanctions",),
    "arms_transfers": ("munitions", "shells"),
}


@pytest.mark.parametrize("path", [SEED, PROJECT / "seeds" / "documents" / "0001-pact-in-pyongyang.md"])
def test_the_seed_document_proposes_its_three_topics(path: Path, known: Known) -> None:
    if not path.exists():
        pytest.skip("no ../shared here: the briefing of the seeds stands for it")
    found = drafts(path, known)
    text = "\n".join(one.text for one in read(path).paragraphs)
    for topic, words in SOUND.items():
        draft = found[topic]
        assert draft.kind is ProposalKind.ADDITION
        assert any(word in draft.card.passages[0].text for word in words)
        assert all(passage.text.split(". ")[0] in text for passage in draft.card.passages)
        assert all(passage.document == path.name for passage in draft.card.passages)
        assert min(draft.scores) >= 0.5
        assert draft.phrases
    assert "Russia" in found["arms_transfers"].actors


@pytest.mark.parametrize(
    ("name", "phrases", "matching", "foreign"),
    [
        (
            "fisheries-treaty.md",
            {"catch quota", "illegal fishing", "fishing vessel"},
            "Trawlers seized in crackdown on illegal fishing",
            "Party leaders meet on the budget of the capital",
        ),
        (
            "cyber-memo.md",
            {"ransom", "malware", "phishing"},
            "Hackers demand ransom after cyberattack on city hospitals",
            "Ministers open the new hospital",
        ),
    ],
)
def test_a_document_about_something_else_gives_one_topic_of_its_own(
    name: str, phrases: set[str], matching: str, foreign: str, known: Known
) -> None:
    (draft,) = drafts(DATA / name, known).values()
    assert draft.kind is ProposalKind.NEW_TOPIC
    assert phrases <= {phrase.text for phrase in draft.phrases}
    assert len(draft.card.passages) >= 5
    rule = Rule(draft.card.terms, known.lists)
    assert rule.match(TopicText(matching)).holds
    assert not rule.match(TopicText(foreign)).holds


def test_a_mixed_document_is_taken_apart(tmp_path: Path, known: Known) -> None:
    parts = [(DATA / "cyber-memo.md").read_text(), (DATA / "fisheries-treaty.md").read_text()]
    order = (PROJECT / "seeds" / "documents" / "0002-order-on-a-tanker-fleet.md").read_text()
    (tmp_path / "mixed.md").write_text("\n\n".join([*parts, order.split("+++\n")[2]]))
    found = drafts(tmp_path / "mixed.md", known)
    apart = [{p.text for p in d.phrases} for d in found.values() if d.kind is ProposalKind.NEW_TOPIC]
    assert len(apart) == 2
    assert sum("illegal fishing" in phrases for phrases in apart) == 1
    assert all(not {"illegal fishing", "ransom"} <= phrases for phrases in apart)
    assert "sanctions" in found


def test_a_document_in_another_language_gives_its_topic(tmp_path: Path, known: Known) -> None:
    text = (
        "Le traité sur la pêche fixe les quotas de capture. Les navires de pêche doivent avoir une licence.",
        "La pêche illégale est punie par la saisie du navire. Les inspecteurs contrôlent les captures.",
        "Les quotas de capture sont fixés par le comité. La pêche illégale menace les stocks.",
        "Les navires de pêche qui éteignent leur balise se livrent à la pêche illégale. Les zones ferment.",
    )
    (tmp_path / "a.txt").write_text("\n\n".join(text))
    (draft,) = drafts(tmp_path / "a.txt", known).values()
    assert "pêche illégale" in {phrase.text for phrase in draft.phrases}
    assert not {"les", "des", "les navires"} & {phrase.text for phrase in draft.phrases}
    assert Rule(draft.card.terms, known.lists).match(TopicText("Pêche illégale: trois navires saisis")).holds


def test_everyday_words_propose_nothing(tmp_path: Path, known: Known) -> None:
    (tmp_path / "a.txt").write_text("It rained on Monday and many people stayed at home with their families.")
    assert propose(read(tmp_path / "a.txt"), known) == ()


def test_another_sense_of_a_word_is_an_exclusion(known: Known, tmp_path: Path) -> None:
    shark = [f"Shark attack at beach number {n} closes the bay" for n in range(4)]
    other = Known(
        known.cards,
        known.lists,
        background([*shark, *["Rain falls on the hills"] * 400]),
        known.scores,
        known.actors,
    )
    text = "\n\n".join(
        f"Hackers began a ransomware attack on server {n}. The attack spread malware to its backups."
        for n in ("one", "two", "three", "four", "five", "six")
    )
    (tmp_path / "a.txt").write_text(text)
    (draft,) = propose(read(tmp_path / "a.txt"), other)
    assert "shark attack" in draft.exclusions
    assert any(term.text == "shark attack" and term.weight < 0 for term in draft.card.terms)
