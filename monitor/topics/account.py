"""What a classifier is, what it learned from and how it fares: the text of `MODEL_CARD.md` (pure).

Everything is read from the classifier itself and from figures that were measured with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.topics import few, material
from monitor.topics.bootstrap import Interval
from monitor.topics.classify import WINDOW_MARGIN, Classifier
from monitor.topics.evaluate import Evaluation, TopicFigures
from monitor.topics.features import Plan
from monitor.topics.material import Material
from monitor.topics.report import Report
from monitor.topics.units import HEAD_WORDS, WINDOW_WORDS

MOST_KINDS = 40  # of examples that are named; the rest are summed up
SURE = 0.05  # expected calibration error up to which a score can be taken at its word
_GRAMS = {
    "words": "words and pairs of words",
    "stems": "stems of words and pairs of them",
    "pieces": "pieces of words (character n-grams)",
    "frames": "frames such as '@state @supply @weapon'",
}


@dataclass(frozen=True, slots=True)
class SetFigures:
    """How a classifier fares on one labelled set: figures, their intervals of 95 %, calibration errors."""

    name: str
    sha256: str
    figures: Evaluation
    intervals: Mapping[str, Mapping[str, Interval]]
    errors: Mapping[str, float]  # expected calibration error by topic

    @classmethod
    def of(cls, name: str, sha256: str, found: Report) -> SetFigures:
        errors = {topic: curve.expected_error for topic, curve in found.reliability.items()}
        return cls(name, sha256, found.whole, found.intervals, errors)

    def as_dict(self) -> dict[str, Any]:
        """One object, as `scores.json` holds it."""
        bounds = {
            topic: {name: [round(low, 4), round(high, 4)] for name, (low, high) in each.items()}
            for topic, each in self.intervals.items()
        }
        errors = {topic: round(error, 4) for topic, error in self.errors.items()}
        told = {"sha256": self.sha256, "intervals": bounds, "expected_calibration_error": errors}
        return self.figures.as_dict() | told


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of a classifier beside itself: what it learned from, its figures on sets at hand."""

    held_out: Evaluation | None
    learned_from: Material = dataclasses.field(default_factory=dict)
    sets: tuple[SetFigures, ...] = ()


