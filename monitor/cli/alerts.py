"""`monitor alerts`: the newest alerts, and why a story alerted or did not."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli import show
from monitor.settings import load

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@app.callback(help="The newest alerts, as Slack shows them; `monitor alerts why 7` says why.")
def alerts(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    form: Annotated[
        show.Format, typer.Option("--format", "-f", help="table, json or csv")
    ] = show.Format.TABLE,
    brief: Annotated[bool, typer.Option("--brief", help="One line an alert.")] = False,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if form is show.Format.TABLE and not brief:
        print_alerts(limit)
        return
    from monitor.store import alerts as rows
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        known = rows.recent(db, limit)
    columns = ["Alert", "Decided", "Topic", "Score", "Headline", "Story", "State"]
    lines = [
        [a.alert_id, a.decided_at, a.topic, a.score, a.headline, a.story_id, str(a.state)] for a in known
    ]
    show.rows(columns, lines, form, empty="no alerts yet")


def print_alerts(limit: int) -> None:
    """The newest alerts, oldest first, as Slack shows them; then how to connect Slack."""
    from monitor.alerts.terminal import show as render
    from monitor.pipeline.outgoing import CONNECT
    from monitor.store import alerts as rows
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url)) as db:
        known = rows.recent(db, limit)
    console = show.console()
    for alert in reversed(known):
        console.print(render(alert.message))
        console.print(
            f"[dim]{alert.decided_at:%d %b %H:%M} UTC · alert {alert.alert_id} · {alert.state}[/dim]\n"
        )
    if not known:
        show.say("no alerts yet")
    if not load().slack_token:
        show.say(CONNECT)


@app.command(help="Why a story or an article alerted, or did not: routes, thresholds, silences, messages.")
def why(
    what: Annotated[
        str,
        typer.Argument(metavar="STORY|ARTICLE", help="7 or story:7, article:12, or an article's address."),
    ],
) -> None:
    from monitor.pipeline.explaining import why as explain

    for line in explain(load(), what):
        show.say(line)
