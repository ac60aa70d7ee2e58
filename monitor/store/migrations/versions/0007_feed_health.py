"""Feeds that move, their days and alarms, and what hosts have asked of us.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import partial_index, row_id, texts, times, wholes

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NEW = (
    "whole_at validators_lie moved_to moved_times ttl_seconds skip_hours skip_days last_error_at failing_since"
).split()


def upgrade() -> None:
    for column in (
        *times("whole_at", "last_error_at", "failing_since", null=True),
        *texts("moved_to", "skip_hours", "skip_days", null=True),
        *wholes("ttl_seconds", null=True),
        sa.Column("moved_times", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("validators_lie", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("feeds", column)
    _of_feeds()
    _alarms()
    _of_hosts()


def downgrade() -> None:
    for table in ("robots", "host_days", "host_pauses", "alarms", "feed_days", "feed_addresses"):
        op.drop_table(table)
    for name in _NEW:
        op.drop_column("feeds", name)


def _of_feeds() -> None:
    op.create_table(
        "feed_addresses",
        *texts("url"),
        *wholes("feed_id"),
        *times("left_at"),
        sa.PrimaryKeyConstraint("url", name="pk_feed_addresses"),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feeds.id"], name="fk_feed_addresses_feed_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_feed_addresses_feed_id", "feed_addresses", ["feed_id"])
    op.create_table(
        "feed_days",
        *wholes("feed_id"),
        sa.Column("day", sa.Date(), nullable=False),
        *wholes("polls", "not_modified", "failures", "new_articles"),
        sa.PrimaryKeyConstraint("feed_id", "day", name="pk_feed_days"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_days_feed_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


def _alarms() -> None:
    op.create_table(
        "alarms",
        row_id(),
        *texts("kind", "subject", "line"),
        *times("raised_at"),
        *times("ended_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
        sa.CheckConstraint(
            "kind IN ('feed_quiet', 'group_silent', 'feed_off', 'outage')", name=op.f("ck_alarms_kind")
        ),
        sa.UniqueConstraint("kind", "subject", "raised_at", name="uq_alarms_kind_subject_raised_at"),
    )
    partial_index("ix_alarms_open", "alarms", ["kind", "subject"], "ended_at IS NULL")


def _of_hosts() -> None:
    op.create_table(
        "host_pauses",
        *texts("host"),
        *times("until"),
        sa.PrimaryKeyConstraint("host", name="pk_host_pauses"),
    )
    op.create_table(
        "host_days",
        *texts("host"),
        sa.Column("day", sa.Date(), nullable=False),
        *texts("outcome"),
        *wholes("pages"),
        sa.PrimaryKeyConstraint("host", "day", "outcome", name="pk_host_days"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "robots",
        *texts("origin", "outcome", "text"),
        *times("fetched_at"),
        sa.PrimaryKeyConstraint("origin", name="pk_robots"),
    )
