"""Runs the migrations on the connection that database.py hands over, inside its transaction."""

from alembic import context

from reporter.store.tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()
