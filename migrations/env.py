"""Alembic's entry: the schema is that of the SQLModel tables, on the store that the caller names."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, event, func, select

from app.auth import tables as auth_tables
from app.database import metadata
from app.operations import tables as operation_tables
from app.photos import tables as photo_tables
from app.settings import Settings
from app.sync import tables as sync_tables

TABLES = (
    auth_tables,
    sync_tables,
    photo_tables,
    operation_tables,
)  # importing them is what fills the metadata


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Our own column type by its short name."""
    return "Bytewise()" if kind == "type" and type(item).__name__ == "Bytewise" else False


LOCK = 7_305_413
"""The advisory lock by which workers on one PostgreSQL that start at once migrate one after the other."""


def open_engine(url: str) -> Engine:
    """On SQLite with a transaction that holds the write lock from its beginning and takes back changes of the schema too."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _(connection: Any, _record: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA busy_timeout=60000")

        @event.listens_for(engine, "begin")
        def _(conn: Connection) -> None:
            conn.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def run(connection: Connection) -> None:
    """Migrate, in one transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


url = context.config.get_main_option("sqlalchemy.url") or Settings().store_url()
engine = open_engine(url)
try:
    with engine.begin() as connection:
        run(connection)
finally:
    engine.dispose()
