"""Alembic's entry: the schema is that of the SQLModel tables, on the store that the caller names."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine

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


def render_item(kind: str, item: Any, _: Any) -> str | bool:
    """Our own column type by its short name."""
    return "Bytewise()" if kind == "type" and type(item).__name__ == "Bytewise" else False


def run(connection: Connection) -> None:
    """Migrate, in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


url = context.config.get_main_option("sqlalchemy.url") or Settings().store_url()
engine = create_engine(url)
with engine.begin() as connection:
    run(connection)
engine.dispose()
