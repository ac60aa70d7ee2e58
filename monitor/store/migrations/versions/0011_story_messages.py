"""Alerts lead to the message of their story; decisions in words; messages that are held for a batch.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from monitor.store.migrations import views_0001, views_0011
from monitor.store.migrations.columns import partial_index

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OLD = "alert repeat stale no_route below_route".split()
_NEW = [*_OLD, "few_publishers", "silenced"]
_STATES = "pending sending unknown sent no_destination folded cancelled dead".split()

# What alerted before has its messages as they are: the earliest of a story in a channel is its thread.
_FIRST = """
SELECT a.story_id, d.channel, min(a.id) AS alert_id
FROM alerts a JOIN deliveries d ON d.alert_id = a.id GROUP BY a.story_id, d.channel
"""
_FILL = f"""
INSERT INTO threads (token, parent_key, story_id, article_id, channel, route, severity, topics, articles,
                     revision, held, opened_at, told_at)
SELECT d.delivery_id, d.dedup_key, a.story_id, a.article_id, d.channel, a.route, 'medium', a.topic,
       s.articles, 0, false, a.decided_at, a.decided_at
FROM ({_FIRST}) f JOIN alerts a ON a.id = f.alert_id JOIN deliveries d ON d.alert_id = a.id
JOIN stories s ON s.id = a.story_id
"""
_LINK = """
UPDATE alerts SET thread_id = (
    SELECT t.id FROM threads t JOIN deliveries d ON d.channel = t.channel
    WHERE t.story_id = alerts.story_id AND d.alert_id = alerts.id
)
"""


def upgrade() -> None:
    views_0001.drop_views()
    with op.batch_alter_table("hits") as table:
        table.add_column(sa.Column("because", sa.Text(), nullable=True))
        table.add_column(sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    _allow("hits", "decide_outcome", _NEW)
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("batch", sa.Text(), nullable=True))
    _allow("deliveries", "state", [*_STATES, "held"])
    partial_index("ix_deliveries_held", "deliveries", ["not_before"], "state = 'held'")
    partial_index("ix_hits_waiting", "hits", ["id"], "waits")
    with op.batch_alter_table("alerts") as table:
        table.add_column(sa.Column("thread_id", sa.Integer(), nullable=True))
        table.create_foreign_key("fk_alerts_thread_id", "threads", ["thread_id"], ["id"])
        table.create_index("ix_alerts_thread_id", ["thread_id"])
    op.execute(_FILL)
    op.execute(_LINK)
    views_0011.create_views()


def downgrade() -> None:
    views_0011.drop_views()
    with op.batch_alter_table("alerts") as table:
        table.drop_index("ix_alerts_thread_id")
        table.drop_constraint("fk_alerts_thread_id", type_="foreignkey")
        table.drop_column("thread_id")
    op.drop_index("ix_hits_waiting", "hits")
    op.execute(
        "UPDATE hits SET decide_outcome = 'repeat' WHERE decide_outcome IN ('few_publishers', 'silenced')"
    )
    _allow("hits", "decide_outcome", _OLD)
    op.drop_index("ix_deliveries_held", "deliveries")
    op.execute("UPDATE deliveries SET state = 'pending' WHERE state = 'held'")
    _allow("deliveries", "state", _STATES)
    with op.batch_alter_table("deliveries") as table:
        table.drop_column("batch")
    with op.batch_alter_table("hits") as table:
        table.drop_column("waits")
        table.drop_column("because")
    op.execute("DELETE FROM threads")
    views_0001.create_views()


def _allow(table: str, column: str, values: list[str]) -> None:
    shown = ", ".join(f"'{value}'" for value in values)
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table) as changed:
        changed.drop_constraint(name, type_="check")
        changed.create_check_constraint(name, f"{column} IN ({shown})")
