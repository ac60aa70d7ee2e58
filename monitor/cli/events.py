"""`monitor events`: who did what to whom in the stored news; list, show, export, find again."""

from __future__ import annotations

import csv
import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import show
from monitor.cli.reading import day_of
from monitor.errors import NotFound
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.records import Event, Report

app = typer.Typer(help="Who did what to whom in the stored news.", no_args_is_help=True)
_Since = Annotated[str, typer.Option(help="Articles from this date on (2026-05-17, or 3d).")]
_Topic = Annotated[str | None, typer.Option(help="Only of this topic.")]
_Source = Annotated[str | None, typer.Option(help="Only with this source, by its key: RUS, EU, hamas.")]
_Target = Annotated[str | None, typer.Option(help="Only with this target.")]
_Status = Annotated[
    list[str] | None, typer.Option("--status", help="Only this step: signed, lifted, ... Repeat for more.")
]


class _Export(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


@app.command("list", help="The newest events, one row for an article and topic.")
def listing(
    since: _Since = "14d",
    topic: _Topic = None,
    source: _Source = None,
    target: _Target = None,
    status: _Status = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    found = _found(since, topic, source, target, status, limit)
    columns = [
        "Date",
        "Topic",
        "Source",
        "Status",
        "Target",
        "Instrument",
        "Marks",
        "Says",
        "Publisher",
        "Story",
    ]
    lines = [[*_row(report), story] for story, _, report in found]
    empty = "no event matches: leave out an option, or read hits again with `monitor events again`"
    show.rows(columns, lines, form, empty=empty)


@app.command("show", help="The events of a story: merged, with who says what.")
def show_story(
    story_id: Annotated[int, typer.Argument(help="The story's number.")],
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    from monitor.store import events
    from monitor.store.database import begin, open_database
    from monitor.topics.events.merge import of_story
    from monitor.topics.events.plover import plover

    with begin(open_database(load().database_url), reading=True) as db:
        reports = events.of_stories(db, [story_id]).get(story_id, [])
    if not reports:
        raise NotFound(f"story {story_id} tells no event: see `monitor story {story_id}`")
    if form is show.Format.TABLE:
        for topic in dict.fromkeys(report.event.topic for report in reports):
            merged = of_story(story_id, topic, [one for one in reports if one.event.topic == topic], plover)
            show.say(f"{topic}: {_line(merged.event)}")
            for says, publishers in merged.said.items():
                show.say(f"  {says}: {', '.join(publishers)}")
            if merged.contradicted:
                show.say("  publishers contradict each other")
    columns = [
        "Date",
        "Topic",
        "Source",
        "Status",
        "Target",
        "Instrument",
        "Marks",
        "Says",
        "Publisher",
        "Sentence",
    ]
    lines = [[*_row(report), report.event.sentence] for report in reports]
    show.rows(columns, lines, form, empty="")


@app.command(help="Events with PLOVER names, as CSV or JSON lines, to standard output.")
def export(
    form: Annotated[_Export, typer.Option("--format", "-f", help="csv or jsonl")] = _Export.JSONL,
    since: _Since = "90d",
    topic: _Topic = None,
    source: _Source = None,
    target: _Target = None,
    status: _Status = None,
) -> None:
    records = [
        _plover(story, report) for story, _, report in _found(since, topic, source, target, status, 1_000_000)
    ]
    if form is _Export.JSONL:
        for record in records:
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
        return
    writer = csv.DictWriter(sys.stdout, _PLOVER)
    writer.writeheader()
    for record in records:
        writer.writerow(
            {key: ";".join(value) if isinstance(value, list) else value for key, value in record.items()}
        )


@app.command(help="Find events anew in stored hits, after topic cards or actors have been edited.")
def again(
    since: Annotated[str, typer.Option(help="Hits found from this date on (2026-05-17, or 3d).")] = "14d",
) -> None:
    from monitor.pipeline.telling import tell_again

    moment = day_of(since)
    if moment is None:
        raise typer.BadParameter("--since needs a date")
    with show.progress() as step:
        done, found = tell_again(load(), moment, progress=step)
    show.say(f"{done} hits read again: they tell {found} events")


_PLOVER = (
    "id", "date", "event_type", "event_mode", "context", "source", "target", "recipient", "instrument",
    "quantity", "amount", "currency", "place", "negated", "hypothetical", "reported", "historical",
    "claimed_by", "text", "publisher", "url", "story",
)  # fmt: skip


def _plover(story: int | None, report: Report) -> dict[str, Any]:
    """An event under the names of PLOVER's records; ours where it has none. The topic is its context."""
    event = report.event
    marks = {str(mark) for mark in event.marks}
    values = (
        f"{report.article_id}-{event.topic}", (event.on or report.at.date()).isoformat(), report.plover,
        str(event.status or ""), event.topic, list(event.sources), list(event.targets),
        list(event.beneficiaries), event.instrument, event.quantity, event.amount, event.currency,
        event.place,
        "negated" in marks, "hypothetical" in marks, "reported" in marks, "history" in marks,
        event.claimed_by, event.sentence, report.publisher, report.url, story,
    )  # fmt: skip
    return dict(zip(_PLOVER, values, strict=True))


def _found(
    since: str,
    topic: str | None,
    source: str | None,
    target: str | None,
    status: list[str] | None,
    limit: int,
) -> list[tuple[int | None, str, Report]]:
    from monitor.records import Status
    from monitor.store import events
    from monitor.store.database import begin, open_database

    moment = day_of(since)
    unknown = set(status or ()) - {str(one) for one in Status}
    if moment is None or unknown:
        known = ", ".join(str(one) for one in Status)
        raise typer.BadParameter(f"--status {sorted(unknown)[0]} is not known: known are {known}")
    with begin(open_database(load().database_url), reading=True) as db:
        return events.since(
            db, moment, topic=topic, source=source, target=target, statuses=status or (), limit=limit
        )


def _row(report: Report) -> list[Any]:
    event = report.event
    return [
        report.at,
        event.topic,
        ", ".join(event.sources),
        str(event.status or ""),
        ", ".join(event.targets),
        event.instrument,
        ", ".join(sorted(event.marks)),
        event.claimed_by,
        report.publisher,
    ]


def _line(event: Event) -> str:
    slots = (
        ", ".join(event.sources),
        str(event.status or ""),
        ", ".join(event.targets),
        event.instrument or "",
    )
    return " · ".join(slot for slot in slots if slot)
