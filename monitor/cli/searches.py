"""`monitor searches`: searches with a name; list, save, run, alert, delete, bring back."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import reading, show
from monitor.settings import load

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(
    help="Saved searches: list, save, run, alert of new matches, delete, bring back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Number = Annotated[int, typer.Argument(help="Number of the saved search.")]
By = Annotated[str, typer.Option(help="Who; you where not given.")]
Form = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


def _engine() -> Engine:
    from monitor.store.database import open_database

    return open_database(load().database_url)


@app.command("list", help="All saved searches, with the channel in which new matches are told.")
def list_searches(
    everything: Annotated[
        bool, typer.Option("--all", help="Those deleted in the last 30 days, too.")
    ] = False,
    form: Form = show.Format.TABLE,
) -> None:
    from datetime import UTC, datetime

    from monitor.store import asking, searches
    from monitor.store.database import begin

    with begin(_engine(), reading=True) as db:
        found = searches.listing(db)
        found += searches.deleted(db, datetime.now(UTC)) if everything else []
    lines = [
        [
            one.id,
            one.name,
            asking.in_words(one.typed),
            one.owner,
            one.created_at,
            one.alert.channel if one.alert else "",
            f"deleted by {one.deleted_by}" if one.deleted_at else "",
        ]
        for one in found
    ]
    columns = ["Id", "Name", "Finds", "Owner", "Since", "Alerts in", "State"]
    show.rows(columns, lines, form, empty="none saved: `monitor searches save --help`")


@app.command(help="Save a search; its fields are those of the search page.")
def save(
    name: Annotated[str, typer.Argument(help="Its name.")],
    words: Annotated[str, typer.Argument(help="Words, as the search page takes them.")] = "",
    topic: Annotated[str, typer.Option(help="Only hits of this topic.")] = "",
    publisher: Annotated[str, typer.Option(help="Only this publisher.")] = "",
    country: Annotated[str, typer.Option(help="Publishers of this state, like FRA.")] = "",
    actor: Annotated[
        str, typer.Option(help="Only articles that name RUS, NATO, ...; with blanks: all.")
    ] = "",
    language: Annotated[str, typer.Option(help="Only this language, like en.")] = "",
    score: Annotated[str, typer.Option(help="Only hits with at least this score.")] = "",
    by: By = "",
) -> None:
    from monitor.pipeline import watching

    typed = {"q": words, "topic": topic, "publisher": publisher, "country": country}
    typed |= {"actor": actor, "language": language, "score": score}
    made = watching.save_search(load(), name, typed, by or getpass.getuser())
    show.say(f"search {made.id} is saved; `monitor searches alert {made.id}` tells its new matches")


@app.command(help="What a saved search finds now.")
def run(
    number: Number,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    form: Form = show.Format.TABLE,
) -> None:
    from monitor.store import searches
    from monitor.store.database import begin
    from monitor.store.search import search

    with begin(_engine(), reading=True) as db:
        found = search(db, searches.get(db, number).search, limit)
    reading.show_found(found, form)


@app.command(help="Alert of its new matches from now on, one message a story; or stop that (--off).")
def alert(
    number: Number,
    channel: Annotated[str, typer.Option(help="#name; that of the settings where not given.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Alert no more.")] = False,
    by: By = "",
) -> None:
    from monitor.pipeline import watching

    if off:
        done = watching.stop_telling(load(), number)
        show.say(f"search {number}, {done.name}, alerts no more")
        return
    done = watching.tell_matches(load(), number, channel, by or getpass.getuser())
    where = done.alert.channel if done.alert else ""
    show.say(
        f"new matches of {done.name} are told in {where}; `monitor searches alert {number} --off` ends it"
    )


@app.command(help="Delete a saved search and its alerts; `restore` brings it back for 30 days.")
def delete(number: Number, by: By = "") -> None:
    from monitor.pipeline import watching

    done = watching.delete_search(load(), number, by or getpass.getuser())
    show.say(f"{done.name} is deleted; `monitor searches restore {number}` brings it back")


@app.command(help="Bring a deleted search back, with its alerts.")
def restore(number: Number) -> None:
    from monitor.pipeline import watching

    show.say(f"{watching.restore_search(load(), number).name} is back")
