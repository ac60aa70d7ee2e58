"""Examine every part of a set-up and say of each what is well and what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.errors import MonitorError
from monitor.records import Listener, Route
from monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part. One that is not well but does not block is a note."""

    part: str
    line: str
    well: bool = True
    blocks: bool = False


def examine(settings: Settings) -> Iterator[Finding]:
    """One finding a part, in the order in which to put them right; never raises for a sick part."""
    for part, look in _PARTS.items():
        try:
            finding = look(settings)
        except MonitorError as error:
            finding = Finding(part, str(error), well=False, blocks=True)
        yield finding


def _python(_: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info < (3, 14):
        return Finding("python", version)
    return Finding("python", f"{version}: 3.11 to 3.13 are supported", well=False, blocks=True)


def _database(settings: Settings) -> Finding:
    from sqlalchemy import make_url

    from monitor.store import feeds
    from monitor.store.database import begin, open_database, versions

    current, newest = versions(settings.database_url)
    if current != newest:
        line = f"schema {current or 'none'}, newest {newest}: run `monitor db upgrade`"
        return Finding("database", line, well=False, blocks=True)
    with begin(open_database(settings.database_url)) as db:
        count = len(feeds.listing(db))
    shown = make_url(settings.database_url).render_as_string(hide_password=True)
    if not count:
        return Finding("database", f"{shown}: no feeds, run `monitor feeds import`", well=False)
    return Finding("database", f"{shown}, schema {current}, {count} feeds")


def _feeds(settings: Settings) -> Finding:
    from monitor.records import FeedState
    from monitor.store import feeds
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        known = feeds.listing(db)
    polled = [feed for feed in known if feed.last_checked_at]
    sick = [feed for feed in polled if feed.state is not FeedState.ACTIVE]
    if not polled:
        return Finding("feeds", "none polled yet: run `monitor run`", well=False)
    line = f"{len(polled)} of {len(known)} polled, {len(sick)} not well"
    return Finding("feeds", line + (": see `monitor feeds health --bad`" if sick else ""), well=not sick)


def _topics(settings: Settings) -> Finding:
    from monitor.topics import cards

    return Finding("topics", ", ".join(card.name for card in cards.load(settings.seeds)))


def _routes(settings: Settings) -> Finding:
    from monitor.pipeline.rules import routes_of

    found = routes_of(settings)
    if idle := _without_feeds(settings, found):
        return Finding("routes", f"{idle}: put a feed into the group, or correct the name", well=False)
    return Finding("routes", ", ".join(f"{route.name} to {route.channel}" for route in found))


def _without_feeds(settings: Settings, routes: Iterable[Route]) -> str:
    """The first route that asks for a group of feeds which has none, and which it is; "" without one.

    It is no error of the file: a group may get its first feed tomorrow.
    """
    from monitor.store import feeds
    from monitor.store.database import begin, open_database

    if not any(route.groups for route in routes):
        return ""
    with begin(open_database(settings.database_url), reading=True) as db:
        held = {feed.group.casefold() for feed in feeds.listing(db)}
    for route in routes:
        for group in route.groups:
            if group.casefold() not in held:
                return f"route {route.name} (line {route.line}): no feed is in its group {group!r}"
    return ""


def _classifier(settings: Settings) -> Finding:
    from monitor.topics.artifacts import load

    found = load(settings.classifiers)
    return Finding("classifier", f"{found.version} for {', '.join(found.topics)}")


def _outbox(settings: Settings) -> Finding:
    from monitor.store import outbox
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url)) as db:
        counts = outbox.counts(db)
    line = ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "empty"
    return Finding("outbox", line, well=not counts.get("dead"))


def _slack(settings: Settings) -> Finding:
    from monitor.alerts.slack import connect
    from monitor.pipeline.outgoing import is_connected
    from monitor.store import destinations
    from monitor.store.database import begin, open_database

    if settings.slack_token:
        return Finding("slack", connect(settings.slack_token, settings.slack_url).who())
    with begin(open_database(settings.database_url), reading=True) as db:
        connected, last = is_connected(db, settings), destinations.last_sent(db)
    if connected and last is not None:
        line = f"no token here, but another process delivers: last message {_moment(last)}"
        return Finding("slack", line)
    line = "not connected: set MONITOR_SLACK_TOKEN, see docs/slack.md; alerts wait in the outbox"
    return Finding("slack", line, well=False)


def channels(settings: Settings) -> Finding:
    """Which channels take nothing, and why."""
    from monitor.store import destinations
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url), reading=True) as db:
        ill, last = destinations.broken(db), destinations.last_sent(db)
    if ill:
        line = "; ".join(one.trouble for one in ill)
        return Finding("channels", f"{line}: docs/slack.md says what to do", well=False)
    return Finding("channels", f"last message {_moment(last)}" if last else "nothing has been sent yet")


def newest_listener(settings: Settings) -> Listener | None:
    """The listener that was last in touch with Slack."""
    from monitor.store import listeners
    from monitor.store.database import begin, open_database

    with begin(open_database(settings.database_url), reading=True) as db:
        return listeners.newest(db)


def listener(settings: Settings) -> Finding:
    """Whether buttons and `/monitor` are heard; where nobody wants them, none is well too."""
    found = newest_listener(settings)
    if found is None:
        line = "none has run: alerts go out without it, buttons need `monitor slack listen`"
        return Finding("listener", line, well=not settings.slack_app_token)
    where = f"on {found.name}, last in touch {_moment(found.seen_at)}"
    if found.is_well(datetime.now(UTC)):
        return Finding("listener", where)
    return Finding("listener", f"{where}: start `monitor slack listen` again", well=False)


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _airflow(_: Settings) -> Finding:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return Finding("airflow", version("apache-airflow"))
    except PackageNotFoundError:
        line = "not installed: `monitor run` works without it, `make run` installs it"
        return Finding("airflow", line, well=False)


_PARTS: dict[str, Callable[[Settings], Finding]] = {
    "python": _python,
    "database": _database,
    "topics": _topics,
    "routes": _routes,
    "classifier": _classifier,
    "feeds": _feeds,
    "outbox": _outbox,
    "slack": _slack,
    "channels": channels,
    "listener": listener,
    "airflow": _airflow,
}
