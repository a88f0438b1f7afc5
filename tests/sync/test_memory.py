"""Memory does not grow with what is stored: a page holds a page, a snapshot a batch, a push its request and no rest."""

import gc
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, text

from app.database import Database
from app.sync.pages import Pages, plain
from app.sync.pull import Snapshots, stream_states
from bench.shapes import Tablet, form
from tests.api.test_plans import NUMBERS
from tests.sync.world import ALCOHOL, SHARED, World

PAGE_BYTES = 200_000
FEW, MANY = 3_000, 30_000
MEGABYTE = 1 << 20
LARGE = {
    "commit": "'h'||i, {stream}, 'a', i, '', {long}, {long}, '', 0, i, FALSE, '{{}}'",
    "entry": "{stream}, i, 'h'||i, '{{}}', ''",
    "entity": "{stream}, 'tally_'||i, 'tally', {long}, i",
}
LONG = "'\"" + "x" * 400 + "\"'"


@pytest.fixture
def db(store_url: str) -> Iterator[Database]:
    made = Database(store_url)
    yield made
    made.close()


def fill(conn: Connection, rows: int) -> None:
    """So many entries, each of a commit of its own, and as many entities."""
    conn.execute(text("INSERT INTO stream(name, head, chain) VALUES (:n, :h, '')"), {"n": SHARED, "h": rows})
    stream = conn.execute(text("SELECT id FROM stream")).scalar_one()
    numbers = NUMBERS[conn.dialect.name].format(rows=rows)
    for name, row in LARGE.items():
        values = row.format(stream=stream, long=LONG)
        conn.execute(text(f'INSERT INTO "{name}" SELECT {values} FROM {numbers}'))


def peak(work: Callable[[], object]) -> int:
    """The most that was held at once, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def read_page(conn: Connection) -> bytes:
    return plain([Pages().page(conn, stream_states(conn, [SHARED])[SHARED], 0, PAGE_BYTES)])


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_a_page_takes_no_more_memory_of_a_longer_log(db: Database, rows: int) -> None:
    db.write_now(partial(fill, rows=rows))
    db.read_now(read_page)  # statements are compiled once
    assert peak(lambda: db.read_now(read_page)) < 4 * PAGE_BYTES + MEGABYTE


@pytest.mark.parametrize("rows", [FEW, MANY])
def test_a_snapshot_is_built_a_batch_at_a_time(db: Database, tmp_path: Path, rows: int) -> None:
    db.write_now(partial(fill, rows=rows))
    snapshots = Snapshots(tmp_path)
    assert peak(lambda: db.read_now(lambda conn: snapshots.build(conn, SHARED))) < 2 * MEGABYTE


def test_a_push_leaves_nothing_behind(world: World) -> None:
    tablet = Tablet(ALCOHOL, Random(1), world.cia.key)

    def push() -> None:
        for _ in range(20):
            world.push(*(tablet.seal(form(tablet)) for _ in range(4)))

    push()
    gc.collect()
    tracemalloc.start()
    try:
        push()
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < MEGABYTE
    finally:
        tracemalloc.stop()
