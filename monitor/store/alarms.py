"""Alarms: raised once an event, ended when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from monitor.records import Alarm, AlarmKind
from monitor.store.sql import insert
from monitor.store.tables import alarms


def lasting(db: Connection) -> list[Alarm]:
    """The alarms whose event is not over, oldest first."""
    statement = select(alarms).where(alarms.c.ended_at.is_(None)).order_by(alarms.c.raised_at, alarms.c.id)
    return [_alarm(row) for row in db.execute(statement)]


def raised(db: Connection, now: Sequence[Alarm]) -> list[Alarm]:
    """Bring the stored alarms to what is out of the ordinary now.

    Returns:
        those that are new: a person has to be told of them.
    """
    open_ones = {(alarm.kind, alarm.subject): alarm for alarm in lasting(db)}
    wanted = {(alarm.kind, alarm.subject): alarm for alarm in now}
    fresh = [alarm for key, alarm in wanted.items() if key not in open_ones]
    if fresh:
        rows = [_row(alarm) for alarm in fresh]
        db.execute(insert(db, alarms).on_conflict_do_nothing(), rows)
    return fresh


def end(db: Connection, over: Sequence[Alarm], now: datetime) -> None:
    """Store that the events of these alarms are over."""
    if over:
        same = (alarms.c.kind == bindparam("b_kind")) & (alarms.c.subject == bindparam("b_subject"))
        statement = update(alarms).where(same, alarms.c.ended_at.is_(None)).values(ended_at=now)
        db.execute(statement, [{"b_kind": str(one.kind), "b_subject": one.subject} for one in over])


def last_outage_end(db: Connection) -> datetime | None:
    """When our last outage was over; None where there was none."""
    newest = (
        select(alarms.c.ended_at)
        .where(alarms.c.kind == str(AlarmKind.OUTAGE), alarms.c.ended_at.is_not(None))
        .order_by(alarms.c.ended_at.desc())
        .limit(1)
    )
    found: datetime | None = db.execute(newest).scalar()
    return found


def _row(alarm: Alarm) -> dict[str, Any]:
    return {
        "kind": str(alarm.kind),
        "subject": alarm.subject,
        "line": alarm.line,
        "raised_at": alarm.raised_at,
        "ended_at": alarm.ended_at,
    }


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(AlarmKind(row.kind), row.subject, row.line, row.raised_at, row.ended_at)
