"""`monitor slack`: listen to buttons, forms and the slash command."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli import show
from monitor.errors import Misconfigured
from monitor.settings import load

app = typer.Typer(
    help="The Slack listener: buttons, the /monitor command, the App Home.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """A group of its own, so that `listen` keeps its name."""


@app.command(help="Listen to Slack, over Socket Mode; alerts go out without it too.")
def listen(
    http: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Listen over HTTP at this port instead.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at over HTTP.")] = "127.0.0.1",
) -> None:
    from monitor.alerts.listen import create_app, listen_by_socket, serve_http
    from monitor.alerts.slack import connect
    from monitor.pipeline.listening import answers

    settings = load()
    if not settings.slack_token:
        raise Misconfigured("the listener needs MONITOR_SLACK_TOKEN, see docs/slack.md")
    if http is not None and not settings.slack_signing_secret:
        raise Misconfigured("over HTTP the listener needs MONITOR_SLACK_SIGNING_SECRET, see docs/slack.md")
    client = connect(settings.slack_token, settings.slack_url, settings.slack_timeout).client
    secret = settings.slack_signing_secret if http is not None else ""
    bolt = create_app(client, answers(settings), secret=secret)
    if http is not None:
        show.say(f"listening at http://{host}:{http}/slack/events")
        serve_http(bolt, host, http)
    else:
        show.say("listening over Socket Mode; Ctrl-C stops it")
        listen_by_socket(bolt, settings.slack_app_token)
