"""Addresses under which an article is known besides its own.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import texts, times, wholes

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "article_addresses",
        *texts("url"),
        *wholes("article_id"),
        *times("added_at"),
        sa.PrimaryKeyConstraint("url", name="pk_article_addresses"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_addresses_article_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_article_addresses_article_id", "article_addresses", ["article_id"])


def downgrade() -> None:
    op.drop_table("article_addresses")
