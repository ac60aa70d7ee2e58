"""`monitor api tokens add | list | revoke`: who may use the interface for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.cli import show
from monitor.settings import load

app = typer.Typer(help="The interface for programs.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(help="Who may use it, without Airflow.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(tokens, name="tokens")

NameArgument = Annotated[str, typer.Argument(help="What or who it is for, such as `spreadsheet`.")]


@tokens.command(help="Make a token and show it, this once; it reads articles and hits, and no page.")
def add(name: NameArgument) -> None:
    from monitor.store import api_tokens
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        secret = api_tokens.add(db, name, datetime.now(UTC))
    show.say(f"{name} reads /monitor/api/v1 of `monitor web` with this token, shown this once:")
    show.say(secret)


@tokens.command("list", help="Every token with when it was last used.")
def listed(
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
) -> None:
    from monitor.store import api_tokens
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url), reading=True) as db:
        found = api_tokens.listing(db)
    lines = [[one.name, one.created_at, one.last_used_at, one.revoked_at] for one in found]
    columns = ["Token", "Made", "Last used", "Revoked"]
    show.rows(columns, lines, form, empty="no tokens: `monitor api tokens add NAME` makes one")


@tokens.command(help="Let a token open nothing from now on; for good.")
def revoke(name: NameArgument) -> None:
    from monitor.store import api_tokens
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        held = api_tokens.revoke(db, name, datetime.now(UTC))
    show.say(f"{name} opens nothing any more" if held else f"{name} was revoked already")
