"""What hosts have asked of us, and how their pages could be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from sqlalchemy import Connection, delete, func, select

from monitor.records import FetchOutcome, HostReads, ReadOutcome, SiteRules
from monitor.store.sql import among, insert
from monitor.store.tables import host_days, host_pauses, robots

GOOD_READS = frozenset({str(ReadOutcome.PAGE_TEXT)})
_LONGEST_ORIGIN = 300  # characters; what is longer is asked anew each time


def pauses(db: Connection, now: datetime) -> dict[str, float]:
    """The hosts that want to be left alone, with the seconds for which they still do."""
    rows = db.execute(select(host_pauses).where(host_pauses.c.until > now))
    return {row.host: (row.until - now).total_seconds() for row in rows}


def pause(db: Connection, until: Mapping[str, datetime], now: datetime) -> None:
    """Remember how long hosts want to be left alone, and forget those whose time is over."""
    db.execute(delete(host_pauses).where(host_pauses.c.until <= now))
    if until:
        statement = insert(db, host_pauses)
        later = {"until": statement.excluded.until}
        rows = [{"host": host, "until": moment} for host, moment in sorted(until.items())]
        db.execute(statement.on_conflict_do_update(index_elements=["host"], set_=later), rows)


def rules(db: Connection, origins: Iterable[str], since: datetime) -> list[SiteRules]:
    """What is known of robots.txt at `origins`, if it was asked for since then."""
    statement = select(robots).where(robots.c.fetched_at >= since)
    return [
        SiteRules(row.origin, FetchOutcome(row.outcome), row.text, row.fetched_at)
        for row in among(db, statement, robots.c.origin, sorted(set(origins)))
    ]


def keep_rules(db: Connection, found: Iterable[SiteRules]) -> None:
    """Store what robots.txt said."""
    rows = [
        {"origin": one.origin, "outcome": str(one.outcome), "text": one.text, "fetched_at": one.fetched_at}
        for one in sorted(found, key=lambda one: one.origin)
        if len(one.origin) <= _LONGEST_ORIGIN
    ]
    if rows:
        statement = insert(db, robots)
        new = {name: statement.excluded[name] for name in ("outcome", "text", "fetched_at")}
        db.execute(statement.on_conflict_do_update(index_elements=["origin"], set_=new), rows)


def count_reads(db: Connection, ends: Mapping[tuple[str, str], int], now: datetime) -> None:
    """Add pages to the sums of today, by (host, outcome)."""
    day = now.astimezone(UTC).date()
    rows = [
        {"host": host, "day": day, "outcome": outcome, "pages": pages}
        for (host, outcome), pages in sorted(ends.items())
    ]
    if rows:
        statement = insert(db, host_days)
        more = {"pages": host_days.c.pages + statement.excluded.pages}
        db.execute(
            statement.on_conflict_do_update(index_elements=["host", "day", "outcome"], set_=more), rows
        )


def reads(db: Connection, since: date) -> list[HostReads]:
    """How the pages of each host could be read from that day on, the most failures first."""
    statement = (
        select(host_days.c.host, host_days.c.outcome, func.sum(host_days.c.pages).label("pages"))
        .where(host_days.c.day >= since)
        .group_by(host_days.c.host, host_days.c.outcome)
    )
    by_host: dict[str, Counter[str]] = {}
    for row in db.execute(statement):
        by_host.setdefault(row.host, Counter())[row.outcome] += int(row.pages)
    found = [_host_reads(host, counts) for host, counts in by_host.items()]
    return sorted(found, key=lambda one: (-one.failed, one.host))


def _host_reads(host: str, counts: Counter[str]) -> HostReads:
    bad = Counter({outcome: count for outcome, count in counts.items() if outcome not in GOOD_READS})
    worst = min(bad, key=lambda outcome: (-bad[outcome], outcome), default="")
    return HostReads(host, counts.total(), bad.total(), worst)
