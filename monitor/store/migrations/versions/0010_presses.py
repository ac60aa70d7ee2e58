"""What readers said about alerts in Slack.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import row_id, texts, times, wholes

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presses",
        row_id(),
        *texts("key", "token"),
        *wholes("story_id"),
        *texts("press", "person", "person_name"),
        *times("pressed_at"),
        *texts("detail"),
        sa.PrimaryKeyConstraint("id", name="pk_presses"),
        sa.CheckConstraint(
            "press IN ('relevant', 'not_relevant', 'wrong_topic', 'duplicate', 'mute', 'acknowledge')",
            name=op.f("ck_presses_press"),
        ),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_presses_story_id"),
        sa.UniqueConstraint("key", name="uq_presses_key"),
    )
    op.create_index("ix_presses_token", "presses", ["token"])
    op.create_index("ix_presses_pressed_at", "presses", ["pressed_at"])


def downgrade() -> None:
    op.drop_table("presses")
