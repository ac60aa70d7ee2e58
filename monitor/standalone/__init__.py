"""`monitor up`: everything on this machine, started together and stopped together."""

from __future__ import annotations

import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from types import FrameType

from monitor.errors import Misconfigured, Transient
from monitor.records import FeedSpec, RunKey
from monitor.settings import PROJECT, Settings
from monitor.standalone import watch
from monitor.standalone.parts import PARTS, Parts, environment, healthy

START = 300.0  # seconds until Airflow has to answer; 30 on a quiet machine
PULSE = 1.0  # seconds between two looks at the parts and the database


def up(settings: Settings, *, demo: bool = False, port: int = 8080) -> int:
    """Start the database, the classifier and Airflow, tell what happens, stop it all on Ctrl-C.

    Args:
        demo: sample feeds on this machine and a database of their own, new at each start.
        port: of the Airflow UI, on loopback.

    Returns:
        the exit code, 0 after Ctrl-C or SIGTERM.

    Raises:
        Misconfigured: the port is taken, a seed is broken, Airflow cannot be set up.
        Transient: a part of Airflow ended by itself or does not answer.
    """
    _claim(port)
    with _until_told_to_stop(), ExitStack() as stack:
        settings = replace(settings, web_url=f"http://localhost:{port}")
        specs = None
        if demo:
            settings, specs = _demo(settings, stack)
        home = settings.home.resolve() / "airflow"
        parts = stack.enter_context(Parts(environment(settings, port), home / "console"))
        _prepare(settings, specs, parts)
        seen = _look(settings)  # before the first run: nothing of it must be missed
        _await(parts, port)
        _banner(settings, parts, demo)
        _follow(settings, parts, seen)
    return 0


def say(line: str) -> None:
    """One line on the terminal, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class _Stop(BaseException):
    """Ctrl-C or SIGTERM."""


@contextmanager
def _until_told_to_stop() -> Iterator[None]:
    def stop(_number: int, _frame: FrameType | None) -> None:
        for name in watched:
            signal.signal(name, signal.SIG_IGN)  # a second Ctrl-C must not cut the stopping short
        raise _Stop

    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {name: signal.signal(name, stop) for name in watched}
    try:
        yield
    except _Stop:
        say("Stopped. What was done is kept; the next start goes on from there.")
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _claim(port: int) -> None:
    """See that the port is free.

    Raises:
        Misconfigured: it is not.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            cure = "choose another with MONITOR_PORT, like MONITOR_PORT=8090 make run"
            raise Misconfigured(f"port {port} cannot be used ({error}): {cure}") from error


def _demo(settings: Settings, stack: ExitStack) -> tuple[Settings, list[FeedSpec]]:
    """Serve the sample feeds; settings and feeds that keep them apart from everything real."""
    from monitor.demo import serve
    from monitor.feeds.opml import read

    home = settings.home.resolve() / "demo"
    shutil.rmtree(home, ignore_errors=True)  # the dates of its news would lie in the past
    server = stack.enter_context(serve(settings.seeds))
    own = replace(
        settings,
        home=home,
        database_url=f"sqlite:///{home / 'monitor.db'}",
        slack_token="",  # invented news must not reach a real workspace
        allowed_networks=(ip_network("127.0.0.0/8"),),
        host_spacing=0.0,
        host_concurrency=32,
    )
    return own, list(read(server.opml()))


def _prepare(settings: Settings, specs: list[FeedSpec] | None, parts: Parts) -> None:
    """Set up what is missing: both databases, feeds, classifier; Airflow's meanwhile in a child."""
    from monitor import pipeline
    from monitor.store import feeds
    from monitor.store.database import begin, open_database, upgrade

    say("Preparing the databases ...")
    parts.start("db migrate", ["db", "migrate"])
    upgrade(settings.database_url)
    with begin(open_database(settings.database_url)) as db:
        known = len(feeds.listing(db))
    if not known:
        # Only then: who has removed a feed of the seeds does not want it back at each start.
        say(f"{len(pipeline.add_feeds(settings, specs, alert_backlog=True))} feeds added")
    if not any(settings.classifiers.glob("*.skops")):
        say("Training the classifier from the seeds ...")
        started = datetime.now(UTC)
        pipeline.train(settings, RunKey("cli", "up", f"{started:%Y%m%dT%H%M%S.%f}"))
    parts.finish("db migrate")


def _await(parts: Parts, port: int) -> None:
    """Start Airflow and wait until it answers.

    Raises:
        Transient: it ends, or does not answer in time.
    """
    say("Starting Airflow (half a minute, longer on a busy machine) ...")
    parts.start("pools import", ["pools", "import", str(PROJECT / "dags" / "pools.json")])
    for name, arguments in PARTS.items():
        parts.start(name, arguments)
    parts.finish("pools import")
    deadline = time.monotonic() + START
    while not healthy(port):
        parts.check()
        if time.monotonic() > deadline:
            raise Transient(f"Airflow does not answer after {START:.0f} s: see its logs in {parts.logs}")
        time.sleep(PULSE / 2)


def _banner(settings: Settings, parts: Parts, demo: bool) -> None:
    slack = f"alerts go to {settings.slack_channel}"
    if demo:
        slack = "left out of the demo; the Alerts page shows what it would get"
    elif not settings.slack_token:
        slack = "not connected, alerts wait: set MONITOR_SLACK_TOKEN (docs/slack.md)"
    say("")
    say(f"  News monitor{' (demo: invented news)' if demo else ''} is running; Ctrl-C stops it.")
    say(f"    Airflow   {settings.web_url}")
    say(f"    Alerts    {settings.web_url}/plugin/news-monitor  and here")
    say(f"    Slack     {slack}")
    say(f"    Logs      {parts.logs}")
    say("")


def _look(settings: Settings) -> watch.Watch:
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url), reading=True) as db:
        return watch.begin(db)


def _follow(settings: Settings, parts: Parts, seen: watch.Watch) -> None:
    """Tell what happens until we are told to stop.

    Raises:
        Transient: a part of Airflow ended by itself.
    """
    from monitor.store.database import begin, open_database

    engine = open_database(settings.database_url)
    while True:
        parts.check()
        try:
            with begin(engine, reading=True) as db:
                lines = list(watch.news(seen, db))
        except Transient:
            lines = []  # a busy database; the tasks tell where it is worse
        for line in lines:
            say(f"{datetime.now(UTC):%H:%M}{line}" if line.startswith(" ") else line)
        time.sleep(PULSE)
