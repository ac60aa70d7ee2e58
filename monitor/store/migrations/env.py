"""Alembic runs this file for each upgrade and downgrade, on the connection that `database` opened."""

from alembic import context

from monitor.store import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables.feeds.metadata)
with context.begin_transaction():
    context.run_migrations()
