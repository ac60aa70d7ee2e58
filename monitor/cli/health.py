"""`monitor feeds health` and `monitor feeds hosts`: who is well, who is not, and since when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli import show
from monitor.settings import load

if TYPE_CHECKING:
    from monitor.store.feed_health import FeedHealth

FormatOption = Annotated[show.Format, typer.Option("--format", "-f", help="table, json or csv")]


def register(app: typer.Typer) -> None:
    """Add `health` and `hosts` to the commands about feeds."""
    app.command(help="How each feed is doing: last poll, last news, a day against its habit.")(health)
    app.command(help="How the pages of each host could be read, the most failures first.")(hosts)


def health(
    form: FormatOption = show.Format.TABLE,
    bad: Annotated[bool, typer.Option("--bad", help="Only feeds that are not well.")] = False,
) -> None:
    from monitor.records import AlarmKind, FeedState
    from monitor.store import alarms, feed_health
    from monitor.store.database import begin, open_database

    with begin(open_database(load().database_url), reading=True) as db:
        known = feed_health.health(db)
        lasting = alarms.lasting(db)
    quiet = {alarm.subject for alarm in lasting if alarm.kind is AlarmKind.FEED_QUIET}
    ill = [h for h in known if h.feed.state is not FeedState.ACTIVE or str(h.feed.id) in quiet]
    show.rows(
        ["Feed", "State", "Last success", "Last new", "304", "New 24h", "Habit", "Last poll", "Next check"],
        [_line(h, str(h.feed.id) in quiet) for h in (ill if bad else known)],
        form,
        empty="every feed is well" if bad else "no feeds yet",
    )
    if form is show.Format.TABLE:
        for alarm in lasting:
            show.say(f"{alarm.raised_at:%Y-%m-%d %H:%M} UTC: {alarm.line}")


def _line(one: FeedHealth, quiet: bool) -> list[Any]:
    feed = one.feed
    line = one.line
    if not feed.failures and feed.last_error and feed.last_error_at:
        line += f" (last error {feed.last_error_at:%Y-%m-%d %H:%M}: {feed.last_error})"
    return [
        feed.title,
        f"{feed.state}, quiet" if quiet else str(feed.state),
        feed.last_success_at,
        feed.last_new_at,
        f"{one.not_modified_share:.0%}" if one.polls else "",
        one.new_24h,
        usual(one),
        line,
        feed.next_check_at,
    ]


def usual(one: FeedHealth) -> str:
    """A feed's habit as people read it: "12.3 a day"."""
    from monitor.feeds.habits import habit

    found = habit(one.days)
    return f"{found.mean:.1f} ± {found.spread:.1f} a day" if found else "not known yet"


def hosts(
    form: FormatOption = show.Format.TABLE,
    days: Annotated[int, typer.Option(min=1, help="How far to look back.")] = 7,
) -> None:
    from monitor.store import hosts as store
    from monitor.store.database import begin, open_database

    since = (datetime.now(UTC) - timedelta(days=days - 1)).date()
    with begin(open_database(load().database_url), reading=True) as db:
        found = store.reads(db, since)
    lines = [
        [one.host, one.pages, one.failed, f"{one.failed / one.pages:.0%}", one.worst.replace("_", " ")]
        for one in found
    ]
    columns = ["Host", "Pages", "Failed", "Share", "Most often"]
    show.rows(columns, lines, form, empty="no page has been read yet")
