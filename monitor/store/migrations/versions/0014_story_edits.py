"""A story that a person split off has no founder; an edit says why it was made and who undid it.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations import views_0011

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    views_0011.drop_views()
    with op.batch_alter_table("stories") as table:
        table.alter_column("founded_by", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("story_edits") as table:
        table.add_column(sa.Column("why", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("undone_by", sa.Text(), nullable=True))
    views_0011.create_views()


def downgrade() -> None:
    views_0011.drop_views()
    with op.batch_alter_table("story_edits") as table:
        table.drop_column("undone_by")
        table.drop_column("why")
    op.execute("UPDATE stories SET founded_by = -id WHERE founded_by IS NULL")
    with op.batch_alter_table("stories") as table:
        table.alter_column("founded_by", existing_type=sa.Integer(), nullable=False)
    views_0011.create_views()
