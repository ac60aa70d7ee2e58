"""`monitor silence`: add, list, end."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import show
from monitor.errors import NotFound, Permanent
from monitor.records import SilenceMatcher
from monitor.settings import load

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from monitor.settings import Settings

app = typer.Typer(
    help="Mute topics, stories, publishers, actors, countries or words for a while, with a reason.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _engine() -> Engine:
    from monitor.store.database import open_database

    return open_database(load().database_url)


@app.command(help="Silence what fits all that is given; what it hid is reported when it ends.")
def add(
    topic: Annotated[str, typer.Option(help="Name of a topic card.")] = "",
    story: Annotated[int | None, typer.Option(help="Number of a story.")] = None,
    publisher: Annotated[str, typer.Option(help="Name of a publisher.")] = "",
    actor: Annotated[str, typer.Option(help="Key of an actor, such as NATO.")] = "",
    country: Annotated[str, typer.Option(help="Three letters of ISO 3166, such as IRN.")] = "",
    words: Annotated[str, typer.Option(help="Word or phrase of headline or matched sentence.")] = "",
    reason: Annotated[str, typer.Option(help="Why: it stands in the report.", prompt=True)] = "",
    span: Annotated[str, typer.Option("--for", help="90m, 4h, 1d, 7d, or ever.")] = "1d",
    owner: Annotated[str, typer.Option(help="Who; you where not given.")] = "",
) -> None:
    from monitor.store import searches, silences
    from monitor.store.database import begin

    settings = load()
    matcher = SilenceMatcher(topic, story, publisher.strip(), actor.strip(), country.upper(), words.strip())
    if not any((topic, story, matcher.publisher, matcher.actor, matcher.country, matcher.words)):
        raise typer.BadParameter("say what to silence: --topic, --story, --publisher, --actor, ...")
    now = datetime.now(UTC)
    until = _until(span, now)
    with begin(_engine()) as db:
        _check(settings, matcher, [one.topic for one in searches.listing(db)])
        if story is not None:
            from monitor.store import stories

            if stories.get(db, story) is None:
                raise NotFound(f"no story {story}: `monitor search` shows the numbers")
        made = silences.add(db, matcher, owner or getpass.getuser(), reason, now, until)
    end = f"until {until:%d %b %H:%M} UTC" if until else f"until `monitor silence end {made.id}`"
    show.say(f"silence {made.id} is in force {end}")


def _until(span: str, now: datetime) -> datetime | None:
    from monitor.alerts.fields import duration

    if span == "ever":
        return None
    found = duration(span)
    if not found:
        raise typer.BadParameter(f"{span!r} is no span of time: write 90m, 4h, 1d, 7d or ever")
    return now + found


def _check(settings: Settings, matcher: SilenceMatcher, of_searches: list[str]) -> None:
    known = [*sorted(card.stem for card in (settings.seeds / "topics").glob("*.toml")), *of_searches]
    if matcher.topic and known and matcher.topic not in known:
        raise NotFound(f"no topic {matcher.topic!r}: there is {', '.join(known)}")


@app.command("list", help="Silences in force and what they hid so far; the first `end` by number.")
def list_silences(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    from monitor.alerts.silences import what
    from monitor.store import silences
    from monitor.store.database import begin

    now = datetime.now(UTC)
    with begin(_engine()) as db:
        found = silences.listing(db, now, ended=everything)
    columns = ["Id", "Silences", "Owner", "Reason", "Since", "Until", "Hits", "Stories", "Replies"]
    lines = [
        [
            one.silence.id,
            what(one.silence.matcher, {}),
            one.silence.owner,
            one.silence.reason,
            one.silence.created_at,
            one.silence.ended_at or one.silence.expires_at or "for good",
            one.hits,
            one.stories,
            one.replies,
        ]
        for one in found
    ]
    show.rows(columns, lines, form, empty="no silences: `monitor silence add --help`")


@app.command(help="End a silence before its time; its report comes with the next run.")
def end(
    number: Annotated[int, typer.Argument(help="Number of the silence.")],
) -> None:
    from monitor.store import silences
    from monitor.store.database import begin

    now = datetime.now(UTC)
    with begin(_engine()) as db:
        found = silences.get(db, number)
        if found is None:
            raise NotFound(f"no silence {number}: `monitor silence list` shows the numbers")
        if not silences.end(db, number, getpass.getuser(), now):
            raise Permanent(f"silence {number} is over already")
    show.say(f"silence {number} is ended; it hid {found.hits} hits in {found.stories} stories")
