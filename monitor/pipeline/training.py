"""train and publish: fit the classifier, hold it against the current one, publish it or keep it to wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import Misconfigured
from monitor.pipeline.accounting import account, draw, labelled_sets, measured
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import labels
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.classify import Classifier
    from monitor.topics.evaluate import Evaluation
    from monitor.topics.gate import Comparison, Trial
    from monitor.topics.lessons import Lessons
    from monitor.topics.report import Report
    from monitor.topics.sets import LabelledSet

STAGES = 3  # fit, compare, publish


def train(
    settings: Settings, run: RunKey, *, progress: Progress = silent, ask: bool = False
) -> tuple[Ledger, ...]:
    """Train from the seeds and the labels of people; publish where the gate lets it through.

    The gate compares with the current classifier on every labelled set at hand: `seeds/labelled/*.jsonl`,
    those of `MONITOR_LABELLED`, the labels that are kept apart, and the held-out seeds where both were
    trained on the same. A version that it holds back is kept as a candidate with the reasons; see
    `monitor topics versions`.

    Args:
        ask: publish nothing, also where the gate lets it through: a person is asked, and `publish` follows.
            Where no classifier is published there is nothing to guard, and nobody is asked.

    Returns:
        one ledger: topics, all `published`, `candidate`, `waiting` or `unchanged`; its note compares.

    Raises:
        Misconfigured: a topic card, an example file or a labelled set is broken; the message says where.
    """
    from monitor.topics import artifacts, floors, gate, versions
    from monitor.topics.train import train as fit

    desk = sit_down(settings, run)
    folder = settings.classifiers
    progress(Step.TRAIN, 0, STAGES)
    known = learned(settings)
    classifier, held_out = fit(settings.seeds, known.teach)
    progress(Step.TRAIN, 1, STAGES)
    current = _current(folder)
    sets = labelled_sets(settings, known)
    reports = {one.name: measured(classifier, one) for one in sets}
    trials, material = _trials(settings, held_out, current, sets, reports)
    pinned = floors.read(settings.seeds)
    compared = gate.compare(trials, pinned)
    reasons = (*gate.strayed(trials, pinned), *gate.reasons(compared))
    if current:
        reasons = (*gate.lost_topics(current.topics, classifier.topics), *reasons)
    progress(Step.TRAIN, 2, STAGES)
    verdict = versions.Verdict(classifier.version, not reasons, reasons, clock(), material, compared)
    end = "unchanged" if current and current.version == classifier.version else "published"
    if reasons and end == "published":
        end = "candidate"
    elif ask and current and end == "published":
        end = "waiting"
    if current and end != "unchanged":
        versions.keep(folder, current.version)
    place = versions.home(folder, classifier.version) if end in ("candidate", "waiting") else folder
    artifacts.save(classifier, account(settings, held_out, known, sets, reports), place)
    draw(sets, reports, place)
    if end != "unchanged":
        versions.write_verdict(verdict, place)
    if end == "published":
        versions.keep(folder, classifier.version)
    progress(Step.TRAIN, STAGES, STAGES)
    note = _note(classifier, held_out, compared, known, end, reasons)
    ends = Counter({end: len(classifier.topics)})
    return desk.close(tally(Step.TRAIN, "topics", ends, len(classifier.topics), note))


def publish(
    settings: Settings,
    run: RunKey,
    *,
    version: str | None = None,
    anyway: bool = False,
    progress: Progress = silent,
) -> tuple[Ledger, ...]:
    """Publish a version; the one that was trained last and waits, where none is named.

    Args:
        anyway: also one that the gate held back.

    Returns:
        one ledger: topics, all `published` or `unchanged`; its note says how to take it back.

    Raises:
        NotFound: it is not kept here.
        Misconfigured: the gate held it back, or its file is damaged.
    """
    from monitor.topics import versions

    desk = sit_down(settings, run)
    folder = settings.classifiers
    newest = versions.waiting(folder)
    wanted = version or (newest.name if newest else versions.published(folder))
    if wanted is None:
        raise Misconfigured("there is no classifier to publish: run `monitor train`")
    topics = len(versions.load(folder, wanted).topics)
    before = versions.published(folder)
    if before != wanted:
        versions.restore(folder, wanted, anyway=anyway)
    progress(Step.PUBLISH, 1, 1)
    end = "unchanged" if before == wanted else "published"
    note = f"classifier {wanted} is published" + (
        f"; `monitor topics restore {before} --anyway` takes it back" if before and before != wanted else ""
    )
    return desk.close(tally(Step.PUBLISH, "topics", Counter({end: topics}), topics, note))


def learned(settings: Settings) -> Lessons:
    """The labels of people, those that teach and those that are kept apart to measure."""
    from monitor.topics import cards
    from monitor.topics.lessons import lessons

    topics = [card.name for card in cards.load(settings.seeds)]
    with begin(open_database(settings.database_url), reading=True) as db:
        return lessons(labels.counting(db), topics)


def _current(folder: Path) -> Classifier | None:
    """The published classifier; None where there is none that can be read: then nothing is compared."""
    from monitor.topics import artifacts

    try:
        return artifacts.load(folder)
    except Misconfigured:
        return None


def _trials(
    settings: Settings,
    held_out: Evaluation,
    current: Classifier | None,
    sets: Sequence[LabelledSet],
    reports: Mapping[str, Report],
) -> tuple[list[Trial], str]:
    """How both fare on each set, and the digest of the examples."""
    from monitor.topics import artifacts, cards, gate, versions
    from monitor.topics.evaluate import evaluate
    from monitor.topics.gate import Trial
    from monitor.topics.train import seed_items

    material = gate.digest(seed_items(settings.seeds, cards.load(settings.seeds)))
    trials = [
        Trial(
            one.name, reports[one.name].whole, evaluate(current, one.items) if current else None, one.sha256
        )
        for one in sets
    ]
    before = None
    if current and versions.verdict_of(settings.classifiers, current.version).material == material:
        before = artifacts.held_out(settings.classifiers)
    return [Trial(gate.HELD_OUT, held_out, before), *trials], material


def _note(
    classifier: Classifier,
    held_out: Evaluation,
    compared: Sequence[Comparison],
    known: Lessons,
    end: str,
    reasons: tuple[str, ...],
) -> str:
    told = f"classifier {classifier.version}, macro F1 {held_out.macro_f1:.3f} on held-out seeds"
    if known.teach or known.measure:
        told += f"; {len(known.teach)} labelled texts taught, {len(known.measure)} measured"
    if end == "candidate":
        cure = f"`monitor topics restore {classifier.version} --anyway` publishes it all the same"
        told += f"; held back: {'; '.join(reasons)}; {cure}"
    by_set: dict[str, list[str]] = {}
    for one in compared:
        if one.items:
            was = f" (was {one.before:.3f})" if one.before is not None else ""
            by_set.setdefault(one.set, []).append(f"{one.topic} {one.after:.3f}{was}")
    return "; ".join([told, *(f"F1 on {name}: {', '.join(each)}" for name, each in by_set.items())])
