"""`monitor evaluate`: measure what the pipeline decides against what people said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.settings import load
from monitor.text import shorten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from monitor.articles.measures import Measured
    from monitor.articles.mistaken import Join
    from monitor.topics.evaluate import Evaluation
    from monitor.topics.report import Report

app = typer.Typer(help="Measure against labelled files.", no_args_is_help=True, rich_markup_mode=None)

_TITLE_LIMIT = 160  # characters of a mistaken item


@app.command(help="The classifier on labelled items: figures with intervals, parts, mistakes, curves.")
def topics(
    file: Annotated[Path, typer.Argument(help="JSON lines with title, summary and topics.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    mistakes: Annotated[int, typer.Option(min=0, help="At most so many mistakes a topic and kind.")] = 20,
    curves: Annotated[
        Path | None, typer.Option(help="Folder of the pictures; the classifier's by default.")
    ] = None,
) -> None:
    import json

    from monitor.errors import Misconfigured
    from monitor.topics.artifacts import load as load_classifier
    from monitor.topics.curves import draw
    from monitor.topics.evaluate import read_items
    from monitor.topics.report import report

    settings = load()
    found = report(load_classifier(settings.classifiers), read_items(file))
    if as_json:
        show.say(json.dumps(found.as_dict(), indent=1))
    else:
        _print(found, mistakes)
    try:
        drawn = draw(found, curves or settings.classifiers, file.name)
    except Misconfigured as error:  # the figures are whole without the pictures
        typer.echo(f"monitor: {error}", err=True)
        return
    if not as_json:
        show.say(f"drawn: {', '.join(map(str, drawn))}")


@app.command(
    help="Hits per 10,000 items of a stream of news, and how many of those that were read are right."
)
def hits(
    file: Annotated[Path, typer.Argument(help="JSON lines with id, title and summary, plain or gzip.")],
    labels: Annotated[list[Path] | None, typer.Option(help="JSON lines with id, topics, disputed.")] = None,
    show_hits: Annotated[int, typer.Option("--show", min=0, help="Random hits a topic to print.")] = 0,
    seed: Annotated[int, typer.Option(help="Draws the same hits again.")] = 0,
) -> None:
    from monitor.topics.artifacts import load as load_classifier
    from monitor.topics.hits import count, read_labels, read_stream, sample

    stream = read_stream(file)
    said = {name: one for path in labels or () for name, one in read_labels(path).items()}
    found = count(load_classifier(load().classifiers), stream, said)
    lines = []
    for topic, one in found.items():
        low, high = one.interval
        right = "" if one.precision is None else f"{one.precision:.3f} ({low:.2f} to {high:.2f})"
        lines.append([topic, len(one.numbers), f"{one.per_10_000:.1f}", one.read, right])
    show.rows(
        ["Topic", "Hits", "Per 10,000", "Read", "Precision"], lines, show.Format.TABLE, empty="no topics"
    )
    for topic, one in found.items():
        for number in sample(one, show_hits, seed):
            text = stream.texts[number]
            show.say(f"{topic} {stream.names[number]} {text.title} | {text.summary[:_TITLE_LIMIT]}")


def _print(found: Report, mistakes: int) -> None:
    columns = ["Topic", "Precision", "Recall", "F1", "Average precision", "Threshold", "Items", "ECE"]
    lines = []
    for name, one in found.whole.topics.items():
        values = (one.precision, one.recall, one.f1, one.average_precision)
        bounds = found.intervals[name].values()
        shown = [f"{v:.2f} ({low:.2f}-{high:.2f})" for v, (low, high) in zip(values, bounds, strict=True)]
        error = f"{found.reliability[name].expected_error:.3f}"
        lines.append([name, *shown, one.threshold, one.n, error])
    show.rows(columns, lines, show.Format.TABLE, empty="no topics")
    show.say(
        f"macro F1 {found.whole.macro_f1:.3f}, macro average precision "
        f"{found.whole.macro_average_precision:.3f} on {found.whole.items} items, "
        f"classifier {found.version}; intervals of 95 % from 1,000 bootstrap samples\n"
    )
    _print_parts("Source", found.by_source)
    _print_parts("Stratum", found.by_stratum)
    _print_reliability(found)
    _print_mistakes(found, mistakes)


def _print_parts(kind: str, parts: Mapping[str, Evaluation]) -> None:
    lines = []
    for name, part in parts.items():
        for topic, one in part.topics.items():
            lines.append([name, topic, one.precision, one.recall, one.f1, one.n, part.items])
    if lines:
        columns = [kind, "Topic", "Precision", "Recall", "F1", "Carry it", "Items"]
        show.rows(columns, lines, show.Format.TABLE, empty="")
        show.say("")


def _print_reliability(found: Report) -> None:
    lines = [
        [topic, one.score, one.share, one.count]
        for topic, curve in found.reliability.items()
        for one in curve.bins
    ]
    show.rows(["Topic", "Mean score", "Share right", "Items"], lines, show.Format.TABLE, empty="")
    show.say("")


def _print_mistakes(found: Report, limit: int) -> None:
    for topic in found.whole.topics:
        for false_alarm, kind in ((True, "false alarms"), (False, "missed")):
            those = [m for m in found.mistakes if m.topic == topic and m.false_alarm is false_alarm]
            those = those if false_alarm else those[::-1]  # the worst first
            show.say(f"{topic}: {len(those)} {kind}" + (f", the first {limit}" if len(those) > limit else ""))
            for one in those[:limit]:
                text = " | ".join(filter(None, (one.text.title, one.text.summary or one.text.text)))
                show.say(f"  {one.score:.2f}  {one.source:<22} {shorten(text, _TITLE_LIMIT)}")


@app.command(help="Grouping on items with editors' stories: BCubed and pair figures, and what was joined.")
def stories(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, date, title, summary, publisher, story.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    verdicts: Annotated[
        Path | None, typer.Option(help="What readers say of joined stories: JSON lines, stories and verdict.")
    ] = None,
    mistakes: Annotated[int, typer.Option(min=0, help="At most so many joins of editors' stories.")] = 0,
) -> None:
    import json

    from monitor.pipeline import measure_stories

    found = measure_stories(load(), file, verdicts)
    if as_json:
        parts = {name: part.as_dict() if part else None for name, part in found.parts.items()}
        readers = {name: part.as_dict() if part else None for name, part in found.readers.items()}
        whole = found.parts["all"]
        told = {"joins": _by_verdict(found.joins), "readers": readers} if verdicts else {}
        show.say(json.dumps((whole.as_dict() if whole else {}) | parts | told, indent=1))
        return
    _print_grouping("", found.parts)
    if verdicts:
        _print_grouping("with what readers call one as one", found.readers)
    for verdict, (joined, pairs) in _by_verdict(found.joins).items():
        show.say(f"joined, {verdict}: {joined} pairs of stories, {pairs} pairs of articles")
    for one in found.joins[:mistakes]:
        show.say(f"  {one.pairs:>3}  {one.verdict:<6} {' + '.join(sorted(one.stories))}")
        for headline in one.headlines:
            show.say(f"       {shorten(headline, _TITLE_LIMIT)}")


def _by_verdict(joins: Sequence[Join]) -> dict[str, tuple[int, int]]:
    """Joined pairs of stories and of articles, by what readers say of them."""
    names = sorted({str(one.verdict) for one in joins})
    return {
        n: (len(f), sum(one.pairs for one in f)) for n in names if (f := [o for o in joins if o.verdict == n])
    }


def _print_grouping(caption: str, parts: Mapping[str, Measured | None]) -> None:
    columns = ["Items", "BCubed P", "R", "F1", "Pair P", "Pair R", "Pair F1", "Number", "Stories", "Found"]
    lines = [
        [
            name,
            *(f"{value:.3f}" for value in (*part.bcubed.as_dict().values(), *part.pairs.as_dict().values())),
            part.n,
            part.stories,
            part.found,
        ]
        for name, part in parts.items()
        if part
    ]
    if caption:
        show.say(f"\n{caption}:")
    show.rows(columns, lines, show.Format.TABLE, empty="the file has no items")
