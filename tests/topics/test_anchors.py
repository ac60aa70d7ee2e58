"""Clauses and passages that a sentence is nearest to."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.records import TopicText
from monitor.topics import anchors
from monitor.topics.classify import Classifier
from monitor.topics.explain import explain

CLAUSES = {"arms": ("deliveries of munitions", "licences granted or refused")}
PASSAGES = {
    "arms": [("memo.md", "Shells went north by rail."), ("memo.md", "The ministry refused a permit.")]
}
EXAMPLES = [
    ("Munitions arrive: shells unloaded at the border", frozenset({"arms"})),
    ("Shells shipped to the front", frozenset({"arms"})),
    ("Export licences for tanks refused by the cabinet", frozenset({"arms"})),
    ("Cabinet says no to tank exports", frozenset({"arms"})),
    ("Rain expected on Monday", frozenset()),
]
BUILT = anchors.build(CLAUSES, PASSAGES, EXAMPLES, {"arms": "abc"})


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("Trainloads of shells crossed the bridge.", "deliveries of munitions"),
        ("The cabinet would not let the tanks go.", "licences granted or refused"),
        ("Nothing of the kind.", "deliveries of munitions"),
    ],
)
def test_a_clause_is_found_by_the_words_of_its_examples(text: str, clause: str) -> None:
    assert BUILT.clause("arms", text) == clause


def test_the_nearest_passage_comes_with_its_document() -> None:
    assert BUILT.passage("arms", "A permit was refused") == ("The ministry refused a permit.", "memo.md")
    assert BUILT.passage("arms", "zebra") == ("", "")
    assert BUILT.passage("floods", "A permit") == ("", "")
    assert anchors.Anchors().clause("arms", "shells") == ""


@given(st.text(max_size=200))
def test_anchors_survive_the_artefact(text: str) -> None:
    back = anchors.from_json(anchors.to_json(BUILT))
    assert back == BUILT
    assert back.clause("arms", text) == BUILT.clause("arms", text)
    assert back.passage("arms", text) == BUILT.passage("arms", text)


@pytest.mark.parametrize("text", ["[]", "{}", json.dumps({"clauses": {"a": [["t", "d", 3]]}})])
def test_other_content_is_refused(text: str) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        anchors.from_json(text)


@pytest.mark.parametrize(
    ("topic", "text", "clause", "document"),
    [
        (
            "sanctions",
            "The treasury froze the assets of nine firms whose tankers carry crude above the price cap.",
            "asset",
            "0002-order-on-a-tanker-fleet.md",
        ),
        (
            "mutual_defense",
            "Moscow and Pyongyang signed a treaty with a clause on mutual assistance against aggression.",
            "",
            "0001-pact-in-pyongyang.md",
        ),
    ],
)
def test_a_shipped_topic_names_its_clause_and_passage(
    classifier: Classifier, topic: str, text: str, clause: str, document: str
) -> None:
    found = explain(classifier, TopicText(text), topic)
    assert clause in found.clause
    assert found.clause
    assert found.document == document
    assert len(found.card_version) == 12
