"""Charts of digests on their way to Slack.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import row_id, texts, times

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures",
        row_id(),
        *texts("key"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        *times("made_at"),
        *texts("file_id", null=True),
        *times("uploaded_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_pictures"),
        sa.UniqueConstraint("key", name="uq_pictures_key"),
    )


def downgrade() -> None:
    op.drop_table("pictures")
