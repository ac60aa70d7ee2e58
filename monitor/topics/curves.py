"""Pictures of an evaluation: precision over recall, and reliability; a door to `models/`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from monitor.errors import Misconfigured
from monitor.topics.evaluate import Truth, counted
from monitor.topics.grams import Array
from monitor.topics.report import Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("png", "svg")
NAMES = ("precision-recall", "reliability")


def draw(report: Report, folder: Path, name: str) -> tuple[Path, ...]:
    """Write the pictures of `report` into `folder`, each in every format; equal reports, equal files.

    Args:
        name: of the labelled set; the pictures' title says it.

    Raises:
        Misconfigured: the folder cannot be written.
    """
    title = f"{name}: {len(report.items):,} texts, classifier {report.version}"
    with _picture(folder, NAMES[0], title, "Recall", "Precision") as axes:
        for column, (topic, found) in enumerate(report.whole.topics.items()):
            truth, scores = counted(topic, report.items, report.scores[:, column])
            recall, precision = _steps(truth, scores)
            label = f"{topic}: average precision {found.average_precision:.2f}"
            (line,) = axes.step(recall, precision, where="post", label=label)
            axes.plot(found.recall, found.precision, "o", color=line.get_color())
    with _picture(folder, NAMES[1], title, "Score", "Share that reports on the topic") as axes:
        axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
        for topic, curve in report.reliability.items():
            label = f"{topic}: expected calibration error {curve.expected_error:.3f}"
            axes.plot([b.score for b in curve.bins], [b.share for b in curve.bins], "o-", label=label)
    return tuple(folder / f"{kind}.{form}" for kind in NAMES for form in FORMATS)


@contextmanager
def _picture(folder: Path, name: str, title: str, across: str, up: str) -> Iterator[Axes]:
    """Axes to draw on, saved in every format when the block ends."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlim=(0, 1.01), ylim=(0, 1.01), xlabel=across, ylabel=up)
    axes.set_title(title, fontsize="medium")
    axes.grid(alpha=0.3)
    yield axes
    axes.legend(loc="best", fontsize="small")
    with mpl.rc_context({"svg.hashsalt": name}):
        for form in FORMATS:
            path = folder / f"{name}.{form}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                figure.savefig(
                    path, dpi=120, metadata={"Date": None} if form == "svg" else {"Software": None}
                )
            except OSError as error:
                raise Misconfigured(
                    f"{path} cannot be written ({error}): name another folder with --curves"
                ) from error


def _steps(truth: Truth, scores: Array) -> tuple[Array, Array]:
    """Recall and precision at each score, from the highest to the lowest."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(truth[order])
    last = np.append(scores[order][1:] != scores[order][:-1], True) if len(order) else np.zeros(0, bool)
    taken = np.arange(1, len(order) + 1)
    return right[last] / max(int(truth.sum()), 1), right[last] / taken[last]
