"""`monitor feeds`: list, add, remove, import, export; health and hosts are in `health.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli import adding, health, show
from monitor.cli.adding import Backlog
from monitor.errors import NotFound, Permanent
from monitor.records import FeedSpec
from monitor.settings import load

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(
    help="The feeds: list, add, remove, import and export OPML, health.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
health.register(app)
app.command()(adding.add)
FormatOption = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


def _engine() -> Engine:
    from monitor.store.database import open_database

    return open_database(load().database_url)


@app.command("list", help="Every feed with its group, state and next check.")
def list_feeds(form: FormatOption = show.Format.TABLE) -> None:
    from monitor.store import feeds
    from monitor.store.database import begin

    with begin(_engine()) as db:
        known = feeds.listing(db)
    lines = [[f.id, f.group, f.title, str(f.state), f.next_check_at, f.url] for f in known]
    columns = ["Id", "Group", "Title", "State", "Next check", "URL"]
    show.rows(
        columns,
        lines,
        form,
        empty="no feeds: `monitor feeds import seeds/feeds.opml` brings the shipped ones",
    )


@app.command(help="Remove a feed by address or id; its articles stay.")
def remove(feed: Annotated[str, typer.Argument(help="Address or id.")]) -> None:
    from monitor.store import feeds
    from monitor.store.database import begin

    with begin(_engine()) as db:
        url = next((f.url for f in feeds.listing(db) if feed in {f.url, str(f.id)}), None)
        if url is None or not feeds.remove(db, url):
            raise NotFound(f"no feed {feed!r}: `monitor feeds list` shows them")
    show.say(f"removed {url}; its articles stay. `monitor feeds add {url}` brings it back")


@app.command("import", help="Add the feeds of an OPML file (the shipped list when none is named).")
def import_opml(
    file: Annotated[Path | None, typer.Argument(help="OPML file.")] = None,
    alert_backlog: Backlog = False,
) -> None:
    from monitor import pipeline
    from monitor.feeds.opml import read

    settings = load()
    path = file or settings.seeds / "feeds.opml"
    try:
        specs = read(path.read_bytes())
    except OSError as error:
        raise Permanent(f"{path} cannot be read: {error.strerror}") from error
    added = pipeline.add_feeds(settings, specs, alert_backlog=alert_backlog)
    show.say(f"{sum(added.values())} feeds added, {len(added) - sum(added.values())} were there already")


@app.command("export", help="Write the feeds as OPML, to a file or to standard output.")
def export_opml(file: Annotated[Path | None, typer.Argument(help="OPML file.")] = None) -> None:
    from monitor.feeds.opml import write
    from monitor.store import feeds
    from monitor.store.database import begin

    with begin(_engine()) as db:
        known = feeds.listing(db)
    text = write([FeedSpec(f.url, f.title, f.group, f.site_url, f.language) for f in known])
    if file is None:
        sys.stdout.buffer.write(text)
    else:
        file.write_bytes(text)
        show.say(f"{len(known)} feeds written to {file}")
