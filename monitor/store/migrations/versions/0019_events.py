"""Events: who did what to whom, one row for an article and topic, its actors beside it, and a view.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations import views_0019
from monitor.store.migrations.columns import flags, jsons, reals, row_id, texts, times, wholes

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events",
        row_id(),
        *wholes("article_id"),
        *texts("topic", "sources", "targets", "beneficiaries"),
        *texts("status", null=True),
        *texts("plover", "action"),
        *texts("instrument", null=True),
        *wholes("quantity", null=True),
        *reals("amount", null=True),
        *texts("currency", "place", null=True),
        sa.Column("happened_on", sa.Date(), nullable=True),
        *flags("negated", "hypothetical", "reported", "history"),
        *texts("claimed_by", null=True),
        *texts("sentence"),
        *wholes("sentence_start"),
        *jsons("spans"),
        *texts("extractor"),
        *times("found_at"),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_events_article_id_articles", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("article_id", "topic", name="uq_events_article_id_topic"),
    )
    op.create_index("ix_events_topic_status", "events", ["topic", "status"])
    op.create_table(
        "event_actors",
        *wholes("event_id"),
        *texts("role", "actor"),
        sa.PrimaryKeyConstraint("event_id", "role", "actor", name="pk_event_actors"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_event_actors_event_id_events", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_event_actors_actor", "event_actors", ["actor"])
    views_0019.create_view()


def downgrade() -> None:
    views_0019.drop_view()
    op.drop_table("event_actors")
    op.drop_table("events")
