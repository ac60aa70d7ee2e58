"""train: fit the classifier, hold it against the current one, publish it or keep it as a candidate."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import Misconfigured
from monitor.pipeline.desk import Progress, clock, silent, sit_down
from monitor.records import Ledger, RunKey, Step, tally
from monitor.settings import Settings
from monitor.store import labels
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.classify import Classifier
    from monitor.topics.evaluate import Evaluation, LabelledItem
    from monitor.topics.gate import Trial
    from monitor.topics.lessons import Lessons

STAGES = 3  # fit, compare, publish


def train(settings: Settings, run: RunKey, *, progress: Progress = silent) -> tuple[Ledger, ...]:
    """Train from the seeds and the labels of people; publish where the gate lets it through.

    The gate compares with the current classifier on every labelled set at hand: `seeds/labelled/*.jsonl`,
    the labels that are kept apart, and the held-out seeds where both were trained on the same. A version
    that it holds back is kept as a candidate with the reasons; see `monitor topics versions`.

    Returns:
        one ledger: topics, all `published`, `candidate` or `unchanged`.

    Raises:
        Misconfigured: a topic card or an example file is broken; the message says where.
    """
    from monitor.topics import artifacts, gate, versions
    from monitor.topics.train import train as fit

    desk = sit_down(settings, run)
    folder = settings.classifiers
    progress(Step.TRAIN, 0, STAGES)
    known = learned(settings)
    classifier, held_out = fit(settings.seeds, known.teach)
    progress(Step.TRAIN, 1, STAGES)
    current = _current(folder)
    trials, material = _trials(settings, classifier, held_out, current, known)
    compared = gate.compare(trials, gate.floors(settings.seeds))
    reasons = gate.reasons(compared)
    if current:
        reasons = (*gate.lost_topics(current.topics, classifier.topics), *reasons)
    progress(Step.TRAIN, 2, STAGES)
    verdict = versions.Verdict(classifier.version, not reasons, reasons, clock(), material)
    end = "unchanged" if current and current.version == classifier.version else "published"
    if reasons and end == "published":
        end = "candidate"
    if current and end != "unchanged":
        versions.keep(folder, current.version)
    place = versions.home(folder, classifier.version) if end == "candidate" else folder
    artifacts.save(classifier, held_out, place)
    if end != "unchanged":
        versions.write_verdict(verdict, place)
    if end == "published":
        versions.keep(folder, classifier.version)
    progress(Step.TRAIN, STAGES, STAGES)
    note = _note(classifier, held_out, trials, known, end, reasons)
    ends = Counter({end: len(classifier.topics)})
    return desk.close(tally(Step.TRAIN, "topics", ends, len(classifier.topics), note))


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
    classifier: Classifier,
    held_out: Evaluation,
    current: Classifier | None,
    known: Lessons,
) -> tuple[list[Trial], str]:
    """How both fare on each set, and the digest of the examples."""
    from monitor.topics import artifacts, cards, gate, versions
    from monitor.topics.evaluate import evaluate, read_items
    from monitor.topics.gate import Trial
    from monitor.topics.train import seed_items

    material = gate.digest(seed_items(settings.seeds, cards.load(settings.seeds)))
    sets: list[tuple[str, list[LabelledItem]]] = [
        (path.name, read_items(path)) for path in sorted((settings.seeds / "labelled").glob("*.jsonl"))
    ]
    sets += [("labels kept apart", list(known.measure))] if known.measure else []
    trials = [
        Trial(name, evaluate(classifier, items), evaluate(current, items) if current else None)
        for name, items in sets
    ]
    before = None
    if current and versions.verdict_of(settings.classifiers, current.version).material == material:
        before = artifacts.held_out(settings.classifiers)
    return [Trial(gate.HELD_OUT, held_out, before), *trials], material


def _note(
    classifier: Classifier,
    held_out: Evaluation,
    trials: list[Trial],
    known: Lessons,
    end: str,
    reasons: tuple[str, ...],
) -> str:
    from monitor.topics import gate

    told = f"classifier {classifier.version}, macro F1 {held_out.macro_f1:.3f} on held-out seeds"
    sets = [f"{gate.macro_f1(trial.after):.3f} on {trial.name}" for trial in trials[1:]]
    told = ", ".join([told, *sets])
    if known.teach or known.measure:
        told += f"; {len(known.teach)} labelled texts taught, {len(known.measure)} measured"
    if end == "candidate":
        cure = f"`monitor topics restore {classifier.version} --anyway` publishes it all the same"
        told += f"; held back: {'; '.join(reasons)}; {cure}"
    return told
