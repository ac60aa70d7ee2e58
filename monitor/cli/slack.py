"""`monitor slack`: listen to buttons, forms and the slash command, and see how the connection is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from monitor.cli import show
from monitor.cli.loops import until_told_to_stop
from monitor.errors import Misconfigured, Transient
from monitor.settings import load

app = typer.Typer(
    help="The Slack listener: buttons, the /monitor command, the App Home.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(help="Listen to Slack, over Socket Mode; alerts go out without it too.")
def listen(
    http: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Listen over HTTP at this port instead.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen at over HTTP.")] = "127.0.0.1",
) -> None:
    from monitor.alerts.listen import create_app
    from monitor.alerts.slack import connect
    from monitor.alerts.ways import listen_by_socket, serve_http
    from monitor.pipeline.listening import answers, heartbeat

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
        serve_http(bolt, host, http, beat=heartbeat(settings, "http"))
    else:
        show.say("listening over Socket Mode; Ctrl-C stops it")
        with until_told_to_stop() as stopped:
            beat = heartbeat(settings, "socket")
            listen_by_socket(bolt, settings.slack_app_token, until=stopped, beat=beat)
    show.say("stopped; alerts go out without the listener too")


@app.command(help="Whether channels take messages and the listener hears; ends with 4 where it does not.")
def status() -> None:
    from monitor.doctor import channels, listener, newest_listener

    known = load()
    for finding in (channels(known), listener(known)):
        show.say(f"{finding.part}: {finding.line}")
    found = newest_listener(known)
    if found is None or not found.is_well(datetime.now(UTC)):
        raise Transient("no listener is in touch with Slack: start `monitor slack listen`")
