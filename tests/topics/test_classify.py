"""Scores: independent of company, found in long texts, and high or low where they must be."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics import floors
from monitor.topics.classify import Classifier
from monitor.topics.evaluate import evaluate, read_items

ALL = {"mutual_defense", "sanctions", "arms_transfers"}
DATA = PROJECT / "seeds" / "labelled" / "written.jsonl"
SHARED = PROJECT.parent / "shared"
FILLER = (
    "The festival drew thousands to the river. Musicians from nine towns played until midnight. "
    "Bakers sold bread from wooden carts. The mayor thanked the volunteers and the fire brigade. "
) * 12
FLOORS = floors.read(PROJECT / "seeds")
CORPUS = "news-dev.jsonl"
CORPUS_SHA256 = "f615317334c83ae53c0673b01fca3fd5e542ffb2520d9674abf1869c2ec17b14"
CORPUS_FLOOR = 0.9  # macro F1 measured: 0.907


def corpus(name: str) -> Path:
    """A file of the shared corpus, or the reason why the test does not run."""
    path = SHARED / name
    if not path.exists():
        if os.environ.get("CI") == "true" and SHARED.exists():
            pytest.fail(f"{path} is missing")
        pytest.skip(f"no {name} beside the project")
    return path


def scores(classifier: Classifier, *texts: TopicText) -> list[dict[str, float]]:
    return [{one.topic: one.score for one in row} for row in classifier.score(texts)]


TEXTS = [item.text for item in read_items(DATA)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12))
def test_scores_do_not_depend_on_batch_or_order(classifier: Classifier, texts: list[TopicText]) -> None:
    together = classifier.score(texts)
    assert together == [classifier.score([text])[0] for text in texts]
    assert together[::-1] == classifier.score(texts[::-1])


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=900))
def test_any_text_gets_probabilities(classifier: Classifier, title: str, summary: str, text: str) -> None:
    (row,) = classifier.score([TopicText(title, summary, text)])
    assert [one.topic for one in row] == list(classifier.topics)
    assert all(0 <= one.score <= 1 for one in row)


def test_nothing_scores_nothing(classifier: Classifier) -> None:
    assert classifier.score([]) == []
    assert not any(one.is_hit for one in classifier.score([TopicText("")])[0])


PARAGRAPHS = {
    "arms_transfers": (
        "Germany has delivered two more Patriot air defence systems and artillery shells to Ukraine. "
        "Further missiles will follow in spring, the defence ministry in Berlin said on Monday.",
        "A film about an arms dealer won the prize of the jury, and its director thanked the crew.",
    ),
    "mutual_defense": (
        "Leaders of the alliance reaffirmed Article 5: an attack on one NATO member is an attack on all. "
        "They promised to defend every inch of the Baltic states against Russia.",
        "The alliance of small parties in the town council wants the pool to stay open in winter.",
    ),
    "sanctions": (
        "The European Union imposed new sanctions on Russia and froze the assets of nine banks. "
        "The package also bans ships of the shadow fleet from European ports.",
        "The league has sanctioned the coach for shouting at a referee, and he will miss two games.",
    ),
}


@pytest.mark.parametrize("topic", PARAGRAPHS)
def test_one_paragraph_of_a_long_article_is_found_and_a_passing_mention_is_not(
    classifier: Classifier, topic: str
) -> None:
    column = classifier.topics.index(topic)
    said, mentioned = PARAGRAPHS[topic]
    title = "A weekend in town"
    asked = [
        TopicText(title, "", f"{FILLER}\n{said}\n{FILLER}"),
        TopicText(title, "", f"{said}\n{FILLER}{FILLER}"),
        TopicText(title, "", f"{FILLER}{FILLER}\n{said}"),
        TopicText(title, "", f"{FILLER}\n{mentioned}\n{FILLER}"),
    ]
    *found, passing = (row[column] for row in classifier.score(asked))
    assert all(one.is_hit for one in found), found
    assert not passing.is_hit, passing
    assert passing.score < min(one.score for one in found) / 2


def test_long_article_with_one_paragraph_is_found(classifier: Classifier) -> None:
    paragraph = (
        "The United States approved the sale of forty F-16 fighter jets and missiles to Poland. "
        "Congress was notified of the arms deal on Monday, and deliveries of the jets start next year."
    )
    title = TopicText("A weekend in town", "", f"{FILLER}\n{paragraph}\n{FILLER}")
    (row,) = classifier.score([title])
    assert [one.topic for one in row if one.is_hit] == ["arms_transfers"]


@pytest.mark.parametrize(
    ("topic", "paragraph"),
    [
        (
            "arms_transfers",
            "Washington has also agreed to sell the emirate sixty air defence missiles for 1.1 billion "
            "dollars, the agency told Congress. Deliveries would start in 2027.",
        ),
        (
            "mutual_defense",
            "Georgia's new leaders say they still want to join NATO. "
            "The alliance replied that the door is open, but gave no date.",
        ),
        (
            "sanctions",
            "The refinery, which is under American sanctions, has sold its cargo through a chain of shell "
            "companies in Dubai. Treasury officials have now blacklisted four of them.",
        ),
    ],
)
def test_a_relevant_paragraph_makes_a_hit(classifier: Classifier, topic: str, paragraph: str) -> None:
    (row,) = classifier.score([TopicText("A weekend in town", "", f"{FILLER}\n{paragraph}\n{FILLER}")])
    assert topic in [one.topic for one in row if one.is_hit]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Her brother had once sold rifles in the mountains. That was long ago, before the bakery.",
        "The town lives from the plant, which makes shells for the country's own army. In the canteen they "
        "speak of wages.",
        "He had served with NATO's force in Kosovo for two years. There he learned to cook beans.",
        "He left Iran as a boy. Sanctions, war, an uncle in jail: he does not like to talk about it.",
    ],
)
def test_a_passing_mention_makes_none(classifier: Classifier, paragraph: str) -> None:
    (row,) = classifier.score([TopicText("A weekend in town", "", f"{FILLER}\n{paragraph}\n{FILLER}")])
    assert not any(one.is_hit for one in row)


def test_long_article_about_something_else_is_not(classifier: Classifier) -> None:
    (row,) = classifier.score([TopicText("A weekend in town", "", FILLER)])
    assert not any(one.is_hit for one in row)


def test_founding_briefing_is_all_three(classifier: Classifier) -> None:
    source = (PROJECT / "seeds/documents/0001-pact-in-pyongyang.md").read_text().split("+++\n")[2]
    (row,) = classifier.score([TopicText("", "", source.strip())])
    assert {one.topic for one in row if one.is_hit} == ALL


def test_founding_document_is_all_three(classifier: Classifier) -> None:
    source = corpus("seed/000_7839114f4aa274fe.txt").read_text()
    (row,) = classifier.score([TopicText("", "", source)])
    assert {one.topic for one in row if one.is_hit} == ALL


@pytest.mark.parametrize(
    "text",
    [
        "The sprinter accepted a doping sanction of two years after a second positive test. "
        "The athlete will miss the Olympic Games; the federation had asked for four years.",
        "Three opposition parties formed an alliance in parliament. "
        "Together they hold enough seats to bring down the government.",
        "The scientist issued a call to arms about the climate. "
        "She asked young people to act on emissions before the next summit.",
    ],
)
def test_look_alikes_score_low(classifier: Classifier, text: str) -> None:
    for found in scores(classifier, TopicText(text), TopicText("", text), TopicText("", "", text)):
        assert max(found.values()) < LOOK_ALIKE_LIMIT


LOOK_ALIKE_LIMIT = 0.1


def test_floors_on_our_labelled_items(classifier: Classifier) -> None:
    pinned = FLOORS[DATA.name]
    assert hashlib.sha256(DATA.read_bytes()).hexdigest() == pinned.sha256, "measure again, then pin"
    found = evaluate(classifier, read_items(DATA))
    assert found.items >= 60
    assert set(pinned.f1) == ALL
    for topic, floor in pinned.f1.items():
        assert found.topics[topic].f1 >= floor, found.as_dict()


def test_floor_on_the_corpus(classifier: Classifier) -> None:
    path = corpus(f"corpus/labelled/{CORPUS}")
    pinned = FLOORS[CORPUS]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == CORPUS_SHA256 == pinned.sha256
    found = evaluate(classifier, read_items(path))
    assert found.macro_f1 >= CORPUS_FLOOR, found.as_dict()
    assert set(pinned.f1) == ALL
    for topic, floor in pinned.f1.items():
        assert found.topics[topic].f1 >= floor, found.as_dict()
