"""The two views of revision 0011: a hit leads to the message of its story in the channel."""

from __future__ import annotations

from alembic import op

_TOPICS = {
    "postgresql": "(SELECT string_agg(h.topic, ', ' ORDER BY h.topic) FROM hits h WHERE h.article_id = a.id)",
    "sqlite": "(SELECT group_concat(topic, ', ') FROM (SELECT h.topic FROM hits h WHERE h.article_id = a.id ORDER BY h.topic))",
}
_TERMS = {
    "postgresql": "(SELECT string_agg(t.value ->> 'term', ', ' ORDER BY t.place) FROM jsonb_array_elements(h.terms) WITH ORDINALITY AS t(value, place))",
    "sqlite": "(SELECT group_concat(json_extract(t.value, '$.term'), ', ') FROM json_each(h.terms) AS t)",
}
_ROUTES = {
    "postgresql": "string_agg(route, ', ' ORDER BY route)",
    "sqlite": "group_concat(route, ', ')",
}

_ARTICLES = """
CREATE VIEW articles_view AS
SELECT
    a.id AS article_id,
    a.title,
    a.url,
    a.publisher,
    f.title AS feed_title,
    f.feed_group,
    a.published_at,
    a.first_seen_at,
    a.effective_at,
    a.language,
    a.author,
    a.summary,
    a.text,
    a.text_source,
    a.stale AS is_stale,
    a.story_id,
    s.headline AS story_headline,
    s.articles AS story_articles,
    s.copies AS story_copies,
    s.publishers AS story_publishers,
    s.independent_publishers AS story_independent_publishers,
    a.placed_as,
    {topics} AS topics,
    (SELECT max(h.score) FROM hits h WHERE h.article_id = a.id) AS top_score,
    (SELECT min(x.decided_at) FROM alerts x WHERE x.story_id = a.story_id) AS story_alerted_at
FROM articles a
LEFT JOIN feeds f ON f.id = a.feed_id
LEFT JOIN stories s ON s.id = a.story_id
"""

_HITS = """
CREATE VIEW hits_view AS
SELECT
    h.id AS hit_id,
    h.topic,
    h.score,
    h.threshold,
    h.classifier_version,
    h.sentence AS why_sentence,
    {terms} AS why_terms,
    h.found_at,
    h.decide_outcome AS decision,
    h.because AS decision_in_words,
    h.decided_at,
    a.id AS article_id,
    a.title AS article_title,
    a.url AS article_url,
    a.publisher,
    a.effective_at,
    a.story_id,
    s.headline AS story_headline,
    s.articles AS story_articles,
    s.publishers AS story_publishers,
    s.independent_publishers AS story_independent_publishers,
    raised.alert_id,
    raised.routes AS alert_routes,
    raised.decided_at AS alerted_at,
    d.state AS delivery_state,
    COALESCE(d.sent_at, whole.sent_at) AS sent_at,
    d.channel AS slack_channel,
    'https://slack.com/archives/' || COALESCE(d.slack_channel_id, whole.slack_channel_id)
        || '/p' || replace(COALESCE(d.slack_ts, whole.slack_ts), '.', '') AS slack_link
FROM hits h
JOIN articles a ON a.id = h.article_id
LEFT JOIN stories s ON s.id = a.story_id
LEFT JOIN (
    SELECT hit_id, min(id) AS alert_id, min(thread_id) AS thread_id, {routes} AS routes,
        min(decided_at) AS decided_at
    FROM alerts GROUP BY hit_id
) raised ON raised.hit_id = h.id
LEFT JOIN threads t ON t.id = raised.thread_id
LEFT JOIN deliveries d ON d.dedup_key = t.parent_key
LEFT JOIN deliveries whole ON whole.id = d.folded_into
"""


def create_views() -> None:
    name = op.get_context().dialect.name
    op.execute(_ARTICLES.format(topics=_TOPICS[name]))
    op.execute(_HITS.format(terms=_TERMS[name], routes=_ROUTES[name]))


def drop_views() -> None:
    op.execute("DROP VIEW hits_view")
    op.execute("DROP VIEW articles_view")
