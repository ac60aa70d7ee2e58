"""`monitor run`, and every step of the pipeline by its own name."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from monitor.cli import loops, show
from monitor.records import Ledger, RunKey, Step
from monitor.settings import Settings, load

_DAY = ["%Y-%m-%d"]
_ABOUT = {
    Step.FETCH: "Poll the feeds that are due and store their entries as articles.",
    Step.HEALTH: "Tell the operations channel of feeds that are silent or off, once an event.",
    Step.READ: "Fetch the pages of articles whose feed carried too little text.",
    Step.GROUP: "Place new articles into stories.",
    Step.SCORE: "Score new articles on every topic and store the hits.",
    Step.DECIDE: "Decide which hits become alerts, and put those into the outbox.",
    Step.DELIVER: "Send the outbox to Slack, each message once.",
    Step.DIGEST: "Put the digest of each route into the outbox, once a day or week.",
    Step.TRAIN: "Train the classifier from the seeds and publish it under models/.",
    Step.PUBLISH: "Publish the version that was trained last and waits, or VERSION.",
    Step.REPROCESS: "Score stored articles anew with the classifier of today; never alerts.",
    Step.MAINTAIN: "Prune old bookkeeping, drop expired claims, repair counts.",
    Step.PRUNE: "Drop the texts of old news; titles, links, hits and alerts stay.",
}


def register(app: typer.Typer) -> None:
    """Add `run` and the steps to the command line."""
    app.command(help="One full cycle without Airflow: fetch, read, group, score, decide, deliver.")(run)
    own: dict[Step, Callable[..., None]] = {
        Step.DELIVER: deliver,
        Step.DIGEST: digest,
        Step.PUBLISH: publish,
        Step.REPROCESS: reprocess,
        Step.PRUNE: prune,
    }
    for step in Step:
        app.command(str(step), help=_ABOUT[step])(own.get(step) or _command(step))


def run_key(name: str) -> RunKey:
    """The run of this command: its name, when it started and its process."""
    return RunKey("cli", name, f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}")


def run(
    all_feeds: Annotated[bool, typer.Option("--all", help="Poll every feed, due or not.")] = False,
    loop: loops.LoopOption = False,
    every: Annotated[float, typer.Option(min=1, help="With --loop: seconds from cycle to cycle.")] = 60,
) -> None:
    from monitor import pipeline
    from monitor.errors import Transient

    settings = load()
    key = run_key("run")
    if all_feeds:
        pipeline.make_due(settings)
    if loop:
        loops.run(run_key, every)
        return
    with show.progress() as progress:
        ledgers = pipeline.cycle(settings, key, progress=progress)
    show.ledgers(ledgers)
    _say_what_waits(settings)
    _show_new_alerts(ledgers)
    if _reached_none(ledgers):
        raise Transient("no feed could be reached: check the network; `make demo` works without one")


def _reached_none(ledgers: tuple[Ledger, ...]) -> bool:
    from monitor.records import FETCH_SUCCEEDED

    polls = next(ledger for ledger in ledgers if ledger.step is Step.FETCH and ledger.unit == "feeds")
    return polls.items_in > 0 and not any(polls.outcomes.get(end) for end in FETCH_SUCCEEDED)


def _say_what_waits(settings: Settings) -> None:
    """What is not due yet, and when it is."""
    from monitor.store import sending
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url), reading=True) as db:
        count, moment = sending.resting(db, datetime.now(UTC))
    if moment is not None:
        some = "1 message waits" if count == 1 else f"{count} messages wait, the first"
        show.say(f"{some} until {moment.astimezone(UTC):%d %b %H:%M:%S} UTC: run again then, or with --loop")


def _show_new_alerts(ledgers: tuple[Ledger, ...]) -> None:
    """Without Slack the terminal is where the alerts of this run are read."""
    from monitor.cli.alerts import print_alerts

    raised = sum(ledger.outcomes.get("alert", 0) for ledger in ledgers if ledger.step is Step.DECIDE)
    if raised and not load().slack_token:
        print_alerts(limit=raised)


def deliver(loop: loops.LoopOption = False) -> None:
    if loop:
        loops.deliver(run_key)
    else:
        _command(Step.DELIVER)()
        _say_what_waits(load())


def digest(
    weekly: Annotated[bool, typer.Option("--weekly", help="The last 7 days, not the last 24 hours.")] = False,
    read: Annotated[
        bool, typer.Option("--read", help="Show the digests as they would be now; nothing is sent.")
    ] = False,
) -> None:
    from monitor import pipeline
    from monitor.records import DigestSpan

    span = DigestSpan.WEEKLY if weekly else DigestSpan.DAILY
    if read:
        from monitor.alerts.terminal import show as render
        from monitor.pipeline.notify import read_digests

        for name, message in read_digests(load(), span).items():
            show.say(f"route {name}")
            show.console().print(render(message))
        return
    with show.progress() as progress:
        ledgers = pipeline.digest(load(), run_key(Step.DIGEST), progress=progress, span=span)
    show.ledgers(ledgers)


def publish(
    version: Annotated[
        str | None, typer.Argument(help="A version; the newest that waits by default.")
    ] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Also one that the gate held back.")] = False,
) -> None:
    from monitor import pipeline

    show.ledgers(pipeline.publish(load(), run_key(Step.PUBLISH), version=version, anyway=anyway))


def reprocess(
    since: Annotated[datetime, typer.Option(formats=_DAY, help="First day, in UTC.")],
    until: Annotated[datetime | None, typer.Option(formats=_DAY, help="Last day; today by default.")] = None,
) -> None:
    from monitor import pipeline

    first = since.replace(tzinfo=UTC)
    end = (until.replace(tzinfo=UTC) if until else datetime.now(UTC)) + timedelta(days=1)
    if first >= end:
        raise typer.BadParameter("--since is after --until")
    with show.progress() as progress:
        ledgers = pipeline.reprocess(
            load(), run_key(Step.REPROCESS), since=first, until=end, progress=progress
        )
    show.ledgers(ledgers)


def prune(
    days: Annotated[
        int | None, typer.Option(min=1, help="Keep so many days; MONITOR_KEEP_TEXT_DAYS by default.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count the texts, drop none.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
) -> None:
    from monitor import pipeline

    settings = load()
    found = pipeline.count_old_texts(settings, days)
    told = {"article": "of articles", "revision": "of earlier versions", "scored": "that hits were scored by"}
    show.rows(["Texts", "Number"], [[told[k], n] for k, n in found.items()], show.Format.TABLE, empty="")
    if dry_run:
        show.say("nothing was dropped; titles, summaries, links, hits and alerts would stay")
        return
    if any(found.values()) and not yes:
        typer.confirm("Drop them? Only a backup brings them back", abort=True)
    with show.progress() as progress:
        ledgers = pipeline.prune(settings, run_key(Step.PRUNE), days=days, progress=progress)
    show.ledgers(ledgers)


def _command(step: Step):  # type: ignore[no-untyped-def]  # typer reads the signature of what it returns
    def command() -> None:
        from monitor import pipeline

        with show.progress() as progress:
            ledgers = getattr(pipeline, step)(load(), run_key(step), progress=progress)
        show.ledgers(ledgers)

    return command
