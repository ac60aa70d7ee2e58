"""Columns as the revisions write them: plain types, several of a kind at once."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB


def _columns(names: tuple[str, ...], kind: Any, null: bool) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=null) for name in names]


def row_id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), nullable=False)


def texts(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.Text(), null)


def times(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.DateTime(timezone=True), null)


def wholes(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.Integer(), null)


def reals(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.Double(), null)


def flags(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.Boolean(), null)


def jsons(*names: str, null: bool = False) -> list[sa.Column[Any]]:
    return _columns(names, sa.JSON().with_variant(JSONB(), "postgresql"), null)


def partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
