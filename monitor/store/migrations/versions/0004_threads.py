"""Replies, edits and escalations in the outbox; what is known of each channel.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

from monitor.store.migrations.columns import texts, times
from monitor.store.migrations.views_0001 import create_views, drop_views

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KINDS = ("alert", "summary", "digest", "notice")
_NEW_KINDS = ("reply", "update", "escalation")
_STATES = ("pending", "sending", "unknown", "sent", "no_destination", "folded")
_NEW_COLUMNS = ("swept_at", "thread", "place", "fallback", "broadcast", "parent_id")


def upgrade() -> None:
    drop_views()  # SQLite makes a table anew, which no view may be looking at
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("broadcast", sa.Boolean(), nullable=False, server_default=sa.false()))
        for column in (*texts("fallback", "place", "thread", null=True), *times("swept_at", null=True)):
            table.add_column(column)
        _checks(table, (*_KINDS, *_NEW_KINDS), (*_STATES, "cancelled", "dead"))
        table.create_foreign_key("fk_deliveries_parent_id", "deliveries", ["parent_id"], ["id"])
        table.create_index("ix_deliveries_parent_id_kind", ["parent_id", "kind"])
    with op.batch_alter_table("deliveries") as table:
        table.alter_column("broadcast", server_default=None)
    op.create_table(
        "destinations",
        *texts("name"),
        *times("free_at", "broken_since", null=True),
        *texts("broken_why", null=True),
        *times("probe_at", "last_sent_at", null=True),
        sa.PrimaryKeyConstraint("name", name="pk_destinations"),
    )
    create_views()


def downgrade() -> None:
    drop_views()
    op.drop_table("destinations")
    _forget()
    with op.batch_alter_table("deliveries") as table:
        table.drop_index("ix_deliveries_parent_id_kind")
        table.drop_constraint("fk_deliveries_parent_id", type_="foreignkey")
        _checks(table, _KINDS, (*_STATES, "dead"))
        for name in _NEW_COLUMNS:
            table.drop_column(name)
    create_views()


def _checks(table: BatchOperations, kinds: tuple[str, ...], states: tuple[str, ...]) -> None:
    for name, values in (("kind", kinds), ("state", states)):
        shown = ", ".join(f"'{value}'" for value in values)
        table.drop_constraint(op.f(f"ck_deliveries_{name}"), type_="check")
        table.create_check_constraint(op.f(f"ck_deliveries_{name}"), f"{name} IN ({shown})")


def _forget() -> None:
    """The old schema cannot hold replies, edits and escalations, nor what was cancelled."""
    op.execute("UPDATE deliveries SET state = 'dead' WHERE state = 'cancelled'")
    shown = ", ".join(f"'{kind}'" for kind in _NEW_KINDS)
    new = f"SELECT id FROM deliveries WHERE kind IN ({shown})"
    op.execute(f"UPDATE deliveries SET parent_id = NULL, folded_into = NULL WHERE id IN ({new})")
    op.execute(f"DELETE FROM deliveries WHERE kind IN ({shown})")
