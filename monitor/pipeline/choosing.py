"""Choose the threshold of a topic by what people want of it, and put it into the topic's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.errors import Misconfigured, NotFound
from monitor.pipeline.desk import clock
from monitor.records import ScoredArticle
from monitor.settings import Settings
from monitor.store import labels
from monitor.store.database import begin, open_database

if TYPE_CHECKING:
    from monitor.topics.classify import Classifier
    from monitor.topics.thresholds import Choice, Judged, Volume


@dataclass(frozen=True, slots=True)
class Proposed:
    """The threshold that a target asks for beside the one in use, and what both give.

    `judged` of the `items` that they are measured on were labelled by people; the others count by their
    scores. `days` is what the stored articles span, 0 where there are none.
    """

    topic: str
    now: Choice
    then: Choice
    items: int
    judged: int
    days: float


def choose_threshold(
    settings: Settings,
    topic: str,
    *,
    precision: float | None = None,
    alerts_a_day: float | None = None,
    file: Path | None = None,
    days: int = 30,
) -> Proposed:
    """The lowest threshold of `topic` that keeps the target, on a labelled file or the stored articles.

    Precision is measured on `file`, or else on the stored articles of the last `days`: by what people
    said of them, and by the score as a probability where nobody did. Alerts a day are stories.

    Raises:
        Misconfigured: there is nothing to measure on, or no threshold keeps the target.
        NotFound: the classifier does not know the topic.
        Permanent: a line of the file is no labelled item.
    """
    from monitor.topics import artifacts, thresholds

    if (precision is None) == (alerts_a_day is None):
        raise Misconfigured("state one target: --precision 0.9 or --alerts-per-day 10")
    classifier = artifacts.load(settings.classifiers)
    if topic not in classifier.topics:
        raise NotFound(f"no topic {topic!r}: the classifier knows {', '.join(classifier.topics)}")
    stored, said = _stored(settings, topic, days)
    volume = thresholds.Volume.of(stored, _span(stored, days)) if stored else None
    judged = _of_file(classifier, topic, file) if file else thresholds.Judged.stored(stored, said)
    found = _lowest(judged, volume, precision, alerts_a_day)
    used = classifier.thresholds[classifier.topics.index(topic)]
    return Proposed(
        topic,
        thresholds.expect(used, judged, volume),
        thresholds.expect(found, judged, volume),
        len(judged.scores),
        judged.judged,
        volume.days if volume else 0.0,
    )


def _lowest(judged: Judged, volume: Volume | None, precision: float | None, a_day: float | None) -> float:
    from monitor.topics import thresholds

    if a_day is not None:
        if volume is None:
            raise Misconfigured("no stored article has a score: run `monitor run` first, or ask --precision")
        found = thresholds.for_volume(volume, a_day)
        if found is None:
            raise Misconfigured(f"no threshold keeps to {a_day:g} a day: more stories have the highest score")
        return found
    if not len(judged.scores):
        raise Misconfigured("nothing to measure on: name a labelled FILE, or run `monitor run` first")
    if precision is None or (found := thresholds.for_precision(judged, precision)) is None:
        raise Misconfigured(
            f"no threshold reaches precision {precision:g} on these {len(judged.scores)} items: "
            "read the mistakes with `monitor evaluate topics FILE`, and add examples or exclusions"
        )
    return found


def _stored(settings: Settings, topic: str, days: int) -> tuple[list[ScoredArticle], dict[int, bool]]:
    from monitor.topics.quality import verdicts

    with begin(open_database(settings.database_url), reading=True) as db:
        found = labels.scored(db, topic, clock() - timedelta(days=days))
        said = verdicts(labels.counting(db, topic))
    return found, {article: yes for (article, _), (yes, _) in said.items()}


def _span(stored: Sequence[ScoredArticle], days: int) -> float:
    """The days that the articles span, one at least: a fresh installation has few."""
    oldest = min(one.effective_at for one in stored)
    return min(max((clock() - oldest) / timedelta(days=1), 1.0), float(days))


def _of_file(classifier: Classifier, topic: str, file: Path) -> Judged:
    from monitor.topics.evaluate import counted, read_items, score_table
    from monitor.topics.thresholds import Judged

    items = read_items(file)
    column = classifier.topics.index(topic)
    return Judged.of(*counted(topic, items, score_table(classifier, items)[:, column]))


def write_threshold(settings: Settings, topic: str, threshold: float) -> Path:
    """Put a threshold into the topic's card, all else as it stands, remarks too; `monitor train` uses it.

    Raises:
        Misconfigured: there is no such card, it is broken, or it cannot be written.
    """
    from monitor.topics import artifacts, card_file, cards

    path = settings.seeds / "topics" / f"{topic}.toml"
    changed = card_file.with_threshold(card_file.read_text(path), threshold)
    card_file.read(path, cards.word_lists(settings.seeds), settings.seeds / "documents", changed)
    try:
        artifacts.replace(path, changed.encode())
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written ({error.strerror}): correct its rights") from error
    return path
