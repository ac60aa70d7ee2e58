"""The view of revision 0019: each event with its article and story."""

from __future__ import annotations

from alembic import op

_EVENTS = """
CREATE VIEW events_view AS
SELECT
    e.id AS event_id,
    e.topic,
    e.sources,
    e.status,
    e.targets,
    e.beneficiaries,
    e.instrument,
    e.quantity,
    e.amount,
    e.currency,
    e.place,
    e.happened_on,
    e.plover,
    e.action,
    e.negated,
    e.hypothetical,
    e.reported,
    e.history,
    e.claimed_by,
    e.sentence,
    e.article_id,
    a.title AS article_title,
    a.publisher,
    a.url AS article_url,
    COALESCE(a.published_at, a.first_seen_at) AS effective_at,
    a.story_id,
    s.headline AS story_headline,
    s.publishers AS story_publishers
FROM events e
JOIN articles a ON a.id = e.article_id
LEFT JOIN stories s ON s.id = a.story_id
"""


def create_view() -> None:
    op.execute(_EVENTS)


def drop_view() -> None:
    op.execute("DROP VIEW events_view")
