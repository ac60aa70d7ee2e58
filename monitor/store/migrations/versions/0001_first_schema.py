"""The first schema: twelve tables and the two views that analysts read.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations.columns import flags, jsons, partial_index, reals, row_id, texts, times, wholes
from monitor.store.migrations.views_0001 import create_views, drop_views

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    tables = (_feeds, _leases, _runs, _stories, _articles, _fetches, _ledgers, _entries, _hits, _scores)
    for make in (*tables, _alerts, _deliveries):
        make()
    create_views()


def downgrade() -> None:
    drop_views()
    newest_first = "deliveries alerts scores hits entries ledgers fetches articles stories runs leases feeds"
    for name in newest_first.split():
        op.drop_table(name)


def _feeds() -> None:
    op.create_table(
        "feeds",
        row_id(),
        *texts("url", "title", "feed_group"),
        *texts("site_url", "language", null=True),
        *texts("state"),
        *texts("etag", "last_modified", "body_hash", null=True),
        *wholes("interval_seconds", "failures"),
        *times("added_at", "next_check_at"),
        *times("last_checked_at", "last_success_at", "last_new_at", null=True),
        *texts("last_outcome", "last_error", null=True),
        *texts("health"),
        *texts("claimed_by", null=True),
        *times("claim_expires_at", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
        sa.CheckConstraint(
            "state IN ('active', 'failing', 'suspended', 'retired')", name=op.f("ck_feeds_state")
        ),
        sa.UniqueConstraint("url", name="uq_feeds_url"),
    )
    partial_index("ix_feeds_due", "feeds", ["next_check_at"], "state <> 'retired'")


def _leases() -> None:
    op.create_table(
        "leases",
        *texts("name", "owner"),
        *times("expires_at"),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        row_id(),
        *texts("origin", "name", "key"),
        *times("started_at"),
        *times("ended_at", null=True),
        *texts("note"),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("origin", "name", "key", name="uq_runs_origin_name_key"),
    )
    op.create_index("ix_runs_started_at", "runs", ["started_at"])


def _stories() -> None:
    op.create_table(
        "stories",
        row_id(),
        *texts("headline"),
        *wholes("founded_by"),
        *times("first_seen_at", "last_seen_at"),
        *wholes("articles", "copies", "publishers"),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        sa.UniqueConstraint("founded_by", name="uq_stories_founded_by"),
    )
    op.create_index("ix_stories_last_seen_at", "stories", ["last_seen_at"])


def _articles() -> None:
    op.create_table(
        "articles",
        row_id(),
        *texts("canonical_url", "url"),
        *wholes("feed_id", null=True),
        *texts("publisher", "title"),
        *texts("author", "language", null=True),
        *times("published_at", null=True),
        *texts("date_status"),
        *times("first_seen_at", "effective_at", "updated_at"),
        *flags("stale"),
        *texts("content_hash", "read_state"),
        *texts("read_outcome", null=True),
        *wholes("read_attempts"),
        *times("read_not_before", null=True),
        *wholes("story_id", null=True),
        *texts("placed_as", null=True),
        *wholes("placed_against", null=True),
        *reals("placed_score", null=True),
        *times("placed_at", null=True),
        *texts("scored_by", null=True),
        *times("scored_at", null=True),
        *texts("text_source", "summary", "text"),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.CheckConstraint(
            "placed_as IN ('new_story', 'copy', 'same_story')", name=op.f("ck_articles_placed_as")
        ),
        sa.CheckConstraint("read_state IN ('pending', 'done')", name=op.f("ck_articles_read_state")),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_articles_feed_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_articles_story_id"),
        sa.UniqueConstraint("canonical_url", name="uq_articles_canonical_url"),
    )
    op.create_index("ix_articles_effective_at", "articles", ["effective_at"])
    op.create_index("ix_articles_feed_id_first_seen_at", "articles", ["feed_id", "first_seen_at"])
    op.create_index("ix_articles_story", "articles", ["story_id", "effective_at", "placed_as", "publisher"])
    partial_index("ix_articles_to_read", "articles", ["effective_at"], "read_state = 'pending'")
    partial_index("ix_articles_to_score", "articles", ["id"], "scored_by IS NULL AND story_id IS NOT NULL")


def _fetches() -> None:
    op.create_table(
        "fetches",
        row_id(),
        *wholes("feed_id"),
        *wholes("run_id", null=True),
        *times("checked_at"),
        *texts("outcome"),
        *wholes("status", null=True),
        *texts("detail"),
        *wholes("bytes", "entries", "new_articles"),
        *reals("elapsed_seconds"),
        sa.PrimaryKeyConstraint("id", name="pk_fetches"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_fetches_feed_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_fetches_run_id", ondelete="SET NULL"),
    )
    op.create_index("ix_fetches_feed_id_checked_at", "fetches", ["feed_id", "checked_at"])
    op.create_index("ix_fetches_run_id", "fetches", ["run_id"])


def _ledgers() -> None:
    op.create_table(
        "ledgers",
        row_id(),
        *wholes("run_id"),
        *texts("step", "unit", "shard"),
        *wholes("items_in"),
        *jsons("outcomes"),
        *flags("balances"),
        *texts("note"),
        *times("written_at"),
        sa.PrimaryKeyConstraint("id", name="pk_ledgers"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_ledgers_run_id", ondelete="CASCADE"),
        sa.UniqueConstraint("run_id", "step", "unit", "shard", name="uq_ledgers_run_id_step_unit_shard"),
    )


def _entries() -> None:
    op.create_table(
        "entries",
        row_id(),
        *wholes("feed_id"),
        *texts("guid"),
        *wholes("article_id"),
        *times("first_seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_entries_article_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_entries_feed_id", ondelete="CASCADE"),
        sa.UniqueConstraint("guid", "feed_id", name="uq_entries_guid_feed_id"),
    )
    op.create_index("ix_entries_article_id", "entries", ["article_id"])


def _hits() -> None:
    op.create_table(
        "hits",
        row_id(),
        *wholes("article_id"),
        *texts("topic"),
        *reals("score", "threshold"),
        *texts("classifier_version", "sentence"),
        *jsons("terms"),
        *times("found_at"),
        *times("decided_at", null=True),
        *texts("decide_outcome", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_hits"),
        sa.CheckConstraint(
            "decide_outcome IN ('alert', 'repeat', 'stale', 'no_route', 'below_route')",
            name=op.f("ck_hits_decide_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_hits_article_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("article_id", "topic", name="uq_hits_article_id_topic"),
    )
    partial_index("ix_hits_to_decide", "hits", ["id"], "decided_at IS NULL")
    op.create_index("ix_hits_topic_found_at", "hits", ["topic", "found_at"])


def _scores() -> None:
    op.create_table(
        "scores",
        *wholes("article_id"),
        *texts("topic"),
        *reals("score", "threshold"),
        *texts("classifier_version"),
        *times("scored_at"),
        sa.PrimaryKeyConstraint("article_id", "topic", name="pk_scores"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_scores_article_id", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        row_id(),
        *wholes("story_id"),
        *texts("topic", "route"),
        *wholes("article_id", "hit_id"),
        *texts("headline"),
        *times("decided_at"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_alerts_article_id"),
        sa.ForeignKeyConstraint(["hit_id"], ["hits.id"], name="fk_alerts_hit_id"),
        sa.ForeignKeyConstraint(["story_id"], ["stories.id"], name="fk_alerts_story_id"),
        sa.UniqueConstraint("story_id", "topic", "route", name="uq_alerts_story_id_topic_route"),
    )
    op.create_index("ix_alerts_decided_at", "alerts", ["decided_at"])
    op.create_index("ix_alerts_hit_id", "alerts", ["hit_id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        row_id(),
        *texts("delivery_id", "dedup_key", "kind", "channel"),
        *jsons("payload"),
        *texts("state"),
        *wholes("attempts"),
        *times("created_at"),
        *times("not_before", null=True),
        *texts("lease_owner", null=True),
        *times("lease_expires_at", "first_try_at", "last_try_at", "sent_at", null=True),
        *texts("slack_channel_id", "slack_ts", "last_error", null=True),
        *wholes("alert_id", "folded_into", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sa.CheckConstraint(
            "kind IN ('alert', 'summary', 'digest', 'notice')", name=op.f("ck_deliveries_kind")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'sending', 'unknown', 'sent', 'no_destination', 'folded', 'dead')",
            name=op.f("ck_deliveries_state"),
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id"),
        sa.ForeignKeyConstraint(["folded_into"], ["deliveries.id"], name="fk_deliveries_folded_into"),
        sa.UniqueConstraint("dedup_key", name="uq_deliveries_dedup_key"),
        sa.UniqueConstraint("delivery_id", name="uq_deliveries_delivery_id"),
    )
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])
    op.create_index("ix_deliveries_channel_sent_at", "deliveries", ["channel", "sent_at"])
    op.create_index("ix_deliveries_state_id", "deliveries", ["state", "id"])
