"""Hits of stored articles that were scored anew are decided without an alert.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from alembic import op

from monitor.store.migrations import views_0011

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_OLD = "alert repeat stale no_route below_route few_publishers silenced".split()


def upgrade() -> None:
    _allow([*_OLD, "reprocessed"])


def downgrade() -> None:
    op.execute("UPDATE hits SET decide_outcome = 'stale' WHERE decide_outcome = 'reprocessed'")
    _allow(_OLD)


def _allow(values: list[str]) -> None:
    shown = ", ".join(f"'{value}'" for value in values)
    name = op.f("ck_hits_decide_outcome")
    views_0011.drop_views()
    with op.batch_alter_table("hits") as table:
        table.drop_constraint(name, type_="check")
        table.create_check_constraint(name, f"decide_outcome IN ({shown})")
    views_0011.create_views()
