"""A story's message in a channel, silences and what they hid.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import flags, partial_index, row_id, texts, times, wholes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _threads()
    _silences()


def downgrade() -> None:
    for name in ("silenced", "silences", "threads"):
        op.drop_table(name)


def _threads() -> None:
    op.create_table(
        "threads",
        row_id(),
        *texts("token", "parent_key"),
        *wholes("story_id", "article_id"),
        *texts("channel", "route", "severity", "topics"),
        *wholes("articles", "revision"),
        *flags("held"),
        *times("opened_at", "told_at"),
        *times("replied_at", null=True),
        *wholes("joined_to", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_threads"),
        sa.CheckConstraint(
            "severity IN ('low', 'medium', 'high', 'critical')", name=op.f("ck_threads_severity")
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_threads_story_id"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_threads_article_id"),
        sa.UniqueConstraint("token", name="uq_threads_token"),
        sa.UniqueConstraint("parent_key", name="uq_threads_parent_key"),
        sa.UniqueConstraint("story_id", "channel", name="uq_threads_story_id_channel"),
    )
    op.create_index("ix_threads_route_opened_at", "threads", ["route", "opened_at"])
    op.create_index("ix_threads_opened_at", "threads", ["opened_at"])
    op.create_index("ix_threads_article_id", "threads", ["article_id"])


def _silences() -> None:
    op.create_table(
        "silences",
        row_id(),
        *texts("topic"),
        *wholes("story_id", null=True),
        *texts("publisher", "actor", "country", "words", "owner", "reason"),
        *times("created_at"),
        *times("expires_at", "ended_at", null=True),
        *texts("ended_by"),
        *wholes("replies"),
        *times("reported_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_silences_story_id"),
    )
    partial_index("ix_silences_open", "silences", ["id"], "reported_at IS NULL")
    op.create_table(
        "silenced",
        *wholes("silence_id", "hit_id"),
        *texts("channel"),
        *times("hidden_at"),
        sa.PrimaryKeyConstraint("silence_id", "hit_id", name="pk_silenced"),
        sa.ForeignKeyConstraint(
            ["silence_id"], ["silences.id"], name="fk_silenced_silence_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_silenced_hit_id", ondelete="CASCADE"),
    )
    op.create_index("ix_silenced_hit_id", "silenced", ["hit_id"])
