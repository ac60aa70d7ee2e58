"""What is new in a story, independent publishers, and stories merged or split by hand.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import jsons, row_id, texts, times, wholes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEPENDENT = """
UPDATE stories SET headline_of = founded_by, independent_publishers = (
    SELECT count(DISTINCT CASE WHEN a.placed_as <> 'copy' THEN a.publisher END)
    FROM articles a WHERE a.story_id = stories.id
)
"""


def upgrade() -> None:
    op.add_column(
        "stories", sa.Column("independent_publishers", sa.Integer(), nullable=False, server_default="0")
    )
    for column in wholes("headline_of", "merged_into", null=True):
        op.add_column("stories", column)
    for column in texts("placed_terms", "placed_by", null=True):
        op.add_column("articles", column)
    op.execute(_INDEPENDENT)
    _developments()
    _story_edits()


def downgrade() -> None:
    op.drop_table("story_edits")
    op.drop_table("developments")
    for name in ("placed_by", "placed_terms"):
        op.drop_column("articles", name)
    # A row that leads to another story holds no article; only an alert may still need it.
    op.execute(
        "DELETE FROM stories WHERE merged_into IS NOT NULL AND id NOT IN (SELECT story_id FROM alerts)"
    )
    for name in ("merged_into", "headline_of", "independent_publishers"):
        op.drop_column("stories", name)


def _developments() -> None:
    op.create_table(
        "developments",
        row_id(),
        *wholes("story_id", "article_id"),
        *texts("kind", "value", "sentence"),
        *times("noticed_at"),
        sa.PrimaryKeyConstraint("id", name="pk_developments"),
        sa.CheckConstraint(
            "kind IN ('actor', 'number', 'place', 'status', 'publishers')", name=op.f("ck_developments_kind")
        ),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name="fk_developments_story_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_developments_article_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("story_id", "kind", "value", name="uq_developments_story_id_kind_value"),
    )
    op.create_index("ix_developments_story_id_noticed_at", "developments", ["story_id", "noticed_at"])
    op.create_index("ix_developments_article_id", "developments", ["article_id"])


def _story_edits() -> None:
    op.create_table(
        "story_edits",
        row_id(),
        *texts("kind"),
        *wholes("story_id", "other_id"),
        *jsons("before"),
        *texts("made_by"),
        *times("made_at"),
        *times("undone_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_story_edits"),
        sa.CheckConstraint("kind IN ('merge', 'split')", name=op.f("ck_story_edits_kind")),
        sa.ForeignKeyConstraint(
            ["story_id"], ["stories.id"], name="fk_story_edits_story_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["stories.id"], name="fk_story_edits_other_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_story_edits_story_id", "story_edits", ["story_id"])
    op.create_index("ix_story_edits_other_id", "story_edits", ["other_id"])
