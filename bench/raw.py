"""The limit that the store itself sets: the very rows of a push through the bare driver, one transaction a request."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import create_engine, select
from sqlalchemy.engine import make_url

from app.database import metadata, migrate

TABLES = ("commit", "entry", "entity", "checklist", "tally")
"""What a push inserts into; the rows that it only updates (stream, chain) are left out in favour of the limit."""

Rows = dict[str, list[tuple[Any, ...]]]


def rows_of(url: str) -> tuple[Rows, list[tuple[Any, ...]]]:
    """Every row that the pushes made, by table, and those of `stream`, which the others refer to."""
    engine = create_engine(url)
    with engine.connect() as conn:
        kept = conn.execute(select(metadata.tables["stream"])).all()
        found = {name: [tuple(row) for row in conn.execute(select(metadata.tables[name]))] for name in TABLES}
    engine.dispose()
    return found, [tuple(row) for row in kept]


def seconds_for(url: str, rows: Rows, streams: list[tuple[Any, ...]], requests: int) -> float:
    """Insert the rows into the empty, migrated store at `url`, spread over so many transactions."""
    migrate(url)
    store = _sqlite if make_url(url).get_backend_name() == "sqlite" else _postgresql
    batches = [{name: all_rows[i::requests] for name, all_rows in rows.items()} for i in range(requests)]
    with store(url) as insert:
        insert({"stream": streams})
        start = time.perf_counter()
        for batch in batches:
            insert(batch)
        return time.perf_counter() - start


def _columns(name: str) -> list[str]:
    return [f'"{c.name}"' for c in metadata.tables[name].columns]


@contextmanager
def _sqlite(url: str) -> Iterator[Callable[[Rows], None]]:
    """`executemany`, the fastest way into SQLite."""
    conn = sqlite3.connect(make_url(url).database or "")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")

    def insert(batch: Rows) -> None:
        for name, rows in batch.items():
            columns = _columns(name)
            marks = ",".join("?" * len(columns))
            conn.executemany(f'INSERT INTO "{name}" ({",".join(columns)}) VALUES ({marks})', rows)
        conn.commit()

    yield insert
    conn.close()


@contextmanager
def _postgresql(url: str) -> Iterator[Callable[[Rows], None]]:
    """`COPY`, the fastest way into PostgreSQL."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as conn, conn.cursor() as cursor:

        def insert(batch: Rows) -> None:
            for name, rows in batch.items():
                into = sql.SQL("COPY {} ({}) FROM STDIN").format(
                    sql.Identifier(name), sql.SQL(",").join(map(sql.SQL, _columns(name)))
                )
                with cursor.copy(into) as copy:
                    for row in rows:
                        copy.write_row(row)
            conn.commit()

        yield insert
