"""Reasons: the right sentence, terms a reader knows, and shares that add up."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.records import TopicText
from monitor.settings import PROJECT
from monitor.topics.classify import Classifier
from monitor.topics.explain import explain, shares

TEXT = TopicText(
    "Evening news from the capital",
    "",
    "The harvest was good and the markets were full. The mayor opened a new school on Monday. "
    "In Brussels the EU imposed new sanctions on Russia and froze the assets of nine banks. "
    "Rain is expected towards the weekend, and trains will run late. " * 3,
)


def test_sentence_and_terms_name_the_cause(classifier: Classifier) -> None:
    reason = explain(classifier, TEXT, "sanctions")
    assert reason.sentence.startswith("In Brussels the EU imposed new sanctions")
    assert any("sanctions" in term.term and term.weight > 0 for term in reason.terms)
    assert [abs(t.weight) for t in reason.terms] == sorted(
        (abs(t.weight) for t in reason.terms), reverse=True
    )


SEED = PROJECT.parent / "shared" / "seed" / "000_7839114f4aa274fe.txt"
BRIEFING = PROJECT / "seeds" / "documents" / "0001-pact-in-pyongyang.md"
RIGHT = {
    "mutual_defense": (
        "mutual defense",
        "mutual help",
        "mutual assistance",
        "assist one another",
        "if either",
    ),
    "sanctions": ("sanctions",),
    "arms_transfers": ("munitions", "shells", "missiles for"),
}


@pytest.mark.parametrize("topic", RIGHT)
@pytest.mark.parametrize("path", [SEED, BRIEFING], ids=["seed", "briefing"])
def test_the_seed_document_is_explained_by_its_right_sentences(
    classifier: Classifier, path: Path, topic: str
) -> None:
    if not path.exists():
        if os.environ.get("CI") == "true" and SEED.parents[1].exists():
            pytest.fail(f"{path} is missing")
        pytest.skip("no ../shared here: the briefing of the seeds stands for it")
    source = path.read_text().split("+++\n")[-1].strip()
    text = TopicText("", "", source)
    score = next(one for one in classifier.score([text])[0] if one.topic == topic)
    assert score.is_hit, (topic, score)
    reason = explain(classifier, text, topic)
    assert any(words in reason.sentence for words in RIGHT[topic]), reason.sentence
    assert reason.sentence.removesuffix("…")[:80] in " ".join(source.split())
    assert reason.clause
    assert reason.terms[0].weight > 0


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.sampled_from("nato sanctions Russia missiles to Kyiv . sells the jets pact".split()),
        min_size=1,
        max_size=40,
    )
)
def test_shares_add_up_to_the_score(classifier: Classifier, words: list[str]) -> None:
    text = TopicText(" ".join(words))
    for column, topic in enumerate(classifier.topics):
        placed = classifier.deciding(text, topic)
        assert sum(shares(classifier, placed, column).values()) == pytest.approx(placed.log_odds)


def test_empty_text_has_an_empty_reason(classifier: Classifier) -> None:
    assert explain(classifier, TopicText(""), "sanctions").terms == ()


def test_unknown_topic_is_refused(classifier: Classifier) -> None:
    with pytest.raises(ValueError, match="floods"):
        explain(classifier, TEXT, "floods")
