"""Who is named in an article, and the state of each publisher.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import flags, reals, texts, wholes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentions",
        *wholes("article_id"),
        *texts("actor", "kind", "name"),
        *texts("country", null=True),
        *wholes("count"),
        *flags("in_title", "in_lead"),
        *wholes("first_offset"),
        *reals("salience"),
        *flags("in_office", null=True),
        sa.PrimaryKeyConstraint("article_id", "actor", name="pk_mentions"),
        sa.CheckConstraint(
            "kind IN ('state', 'person', 'alliance', 'body', 'group', 'maker')",
            name=op.f("ck_mentions_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_mentions_article_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_mentions_actor_article_id", "mentions", ["actor", "article_id"])
    op.create_index("ix_mentions_country_article_id", "mentions", ["country", "article_id"])
    op.create_table(
        "publishers",
        *texts("name"),
        *texts("country", null=True),
        *texts("source"),
        sa.PrimaryKeyConstraint("name", name="pk_publishers"),
    )


def downgrade() -> None:
    op.drop_table("publishers")
    op.drop_table("mentions")
