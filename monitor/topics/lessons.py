"""Labels of people as examples: most teach, some are kept apart to measure (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.records import Label, TopicText, Verdict
from monitor.topics.evaluate import LabelledItem

APART = 4  # every fourth labelled text measures and never teaches


@dataclass(frozen=True, slots=True)
class Lessons:
    """Labelled texts; a topic that nobody judged on a text is disputed there."""

    teach: tuple[LabelledItem, ...]
    measure: tuple[LabelledItem, ...]


def lessons(labels: Iterable[Label], topics: Sequence[str]) -> Lessons:
    """The labels that count as items. Where people disagree on a topic, it is disputed.

    Whether a text teaches or measures is decided by a hash of it, so that it stays so for every version
    of the classifier: none is measured on what an earlier one has learned.
    """
    said: dict[TopicText, dict[str, set[Verdict]]] = {}
    for label in labels:
        if label.verdict is not Verdict.UNSURE and label.topic in topics:
            text = TopicText(label.shown.title, label.shown.summary, label.shown.text)
            said.setdefault(text, {}).setdefault(label.topic, set()).add(label.verdict)
    groups: tuple[list[LabelledItem], list[LabelledItem]] = ([], [])
    for text in sorted(said, key=lambda one: (one.title, one.summary, one.text)):
        sure = {topic: next(iter(votes)) for topic, votes in said[text].items() if len(votes) == 1}
        if sure:
            yes = frozenset(topic for topic, verdict in sure.items() if verdict is Verdict.YES)
            groups[_apart(text)].append(LabelledItem(text, yes, frozenset(topics) - frozenset(sure)))
    return Lessons(tuple(groups[0]), tuple(groups[1]))


def _apart(text: TopicText) -> bool:
    key = f"{text.title}\0{text.summary}".encode()
    return int(hashlib.sha256(key).hexdigest(), 16) % APART == 0
