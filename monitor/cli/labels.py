"""`monitor label`: the queue by the keyboard, and single labels by words."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.cli.topics import me
from monitor.errors import NotFound
from monitor.records import Label, Offer, Shown, Verdict
from monitor.settings import Settings, load

if TYPE_CHECKING:
    from rich.console import Console

KEYS = {"y": Verdict.YES, "n": Verdict.NO, "u": Verdict.UNSURE}
_HELP = "y yes, n no, u unsure, s skip, b take the last one back, q stop"
_TEXT = 900  # characters of an article that are shown


def register(app: typer.Typer) -> None:
    """Add `label` to the command line."""
    app.command(
        help="Say whether articles report on a topic: the queue, or one ARTICLE TOPIC yes|no|unsure."
    )(label)


def label(
    article: Annotated[str | None, typer.Argument(help="Number or address of an article.")] = None,
    topic: Annotated[str | None, typer.Argument(help="Topic card.")] = None,
    verdict: Annotated[Verdict | None, typer.Argument(help="yes, no or unsure.")] = None,
    by: Annotated[str, typer.Option("--by", help="Who says it; your login by default.")] = "",
    only: Annotated[list[str] | None, typer.Option("--topic", help="Queue of this topic.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    queue: Annotated[bool, typer.Option("--queue", help="Print the queue, ask nothing.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="The newest labels, undone ones too.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take your newest label back.")] = False,
    number: Annotated[int | None, typer.Option("--label", help="With --undo: that label.")] = None,
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    from monitor.pipeline import labelling

    settings, who = load(), by or me()
    if undo:
        gone = labelling.undo_label(settings, who, number)
        show.say(f"taken back: {_told(gone)}")
    elif listed:
        _list(settings, limit, form)
    elif article is not None:
        if topic is None or verdict is None:
            raise typer.BadParameter("write ARTICLE TOPIC yes|no|unsure, or nothing for the queue")
        given = labelling.give_label(settings, _article(settings, article), topic, verdict, who)
        show.say(f"{_told(given)}; `monitor label --undo` takes it back")
    elif queue:
        _print_queue(labelling.next_offers(settings, who, only or (), limit), form)
    else:
        _ask(settings, labelling.next_offers(settings, who, only or (), limit), who)


def _told(one: Label) -> str:
    return f"label {one.id}: article {one.article_id} {one.topic} {one.verdict}, by {one.labelled_by}"


def _article(settings: Settings, named: str) -> int:
    if named.isdigit():
        return int(named)
    from monitor.store import articles
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        found = articles.by_url(db, named)
    if found is None:
        raise NotFound(f"no article {named}: `monitor search` shows numbers and addresses")
    return found.id


def _list(settings: Settings, limit: int, form: show.Format) -> None:
    from monitor.store import labels
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        found = labels.history(db, limit)
    columns = [
        "Label",
        "When",
        "Who",
        "Topic",
        "Verdict",
        "Offered as",
        "Score",
        "Article",
        "Title",
        "Undone",
    ]
    lines = [
        [
            one.id,
            one.labelled_at,
            one.labelled_by,
            one.topic,
            str(one.verdict),
            str(one.offered_as),
            one.score,
            one.article_id,
            one.shown.title,
            one.undone_at,
        ]
        for one in found
    ]
    show.rows(columns, lines, form, empty="no labels yet: `monitor label` offers what to label")


def _print_queue(found: Sequence[tuple[Offer, Shown]], form: show.Format) -> None:
    columns = ["Article", "Topic", "Offered as", "Why", "Score", "Threshold", "Title"]
    lines = [
        [o.article_id, o.topic, str(o.offered_as), o.why, o.score, o.threshold, shown.title]
        for o, shown in found
    ]
    show.rows(columns, lines, form, empty="nothing to label: the queue is empty")


def _ask(settings: Settings, found: Sequence[tuple[Offer, Shown]], by: str) -> None:
    """Ask each in turn by single keys; what was answered is stored at once."""
    from monitor.pipeline import labelling

    if not found:
        show.say("nothing to label: the queue is empty")
        return
    console = show.console()
    given: list[tuple[int, int]] = []  # place in the queue and number of the label
    place = 0
    show.say(_HELP)
    while place < len(found):
        offer, shown = found[place]
        _show(console, place, len(found), offer, shown)
        key = _key()
        if key in KEYS:
            done = labelling.give_label(
                settings, offer.article_id, offer.topic, KEYS[key], by, offered_as=offer.offered_as
            )
            given.append((place, done.id))
            place += 1
        elif key == "s":
            place += 1
        elif key == "b" and given:
            place, last = given.pop()
            labelling.undo_label(settings, by, last)
        elif key in {"q", "", "\x03", "\x04"}:
            break
        else:
            show.say(_HELP)
    show.say(
        f"{len(given)} labelled; `monitor topics quality` shows what they say, `monitor train` uses them"
    )


def _show(console: Console, place: int, total: int, offer: Offer, shown: Shown) -> None:
    from rich.text import Text

    from monitor.text import shorten

    console.print(Text(f"\n{place + 1}/{total}  {offer.topic}?  ({offer.why})", style="bold"))
    console.print(Text(shown.title, style="cyan"))
    body = shown.summary or shown.text
    if body:
        console.print(Text(shorten(body, _TEXT)))
    if shown.sentence:
        console.print(Text(f"hit by: {shown.sentence}", style="dim"))


def _key() -> str:
    """One key of the keyboard, or one line where there is none to press."""
    if sys.stdin.isatty():
        import click

        return click.getchar().lower()
    line = sys.stdin.readline()
    return line.strip().lower()[:1] if line.strip() else "" if not line else "?"
