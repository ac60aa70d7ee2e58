"""`monitor db`, `monitor doctor`, `monitor up` and `monitor web`: setting up and looking after."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from monitor.cli import show
from monitor.errors import Misconfigured
from monitor.settings import load

db = typer.Typer(help="The database's schema.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Add `doctor`, `up` and `web` to the command line."""
    app.command(help="Check every part and say what to do; ends with 3 when something must be put right.")(
        doctor
    )
    app.command(help="Serve search, stories, alerts, feeds and runs in the browser, without Airflow.")(web)
    app.command(help="Start everything on this machine: database, classifier, Airflow with its UI.")(up)


@db.command(help="Bring the database to the newest schema; makes it if there is none.")
def upgrade() -> None:
    from monitor.store.database import upgrade as upgrade_schema
    from monitor.store.database import versions

    url = load().database_url
    before, _ = versions(url)
    upgrade_schema(url)
    after, _ = versions(url)
    show.say(f"schema {after}" + ("" if before == after else f" (was {before or 'none'})"))


@db.command(help="Make a role that may only read, for analysts' tools; PostgreSQL only.")
def reader(
    name: Annotated[str, typer.Argument(help="Name of the role; an existing one gets a new password.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the role away again.")] = False,
    password_file: Annotated[
        Path | None, typer.Option(help="Take the password of this file; the address is not shown then.")
    ] = None,
) -> None:
    from monitor.store import access
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as connection:
        given = _first_line(password_file) if password_file else None
        address = None if remove else access.add_reader(connection, name, given)
        if remove:
            access.remove_reader(connection, name)
    if address is None:
        show.say(f"{name} is gone")
        return
    if password_file is not None:
        show.say(f"{name} reads all tables and views, changes nothing, with the password of {password_file}")
        return
    show.say(f"{name} reads all tables and views, changes nothing. Its address, shown this once:")
    show.say(address)


def _first_line(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({error.strerror}): correct the path") from error
    if not text:
        raise Misconfigured(f"{path} is empty: write a password into it")
    return text


def doctor() -> None:
    from rich.text import Text

    from monitor.doctor import examine

    console = show.console()
    sick = 0
    for finding in examine(load()):
        sick += finding.blocks
        mark, style = (
            ("ok  ", "green") if finding.well else ("FIX ", "red") if finding.blocks else ("note", "yellow")
        )
        line = Text.assemble((mark, style), "  ", (f"{finding.part:<12}", "bold"), finding.line)
        console.print(line)
    if sick:
        raise Misconfigured(f"{sick} part{'s' if sick > 1 else ''} to put right, see the lines marked FIX")


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Sample feeds on this machine, no network needed.")
    ] = False,
    port: Annotated[int, typer.Option(envvar="MONITOR_PORT", help="Port of the Airflow UI.")] = 8080,
) -> None:
    from monitor.standalone import up as start

    start(load(), demo=demo, port=port)


def web(
    port: Annotated[int, typer.Option(help="Port of the pages.")] = 8090,
    host: Annotated[
        str, typer.Option(help="Address to listen on; this machine alone by default.")
    ] = "127.0.0.1",
) -> None:
    from monitor.web import alone

    settings = load()
    key = alone.key_of(settings.home)
    with alone.listen(host, port) as at:
        name = "localhost" if host == "127.0.0.1" else host
        show.say(f"http://{name}:{port}/?key={key}")
        show.say("Open it in a browser; Ctrl-C ends it. Who has the address can read everything.")
        alone.serve(alone.guarded(settings, key), at)
