"""When the Slack listeners were last in touch.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import texts, times

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listeners",
        *texts("name", "way"),
        *times("started_at", "seen_at"),
        sa.PrimaryKeyConstraint("name", name="pk_listeners"),
    )


def downgrade() -> None:
    op.drop_table("listeners")
