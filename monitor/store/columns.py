"""What tables are built of: their registry, moments in UTC, text that every database can hold, checks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, Index, MetaData, Text, TypeDecorator, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase


class Utc(TypeDecorator[datetime]):
    """A moment: aware in and out, stored in UTC (SQLite keeps it as sortable text)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or (value.tzinfo is UTC and dialect.name != "sqlite"):
            return value
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: times are aware UTC")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def bind_processor(self, dialect: Dialect) -> Any:
        # A tenth of storing entries went through the layers of types that this leaves out.
        return _as_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _as_text(value: datetime | None) -> str | None:
    """A moment as SQLite keeps it: text of one length, so that it sorts."""
    if value is None:
        return None
    if value.tzinfo is not UTC:
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone: times are aware UTC")
        value = value.astimezone(UTC)
    return value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text of any origin: what a database cannot hold (NUL, lone surrogates) is dropped or replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return _storable(value)

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002  # text is text to every driver
        return _storable


def _storable(value: str | None) -> str | None:
    return value if value is None else storable(value)


def storable(value: str) -> str:
    """`value` without NUL and with "?" for lone surrogates."""
    if "\0" in value:
        value = value.replace("\0", "")
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Nothing but these values may stand in the column."""
    shown = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({shown})", name=column)


def partial(name: str, *columns: str, where: str) -> Index:
    """An index over the rows that still wait for a step: it stays small as the table grows."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Tables(DeclarativeBase):
    """The registry of all tables; names of constraints follow one rule, so that migrations can tell them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it from the class
        datetime: Utc(),
        str: Words(),
        Any: JSON().with_variant(JSONB(), "postgresql"),
    }


SET_NULL: Any = {"ondelete": "SET NULL"}
CASCADE: Any = {"ondelete": "CASCADE"}
