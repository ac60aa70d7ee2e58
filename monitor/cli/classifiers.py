"""`monitor topics versions | restore | replay | quality`: the classifier's versions, tried and measured."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.pipeline.replaying import Replay
    from monitor.topics.quality import Measured
    from monitor.topics.thresholds import Choice

FormatOption = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


def register(app: typer.Typer) -> None:
    """Add the commands to `monitor topics`."""
    app.command(help="Every version of the classifier: published, kept, and candidates with the reasons.")(
        versions
    )
    app.command(help="How a version fared on each labelled set: before, after, floor, what held it back.")(
        gate
    )
    app.command(help="Measure the published classifier; write its model card, scores and curves anew.")(card)
    app.command(help="Publish a kept version again; what is published is kept.")(restore)
    app.command(help="Hits and alerts that a changed card, threshold or version would have gained and lost.")(
        replay
    )
    app.command(help="Live precision and recall of each topic from the labels, with 95 % intervals.")(quality)
    app.command(help="The threshold that a target asks for, and what it is to be expected to give.")(
        threshold
    )


def versions(form: FormatOption = show.Format.TABLE) -> None:
    from monitor.topics.versions import listing

    lines = [
        [one.name, one.state, one.verdict.at, one.macro_f1, "; ".join(one.verdict.reasons)]
        for one in listing(load().classifiers)
    ]
    columns = ["Version", "State", "Trained", "Macro F1", "Reasons"]
    show.rows(columns, lines, form, empty="no classifier: run `monitor train`")


def gate(
    version: Annotated[str | None, typer.Argument(help="A version; the one trained last by default.")] = None,
    form: FormatOption = show.Format.TABLE,
) -> None:
    from monitor.errors import NotFound
    from monitor.topics.versions import listing

    found = [one for one in listing(load().classifiers) if version in (None, one.name)]
    asked = [one for one in found if one.verdict.compared]
    if not asked:
        what = f"version {version}" if version else "any version"
        raise NotFound(f"no comparison of {what} is kept: `monitor train` makes one")
    newest = max(asked, key=lambda one: one.verdict.at.timestamp() if one.verdict.at else 0.0)
    lines = [
        [one.set, one.topic, one.items, one.before, one.after, one.floor, one.fault]
        for one in newest.verdict.compared
    ]
    columns = ["Set", "Topic", "Carry it", "F1 before", "F1 after", "Floor", "Held back by"]
    show.rows(columns, lines, form, empty="")
    if form is show.Format.TABLE:
        reasons = f": {'; '.join(newest.verdict.reasons)}" if newest.verdict.reasons else ""
        show.say(f"version {newest.name}, {newest.state}{reasons}")


def card() -> None:
    from monitor.pipeline.accounting import describe

    show.say(f"written: {', '.join(map(str, describe(load())))}")


def restore(
    version: Annotated[str, typer.Argument(help="Version, as `monitor topics versions` lists it.")],
    anyway: Annotated[bool, typer.Option("--anyway", help="Also one that the gate held back.")] = False,
) -> None:
    from monitor.topics.versions import home, verdict_of
    from monitor.topics.versions import restore as publish

    folder = load().classifiers
    before = publish(folder, version, anyway=anyway)
    if before == version:
        show.say(f"{version} is published already")
    else:
        held = before is not None and not verdict_of(home(folder, before), before).passed
        undo = f"; `monitor topics restore {before}{' --anyway' * held}` takes it back" if before else ""
        show.say(f"published {version}{undo}")


def replay(
    days: Annotated[int, typer.Option(min=1, help="Stored articles of so many days.")] = 30,
    card: Annotated[Path | None, typer.Option(help="A changed or new card.")] = None,
    threshold: Annotated[list[str] | None, typer.Option(help="TOPIC=0.7; may be given again.")] = None,
    version: Annotated[str | None, typer.Option(help="A version of the classifier.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Show so many changes a topic.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with every change.")] = False,
) -> None:
    import json

    from monitor.pipeline.replaying import replay as run

    with show.counting("replay") as counted:
        found = run(
            load(), days=days, card=card, thresholds=_thresholds(threshold), version=version, counted=counted
        )
    if as_json:
        show.say(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        _print(found, limit)


def _thresholds(given: list[str] | None) -> dict[str, float]:
    found = {}
    for one in given or []:
        topic, _, value = one.partition("=")
        try:
            share = float(value)
        except ValueError:
            share = -1.0
        if not 0 < share < 1:
            raise typer.BadParameter(f"{one!r}: write TOPIC=0.7, a number between 0 and 1")
        found[topic.strip()] = share
    return found


def _print(found: Replay, limit: int) -> None:
    columns = ["Topic", "Hits now", "Then", "Gained", "Lost", "Alerts now", "Then", "Gained", "Lost"]
    lines = [list(asdict(one).values()) for one in found.topics]
    show.rows(columns, lines, show.Format.TABLE, empty="no hit, now or then")
    for topic in (one.topic for one in found.topics):
        for change in [one for one in found.changes if one.topic == topic][:limit]:
            sign = "+" if change.gained else "-"
            alert = ", alert" if change.alerts else ""
            scores = f"{change.before:.2f} to {change.after:.2f}"
            show.say(f"{sign} {topic}  {change.article_id}: {change.title} ({scores}{alert})")
    show.say(
        f"{found.articles} articles of {found.days} days, classifier {found.before} now, {found.after} then; "
        "nothing is changed by this"
    )


def quality(
    days: Annotated[int, typer.Option(min=1, help="Articles of so many days.")] = 90,
    form: FormatOption = show.Format.TABLE,
) -> None:
    from monitor.pipeline.labelling import topic_quality

    found = topic_quality(load(), days)
    if form is not show.Format.TABLE:
        columns = ["Topic", "Articles", "Hits", *_COLUMNS]
        lines = [
            [one.topic, one.articles, one.hits, *_values(one.precision), *_values(one.recall), one.missing]
            for one in found
        ]
        show.rows(columns, lines, form, empty="no topics")
        return
    lines = [
        [
            one.topic,
            one.articles,
            one.hits,
            _told(one.precision, "label some hits"),
            _told(one.recall, f"label the sample: {one.missing} score ranges have none"),
        ]
        for one in found
    ]
    show.rows(["Topic", "Articles", "Hits", "Precision", "Recall"], lines, form, empty="no topics")
    show.say("`monitor label` offers what makes these figures surer")


_COLUMNS = [
    *(f"Precision{part}" for part in ("", " low", " high", " labels")),
    *(f"Recall{part}" for part in ("", " low", " high", " labels")),
    "Score ranges without a label",
]


def _values(found: Measured | None) -> list[object]:
    return [None] * 4 if found is None else [found.value, found.low, found.high, found.labels]


def _told(found: Measured | None, cure: str) -> str:
    if found is None:
        return f"not known: {cure}"
    source = "drawn at random" if found.sampled else "chosen"
    return f"{found.value:.2f} ({found.low:.2f}-{found.high:.2f}), {found.labels} labels {source}"


def threshold(
    topic: Annotated[str, typer.Argument(help="Topic.")],
    file: Annotated[
        Path | None, typer.Argument(help="Labelled JSON lines; the stored articles by default.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(min=0.01, max=0.999, help="Target: share of hits that are right.")
    ] = None,
    alerts_per_day: Annotated[
        float | None, typer.Option(min=0.01, help="Target: at most so many stories a day.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Stored articles of so many days.")] = 30,
    write: Annotated[bool, typer.Option("--write", help="Put it into the topic's card.")] = False,
    form: FormatOption = show.Format.TABLE,
) -> None:
    from monitor.pipeline.choosing import choose_threshold, write_threshold

    found = choose_threshold(
        load(), topic, precision=precision, alerts_a_day=alerts_per_day, file=file, days=days
    )
    columns = ["", "Threshold", "Precision", "Recall", "Alerts a day"]
    lines = [["in use", *_expected(found.now)], ["proposed", *_expected(found.then)]]
    show.rows(columns, lines, form, empty="")
    if form is show.Format.TABLE:
        stored = f"; alerts are stories, over {found.days:.0f} days stored" if found.days else ""
        show.say(
            f"{found.items} items, {found.judged} of them labelled by people"
            f"{', the others by their scores' * (found.judged < found.items)}{stored}"
        )
    if write:
        path = write_threshold(load(), topic, found.then.threshold)
        show.say(f"written into {path}; `monitor train` takes it up")


def _expected(found: Choice) -> list[object]:
    figures = (found.precision, found.recall, found.a_day)
    return [found.threshold, *("not known" if one is None else round(one, 3) for one in figures)]
