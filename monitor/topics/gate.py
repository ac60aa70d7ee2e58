"""Whether a new classifier may take the place of the current one (pure).

It may where no topic falls below its pinned floor and none loses more than `MAX_LOSS` of F1 on any
labelled set at hand. A set on which a topic has few items says nothing of that topic: one item more
or less would decide.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.topics.evaluate import Evaluation, LabelledItem
from monitor.topics.floors import Floor

MAX_LOSS = 0.01  # of F1
LEAST_ITEMS = 10  # of a topic in a set
HELD_OUT = "held-out seeds"


@dataclass(frozen=True, slots=True)
class Trial:
    """How both classifiers fare on one labelled set; `before` is None where they cannot be compared on it."""

    name: str
    after: Evaluation
    before: Evaluation | None = None
    sha256: str = ""  # of the set's file


@dataclass(frozen=True, slots=True)
class Comparison:
    """One topic on one set, as a reader sees it; `before` is None where there was nothing to compare with."""

    set: str
    topic: str
    items: int
    before: float | None
    after: float
    floor: float | None
    fault: str  # "" where it passes


def compare(trials: Iterable[Trial], floors: Mapping[str, Floor]) -> tuple[Comparison, ...]:
    """Every topic on every set, with what keeps it from being published.

    Args:
        floors: by the name of their set.
    """
    found = []
    for trial in trials:
        least = floors[trial.name].f1 if trial.name in floors else {}
        for topic, figures in trial.after.topics.items():
            known = trial.before.topics.get(topic) if trial.before else None
            before = known.f1 if known else None
            floor = least.get(topic)
            fault = ""
            if figures.n >= LEAST_ITEMS:
                fault = _fault(figures.f1, before, floor)
            found.append(Comparison(trial.name, topic, figures.n, before, figures.f1, floor, fault))
    return tuple(found)


def _fault(after: float, before: float | None, floor: float | None) -> str:
    if floor is not None and after < floor:
        return f"F1 {after:.3f} is below its floor {floor:.3f}"
    if before is not None and before - after > MAX_LOSS + 1e-9:
        return f"F1 falls from {before:.3f} to {after:.3f}"
    return ""


def reasons(comparisons: Iterable[Comparison]) -> tuple[str, ...]:
    """What keeps a candidate from being published, a line for each topic and set; none where it may be."""
    return tuple(f"{one.topic} on {one.set}: {one.fault}" for one in comparisons if one.fault)


def macro_f1(evaluation: Evaluation) -> float:
    """The mean F1 of the topics of which the set has items: a set knows nothing of newer topics."""
    found = [figures.f1 for figures in evaluation.topics.values() if figures.n]
    return sum(found) / max(len(found), 1)


def lost_topics(before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """A reason for each topic that the current classifier knows and the new one does not."""
    return tuple(f"{topic} is gone: its card was removed" for topic in before if topic not in after)


def strayed(trials: Iterable[Trial], floors: Mapping[str, Floor]) -> tuple[str, ...]:
    """A reason for each set that is not the one its floors were measured on."""
    return tuple(
        f"{trial.name} is not the set that its floors were pinned on (sha256 {trial.sha256[:12]} here): "
        "measure again and pin them in seeds/floors.toml"
        for trial in trials
        if trial.name in floors and floors[trial.name].sha256 not in ("", trial.sha256)
    )


def digest(items: Iterable[LabelledItem]) -> str:
    """Twelve hex digits over some items: equal ones can be compared on."""
    told = [
        [item.text.title, item.text.summary, item.text.text, sorted(item.topics), sorted(item.disputed)]
        for item in items
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
