"""The limit that the store itself sets: the very rows of a push through the bare driver, one transaction a request."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
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
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    connect = _sqlite if is_sqlite else _postgresql
    mark = "?" if is_sqlite else "%s"
    batches = [{name: all_rows[i::requests] for name, all_rows in rows.items()} for i in range(requests)]
    insert_many, commit, close = connect(url)
    insert_many(_statement("stream", mark), streams)
    commit()
    start = time.perf_counter()
    for batch in batches:
        for name, some in batch.items():
            if some:
                insert_many(_statement(name, mark), some)
        commit()
    seconds = time.perf_counter() - start
    close()
    return seconds


def _statement(name: str, mark: str) -> str:
    columns = [f'"{c.name}"' for c in metadata.tables[name].columns]
    return f'INSERT INTO "{name}" ({",".join(columns)}) VALUES ({",".join([mark] * len(columns))})'


Driver = tuple[Callable[[str, Sequence[tuple[Any, ...]]], Any], Callable[[], Any], Callable[[], Any]]


def _sqlite(url: str) -> Driver:
    conn = sqlite3.connect(make_url(url).database or "")
    conn.execute("PRAGMA journal_mode=WAL")
    conn.execute("PRAGMA synchronous=FULL")
    return conn.executemany, conn.commit, conn.close


def _postgresql(url: str) -> Driver:
    conn = psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    return lambda statement, rows: conn.cursor().executemany(statement, rows), conn.commit, conn.close
