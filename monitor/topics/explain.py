"""Why a text scores as it does: the sentence that says it and the words that weigh (pure)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from monitor.records import Reason, TopicText, WeightedTerm
from monitor.text import sentences, shorten
from monitor.topics.classify import Classifier, Placed
from monitor.topics.phrases import tokens
from monitor.topics.units import Unit

SHOWN_TERMS = 8
SENTENCE_LIMIT = 500  # characters
START = "(before any word)"
MARGIN = "(found in the text only)"


def explain(classifier: Classifier, text: TopicText, topic: str) -> Reason:
    """The sentence of `text` that speaks most for `topic`, and the terms that weigh most, signed.

    Raises:
        ValueError: the classifier does not know the topic.
    """
    placed = classifier.deciding(text, topic)
    column = classifier.topics.index(topic)
    weighed = dict(shares(classifier, placed, column))
    for own in (START, MARGIN):
        weighed.pop(own, None)
    folded = _folded(weighed)
    order = sorted(folded.items(), key=lambda share: (-abs(share[1]), share[0]))
    shown = tuple(WeightedTerm(term, weight) for term, weight in order[:SHOWN_TERMS] if abs(weight) >= 0.01)
    sentence = _sentence(classifier, placed.unit, column)
    anchors = classifier.anchors
    passage, document = anchors.passage(topic, sentence)
    version = anchors.cards.get(topic, "")
    return Reason(sentence, shown, anchors.clause(topic, sentence), passage, document, version)


def shares(classifier: Classifier, placed: Placed, column: int) -> Mapping[str, float]:
    """What each term of the deciding unit adds to the log-odds; with `START` they add up to them."""
    weighed: dict[str, float] = defaultdict(float)
    weights = classifier.weights[column]
    for share in classifier.encoder.shares(placed.unit):
        for words, part in share.words:
            weighed[words] += float(weights[share.column]) * share.value * part
    weighed[START] += float(classifier.intercepts[column])
    if placed.margin:
        weighed[MARGIN] -= placed.margin
    return weighed


def _folded(weighed: Mapping[str, float]) -> dict[str, float]:
    """Each term's weight given to the longest other term that holds it: a reader wants phrases once."""
    folded: dict[str, float] = {}
    for term in sorted(weighed, key=lambda one: (-len(one), one)):
        holder = next((longer for longer in folded if f" {term} " in f" {longer} "), term)
        folded[holder] = folded.get(holder, 0.0) + weighed[term]
    return folded


def _sentence(classifier: Classifier, unit: Unit, column: int) -> str:
    """The sentence of a unit that scores highest when it stands alone; the earliest of equals."""
    found = sentences(unit.source)
    if not found:
        return ""
    odds = classifier.log_odds([Unit(one, tuple(tokens(one))) for one in found])[:, column]
    return shorten(found[int(odds.argmax())], SENTENCE_LIMIT)
