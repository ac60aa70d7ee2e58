"""Full-text search over headlines and texts: FTS5 on SQLite, a generated tsvector on PostgreSQL.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# A teaser is often the text itself, or its start: it is indexed once.
_BODY = (
    "CASE WHEN {0}text = '' OR {0}text = {0}summary THEN {0}summary WHEN {0}summary = '' THEN {0}text "
    "ELSE {0}summary || ' ' || {0}text END"
)
_NEW, _OLD = _BODY.format("new."), _BODY.format("old.")
_TAKE_OUT = f"INSERT INTO archive(archive, rowid, title, body) VALUES ('delete', old.id, old.title, {_OLD});"
_PUT_IN = f"INSERT INTO archive(rowid, title, body) VALUES (new.id, new.title, {_NEW});"
_CHANGED = "old.title IS NOT new.title OR old.summary IS NOT new.summary OR old.text IS NOT new.text"

# The index refers to the articles for its texts (an "external content" table): it holds words alone.
_SQLITE = [
    f"CREATE VIEW archive_texts AS SELECT id, title, {_BODY.format('')} AS body FROM articles",
    "CREATE VIRTUAL TABLE archive USING fts5(title, body, content='archive_texts', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER archive_insert AFTER INSERT ON articles BEGIN {_PUT_IN} END",
    f"CREATE TRIGGER archive_delete AFTER DELETE ON articles BEGIN {_TAKE_OUT} END",
    f"CREATE TRIGGER archive_update AFTER UPDATE OF title, summary, text ON articles WHEN {_CHANGED} "
    f"BEGIN {_TAKE_OUT} {_PUT_IN} END",
    "INSERT INTO archive(archive) VALUES ('rebuild')",
]

# Words are parted and folded as FTS5 does it: accents off, every run of letters and digits a word.
_POSTGRES = [
    r"""CREATE FUNCTION archive_words(text) RETURNS text IMMUTABLE PARALLEL SAFE STRICT LANGUAGE sql AS $$
    SELECT regexp_replace(regexp_replace(lower(normalize($1, NFKD)), '[\u0300-\u036f]+', '', 'g'),
                          '[^[:alnum:]]+', ' ', 'g')
    $$""",
    f"""ALTER TABLE articles ADD COLUMN archive tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', archive_words(title)), 'A')
        || to_tsvector('simple', archive_words({_BODY.format("")}))) STORED""",
    "CREATE INDEX ix_articles_archive ON articles USING gin (archive)",
]


def upgrade() -> None:
    for statement in _POSTGRES if _on_postgres() else _SQLITE:
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    if _on_postgres():
        op.execute("ALTER TABLE articles DROP COLUMN archive")
        op.execute("DROP FUNCTION archive_words(text)")
        return
    for event in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER archive_{event}")
    op.execute("DROP TABLE archive")
    op.execute("DROP VIEW archive_texts")


def _on_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"
