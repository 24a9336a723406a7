"""Runs the migrations on the database whose URL stands in ``config.attributes`` (`auditor.store.schema.config`)."""

from alembic import context

from auditor.store.connection import open_engine, take_turn
from auditor.store.schema import SCHEMA
from auditor.store.service_tables import all_tables

settings = context.config.attributes

# Batch mode copies a table and drops the old one: with foreign keys on, SQLite would delete the rows that point to it.
engine = open_engine(settings["url"], settings["patience"], foreign_keys=False)
try:
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=all_tables,
            render_as_batch=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            take_turn(connection, SCHEMA)  # another process may be at it: then nothing is left to do
            context.run_migrations()
finally:
    engine.dispose()
