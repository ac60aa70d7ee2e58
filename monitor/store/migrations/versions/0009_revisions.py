"""What changed articles said before, the backlog of new feeds, and the addresses that pages name.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import row_id, texts, times, wholes

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "feeds", sa.Column("alert_backlog", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("articles", sa.Column("baseline", sa.Boolean(), nullable=False, server_default=sa.false()))
    for column in texts("date_text", "page_url", null=True):
        op.add_column("articles", column)
    op.create_table(
        "revisions",
        row_id(),
        *wholes("article_id"),
        *texts("title", "summary", "text", "url", "content_hash"),
        *times("replaced_at"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_revisions_article_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_revisions_article_id_replaced_at", "revisions", ["article_id", "replaced_at"])


def downgrade() -> None:
    op.drop_table("revisions")
    for column in ("page_url", "date_text", "baseline"):
        op.drop_column("articles", column)
    op.drop_column("feeds", "alert_backlog")
