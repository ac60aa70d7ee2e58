"""Alembic runs this file for each upgrade and downgrade, on the connection that `database` opened."""

from alembic import context

from monitor.store.tables import Tables

context.configure(connection=context.config.attributes["connection"], target_metadata=Tables.metadata)
with context.begin_transaction():
    context.run_migrations()
