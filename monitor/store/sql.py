"""The few SQL phrases that SQLite and PostgreSQL share only in spirit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, bindparam, func, literal, or_, update
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
CHUNK = 900  # values in one IN list


def insert(db: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if db.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def fixed(value: str) -> ColumnElement[str]:
    """`value` written into the statement: a planner cannot match a parameter to a partial index."""
    return literal(str(value), literal_execute=True)


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    known = list(values)
    for start in range(0, len(known), size):
        yield known[start : start + size]


def among(
    db: Connection, statement: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> list[Any]:
    """The rows of `statement` where `column` is one of `values`, whatever their number."""
    found: list[Any] = []
    for part in chunks(values):
        found.extend(db.execute(statement.where(column.in_(part))).all())
    return found


def update_each(db: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """UPDATE by `id`, one row a mapping; all mappings name the same columns.

    Rows are written in order of their id, so two writers wait for each other instead of deadlocking.
    """
    if not rows:
        return
    values = {name: bindparam(f"b_{name}", type_=table.c[name].type) for name in rows[0] if name != "id"}
    statement = update(table).where(table.c.id == bindparam("b_id")).values(values)
    ordered = sorted(rows, key=lambda row: row["id"])
    db.execute(statement, [{f"b_{name}": value for name, value in row.items()} for row in ordered])


def skip_locked(db: Connection, statement: Select[Any], of: Table) -> Select[Any]:
    """Lock what is read and pass over what another worker holds; SQLite has one writer anyway."""
    if db.dialect.name != "postgresql":
        return statement
    return statement.with_for_update(of=of, skip_locked=True)


def waits_until(column: Column[Any], now: Any) -> ColumnElement[bool]:
    """Not set, or reached."""
    return or_(column.is_(None), column <= now)


def lower_like(db: Connection, column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """Equal in any case."""
    pattern = re.sub(r"([\\%_])", r"\\\1", value)
    if db.dialect.name == "postgresql":
        return column.ilike(pattern, escape="\\")
    if value.isascii():
        return column.like(pattern, escape="\\")
    # SQLite's LIKE tells É from é; our own function is slower, so it serves only where it must.
    return func.fold(column) == literal(value.lower())
