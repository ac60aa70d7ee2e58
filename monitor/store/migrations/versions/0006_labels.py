"""Labels that people give, proposals of cards, and hits with all of their reasons.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import jsons, reals, row_id, texts, times, wholes

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_REASONS = ("clause", "passage", "document", "card_version")


def upgrade() -> None:
    for name in _REASONS:
        op.add_column("hits", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("hits", jsons("scored_text", null=True)[0])
    _labels()
    _proposals()


def downgrade() -> None:
    op.drop_table("proposals")
    op.drop_table("labels")
    for name in ("scored_text", *reversed(_REASONS)):
        op.drop_column("hits", name)


def _labels() -> None:
    op.create_table(
        "labels",
        row_id(),
        *wholes("article_id", null=True),
        *texts("topic", "verdict", "labelled_by"),
        *times("labelled_at"),
        *texts("via", "offered_as"),
        *reals("score", "threshold", null=True),
        *texts("classifier_version", null=True),
        *jsons("shown"),
        *times("undone_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_labels"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_labels_article_id", ondelete="SET NULL"
        ),
        sa.CheckConstraint("verdict IN ('yes', 'no', 'unsure')", name=op.f("ck_labels_verdict")),
        sa.CheckConstraint(
            "offered_as IN ('chosen', 'near_threshold', 'disagreement', 'hit_sample', 'below_sample')",
            name=op.f("ck_labels_offered_as"),
        ),
    )
    op.create_index("ix_labels_article_id_topic", "labels", ["article_id", "topic"])
    op.create_index("ix_labels_topic_labelled_at", "labels", ["topic", "labelled_at"])


def _proposals() -> None:
    op.create_table(
        "proposals",
        row_id(),
        *texts("kind", "topic", "title", "document", "document_hash", "card"),
        *jsons("evidence"),
        *texts("state"),
        *times("made_at"),
        *times("decided_at", null=True),
        *texts("decided_by", null=True),
        *texts("note"),
        *texts("before", "after", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.CheckConstraint("kind IN ('new_topic', 'addition')", name=op.f("ck_proposals_kind")),
        sa.CheckConstraint("state IN ('open', 'accepted', 'rejected')", name=op.f("ck_proposals_state")),
    )
    op.create_index("ix_proposals_state", "proposals", ["state"])
