"""The command line: `monitor STEP` and the reader's commands.

Exit codes: 0 done, 1 a fault of ours, 2 wrong usage, 3 a setting, file or server has to be put
right, 4 try again later, 5 what was asked for is not there or cannot be used. An error is one line
on standard error that says what to fix; `--debug` shows the traceback too.
"""

from __future__ import annotations

import gc
import logging
import sys
from typing import Annotated

import typer

from monitor.cli import (
    actors,
    alerts,
    classifiers,
    evaluate,
    events,
    explain,
    feeds,
    files,
    labels,
    reading,
    searches,
    setup,
    silence,
    slack,
    steps,
    stories,
    tokens,
    topics,
)
from monitor.errors import EXIT_BUG, MonitorError, exit_code

app = typer.Typer(
    name="monitor",
    help="News monitor: feeds in, stories and topics, alerts to Slack.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 done, 1 a fault of ours, 2 usage, 3 set-up, 4 try later, 5 not found or unusable.",
)
app.add_typer(actors.app, name="actors")
app.add_typer(alerts.app, name="alerts")
app.add_typer(feeds.app, name="feeds")
app.add_typer(searches.app, name="searches")
app.add_typer(setup.db, name="db")
app.add_typer(topics.app, name="topics")
app.add_typer(tokens.app, name="api")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(events.app, name="events")
app.add_typer(silence.app, name="silence")
app.add_typer(stories.app, name="story")
feeds.app.command("parse")(files.parse_feeds)
app.command("extract")(files.extract_pages)
app.add_typer(slack.app, name="slack")
steps.register(app)
reading.register(app)
setup.register(app)
explain.register(app)
labels.register(app)
classifiers.register(topics.app)


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and every log line.")] = False,
) -> None:
    level = logging.DEBUG if debug else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)


def main() -> None:
    """Run the command line and end with its exit code."""
    debug = "--debug" in sys.argv
    # A batch of thousands of records holds no cycles, yet counting through them again and again for some
    # takes an eighth of a cycle's time at the interpreter's default of 700.
    gc.set_threshold(100_000, 50, 100)
    try:
        app()
    except MonitorError as error:
        if debug:
            raise
        typer.echo(f"monitor: {error}", err=True)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        typer.echo("monitor: stopped; what was done is kept, the next run goes on from there", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)  # the reader of our output has seen enough
    except Exception as error:  # the last door: a user never meets a traceback
        if debug:
            raise
        typer.echo(f"monitor: a fault of ours: {error!r}; `monitor --debug ...` shows where", err=True)
        sys.exit(EXIT_BUG)