def text(classifier: Classifier, account: Account) -> str:
    """The card, in Markdown."""
    parts = [
        _head(classifier),
        _recipe(classifier),
        _learned(account.learned_from, classifier.topics),
        _held_out(account.held_out),
        *map(_set, account.sets),
        _calibration(account.sets),
        _limits(classifier, account),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(classifier: Classifier) -> list[str]:
    return [
        "# The topic classifier",
        "",
        f"Version `{classifier.version}`. Written by `monitor train`; "
        "`monitor topics card` measures and writes it again.",
        "",
        *_table(
            ("topic", "card", "threshold"),
            [
                (topic, f"`{classifier.anchors.cards.get(topic, '')}`", f"{threshold:.3f}")
                for topic, threshold in zip(classifier.topics, classifier.thresholds, strict=True)
            ],
        ),
    ]


def _recipe(classifier: Classifier) -> list[str]:
    plan, encoder = classifier.encoder.plan, classifier.encoder
    lines = [
        "## Recipe",
        "",
        f"One linear function a topic over {encoder.width:,} features, its log-odds calibrated by Platt's "
        "method: a score is the probability that the text reports on the topic.",
        "",
    ]
    lines += [
        f"- {len(grams.vocabulary):,} {_GRAMS.get(grams.kind, grams.kind)}, TF-IDF, length {grams.scale:g}"
        for grams in plan.grams
    ]
    phrases = sum(len(terms) for terms in encoder.cards.values())
    if plan.term_value:
        lines.append(f"- {phrases:,} phrases of the topic cards, {plan.term_value:g} each")
    if plan.sums:
        lines.append(f"- what the phrases of each card weigh together ({', '.join(plan.sums)})")
    if plan.list_value:
        lines.append(f"- {len(encoder.lists)} word lists of which a member is met, {plan.list_value:g} each")
    known = {"grams", "term_value", "sums", "sum_scale", "list_value"}
    others = [one.name for one in dataclasses.fields(Plan) if one.name not in known]
    lines += [f"- {name}: {getattr(plan, name)}" for name in others if getattr(plan, name)]
    lines += [
        "",
        f"A text is read as its head (title, summary or the first {HEAD_WORDS} words) and in windows of some "
        f"{WINDOW_WORDS} words, none across a paragraph's end; of a window's log-odds, "
        f"{WINDOW_MARGIN:g} are taken.",
    ]
    return lines


def _learned(learned: Material, topics: Sequence[str]) -> list[str]:
    if not learned:
        return []
    whole = material.whole(learned)
    named = list(whole.kinds.items())[:MOST_KINDS]
    kinds = ", ".join(f"{kind} {number}" for kind, number in named)
    if len(whole.kinds) > MOST_KINDS:
        rest = list(whole.kinds.values())[MOST_KINDS:]
        kinds += f", and {sum(rest):,} of {len(rest)} rarer kinds"
    languages = ", ".join(f"{language} {number:,}" for language, number in whole.languages.items())
    rows = [
        (name, f"{one.items:,}", *(f"{one.topics.get(topic, 0):,}" for topic in topics))
        for name, one in [*learned.items(), ("all", whole)]
    ]
    return [
        f"## What it learned from: {whole.items:,} texts",
        "",
        *_table(("source", "texts", *topics), rows),
        "",
        f"Languages: {languages}.",
        "",
        f"Kinds: {kinds}.",
    ]


def _held_out(found: Evaluation | None) -> list[str]:
    if found is None:
        return []
    rows = [(name, *_figures(one, {}), str(one.n)) for name, one in found.topics.items()]
    return [
        f"## Scores on {found.items:,} texts of its own material, each scored by a fit that had not seen it",
        "",
        *_table(("topic", "precision", "recall", "F1", "average precision", "carry it"), rows),
        "",
        f"{_macro(found)}. These are hard on purpose: reports that avoid a topic's usual words, and texts "
        "that only sound like one.",
    ]


def _set(one: SetFigures) -> list[str]:
    rows = [
        (name, *_figures(found, one.intervals[name]), f"{one.errors[name]:.3f}", str(found.n))
        for name, found in one.figures.topics.items()
    ]
    digest = f" (sha256 `{one.sha256[:12]}`)" if one.sha256 else ""
    columns = ("topic", "precision", "recall", "F1", "average precision", "calibration error", "carry it")
    return [
        f"## Scores on {one.name}{digest}: {one.figures.items:,} texts",
        "",
        *_table(columns, rows),
        "",
        f"{_macro(one.figures)}. Between brackets: intervals of 95 %, by bootstrap.",
    ]


def _calibration(sets: Sequence[SetFigures]) -> list[str]:
    if not sets:
        return []
    worst = max((error, topic, one.name) for one in sets for topic, error in one.errors.items())
    told = "no score is further from it than that" if worst[0] <= SURE else "take scores there as a ranking"
    return [
        "## Calibration",
        "",
        "The expected calibration error is the mean distance between a score and the share of texts with "
        f"such scores that report on the topic. The largest is {worst[0]:.3f} ({worst[1]} on {worst[2]}): "
        f"{told}. `reliability.svg` and `precision-recall.svg` show the set that their titles name.",
    ]


def _limits(classifier: Classifier, account: Account) -> list[str]:
    languages = ", ".join(classifier.languages)
    lines = [f"- Reads {languages}; texts in other languages are counted and not scored."]
    learned = material.whole(account.learned_from).topics
    rare = [topic for topic in classifier.topics if learned.get(topic, few.ENOUGH) < few.ENOUGH]
    if rare:
        lines.append(
            f"- Fewer than {few.ENOUGH} examples, so that a score is a place against the news and no "
            f"probability: {', '.join(rare)}."
        )
    weak = [
        f"{topic} on {one.name} ({bounds['f1'][0]:.2f} to {bounds['f1'][1]:.2f})"
        for one in account.sets
        for topic, bounds in one.intervals.items()
        if one.figures.topics[topic].n and bounds["f1"][0] < 0.8
    ]
    if weak:
        lines.append(f"- F1 may lie below 0.8: {', '.join(weak)}.")
    rough = [
        f"{topic} on {one.name} ({found.n})"
        for one in account.sets
        for topic, found in one.figures.topics.items()
        if found.n < 50
    ]
    if rough:
        lines.append(
            f"- Fewer than fifty texts carry the topic, so its figures are rough: {', '.join(rough)}."
        )
    if not account.sets:
        lines.append("- No labelled set was at hand: nothing is known of its scores on news.")
    lines += [
        "- Labelled sets are rich in near misses; in everyday news a topic is rarer. `monitor evaluate hits "
        "FILE` counts hits in texts without labels, `monitor topics quality` measures live.",
        "- Words that no example holds weigh nothing: new names and weapons are known by their context only.",
        "- Changing a card or an example makes another version: run `monitor train`.",
    ]
    return ["## Limits", "", *lines]


def _figures(one: TopicFigures, bounds: Mapping[str, Interval]) -> list[str]:
    names = ("precision", "recall", "f1", "average_precision")
    return [
        f"{_kept(getattr(one, name)):.3f}"
        + (f" ({bounds[name][0]:.2f}-{bounds[name][1]:.2f})" if name in bounds else "")
        for name in names
    ]


def _macro(found: Evaluation) -> str:
    each = found.topics.values()
    f1 = sum(_kept(one.f1) for one in each) / max(len(each), 1)
    average = sum(_kept(one.average_precision) for one in each) / max(len(each), 1)
    return f"Macro F1 {f1:.3f}, macro average precision {average:.3f}"


def _kept(figure: float) -> float:
    """As `scores.json` keeps it: a card that is written again from there is the same."""
    return round(figure, 4)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in (columns, *rows)]
    return [lines[0], f"|{' --- |' * len(columns)}", *lines[1:]]
