"""What a classifier is accounted for by: labelled sets at hand, figures on them, its card and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.settings import Settings

if TYPE_CHECKING:
    from monitor.topics.account import Account
    from monitor.topics.classify import Classifier
    from monitor.topics.evaluate import Evaluation
    from monitor.topics.lessons import Lessons
    from monitor.topics.report import Report
    from monitor.topics.sets import LabelledSet

KEPT_APART = "labels kept apart"


def labelled_sets(settings: Settings, known: Lessons | None = None) -> list[LabelledSet]:
    """Every labelled set at hand: of the seeds, of `MONITOR_LABELLED`, and the labels that never teach.

    Raises:
        Misconfigured, Permanent: a set cannot be used; the message says which and why.
    """
    from monitor.topics import sets

    own = settings.seeds / "labelled"
    found = sets.read([*([own] if own.is_dir() else []), *settings.labelled])
    if known and known.measure:
        found.append(sets.LabelledSet(KEPT_APART, known.measure))
    return found


def measured(classifier: Classifier, one: LabelledSet) -> Report:
    """The whole report on one set."""
    from monitor.topics.report import report

    return report(classifier, one.items)


def account(
    settings: Settings,
    held_out: Evaluation,
    known: Lessons,
    sets: Sequence[LabelledSet],
    reports: Mapping[str, Report],
) -> Account:
    """What a classifier that was just trained learned from, and its figures."""
    from monitor.topics import material
    from monitor.topics.account import Account, SetFigures

    figures = tuple(SetFigures.of(one.name, one.sha256, reports[one.name]) for one in sets if one.items)
    return Account(held_out, material.count(settings.seeds, known.teach), figures)


def draw(sets: Sequence[LabelledSet], reports: Mapping[str, Report], folder: Path) -> tuple[Path, ...]:
    """Pictures of the set with most items, into the folder of the classifier; none where there is no set."""
    from monitor.topics import curves

    largest = max(sets, key=lambda one: len(one.items), default=None)
    return curves.draw(reports[largest.name], folder, largest.name) if largest else ()


def describe(settings: Settings) -> tuple[Path, ...]:
    """Measure the published classifier on the sets at hand; write its figures, card and pictures anew.

    What it learned from is taken from its figures; where they do not say, it is counted in the seeds.

    Returns:
        the files.

    Raises:
        Misconfigured: there is no classifier, a set cannot be used, or the folder cannot be written.
    """
    from monitor.topics import artifacts, material
    from monitor.topics.account import Account, SetFigures

    folder = settings.classifiers
    classifier = artifacts.load(folder)
    sets = labelled_sets(settings)
    reports = {one.name: measured(classifier, one) for one in sets}
    figures = tuple(SetFigures.of(one.name, one.sha256, reports[one.name]) for one in sets if one.items)
    learned_from = artifacts.learned_from(folder) or material.count(settings.seeds)
    found = Account(artifacts.held_out(folder), learned_from, figures)
    artifacts.describe(classifier, found, folder)
    drawn = draw(sets, reports, folder)
    return folder / artifacts.CARD, folder / artifacts.SCORES, *drawn
