"""Searches that somebody saved.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import jsons, row_id, texts, times

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_searches",
        row_id(),
        *texts("name", "name_key", "owner"),
        *jsons("typed"),
        *times("created_at"),
        *texts("channel", "alerts_by", null=True),
        *times("alerts_since", "deleted_at", null=True),
        *texts("deleted_by", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_saved_searches"),
    )
    kept = sa.text("deleted_at IS NULL")
    op.create_index(
        "uq_saved_searches_name",
        "saved_searches",
        ["name_key"],
        unique=True,
        sqlite_where=kept,
        postgresql_where=kept,
    )


def downgrade() -> None:
    op.drop_table("saved_searches")
