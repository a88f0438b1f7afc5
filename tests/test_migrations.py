"""The schema comes and goes on both stores, and is that of the tables in the code."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, create_engine, inspect, text

from app.database import Database, metadata, migrate
from tests.postgres import Postgres
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, World

ROOT = Path(__file__).parents[1]
ADDED = {"alembic_version"}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store without a schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new.db'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.create_database())


def config(url: str) -> Config:
    made = Config(str(ROOT / "alembic.ini"))
    made.set_main_option("script_location", str(ROOT / "migrations"))
    made.set_main_option("sqlalchemy.url", url)
    return made


def found(url: str) -> tuple[set[str], set[str]]:
    """Tables and views of a store."""
    engine = create_engine(url)
    with engine.connect() as conn:
        names = set(inspect(conn).get_table_names()), set(inspect(conn).get_view_names())
    engine.dispose()
    return names


def test_a_store_is_made_from_nothing_taken_down_and_made_again(empty_url: str) -> None:
    for _ in range(2):
        migrate(empty_url)
        assert found(empty_url) == (set(metadata.tables) | ADDED, {"answer"})
        migrate(empty_url, "base")
        assert found(empty_url) == (ADDED, set())


def test_every_revision_can_be_taken_back_alone(empty_url: str) -> None:
    migrate(empty_url)
    steps = 0
    while found(empty_url)[0] != ADDED:
        migrate(empty_url, "-1")
        steps += 1
    assert steps >= 1
    with pytest.raises(CommandError):
        migrate(empty_url, "-1")


def test_the_migrations_make_what_the_code_describes(store_url: str) -> None:
    """`alembic check`: raises where the two differ."""
    command.check(config(store_url))


def test_a_table_that_no_migration_makes_is_found(store_url: str) -> None:
    engine = create_engine(store_url)
    with engine.begin() as conn:
        conn.execute(text("DROP TABLE safety_notice"))
    engine.dispose()
    with pytest.raises(CommandError, match="safety_notice"):
        command.check(config(store_url))


def test_a_migration_that_was_made_changes_nothing_when_it_comes_again(store_url: str) -> None:
    world = World(store_url)
    world.push(world.cia.seal(ALCOHOL, world.cia.change("note_1", "text", "kvar")))
    world.db.close()
    migrate(store_url)
    db = Database(store_url)
    assert db.read_now(lambda conn: conn.execute(text("SELECT count(*) FROM entity")).scalar()) == 1
    db.close()


def test_workers_that_start_at_once_migrate_once(empty_url: str) -> None:
    """Each has everything loaded before it waits for the word."""
    program = (
        "import sys, alembic.command, app.database as d; print(flush=True); input(); d.migrate(sys.argv[1])"
    )
    command_line = [sys.executable, "-c", program, empty_url]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen(command_line, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT, text=True)
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    with ThreadPoolExecutor(len(workers)) as pool:
        errors = list(pool.map(lambda worker: worker.communicate("\n", timeout=120)[1], workers))
    assert [worker.returncode for worker in workers] == [0, 0, 0], errors
    assert found(empty_url)[0] == set(metadata.tables) | ADDED


def test_the_answers_of_checklists_can_be_read_in_sql(store_url: str) -> None:
    world = World(store_url)
    cia = world.cia
    first = cia.change("checklist_1.ALK", "ALK02", "JA", at=7)
    cells = [
        first,
        cia.change("checklist_1.ALK", "visit", "visit_1"),
        cia.change("checklist_1.ALK", "template", "ALK@1"),
        cia.change("checklist_1.ALK", "ALK11", 3),
        cia.change("checklist_1.ALK", "ALK02:note", 'med "citat" å'),
        cia.change("checklist_1.ALK", "@", None),
        cia.change("note_1", "text", "inte ett svar"),
        cia.change("checklist_2.ALK", "ALK02", None),
        cia.change("checklist_3.ANK", "ANK09", ["HUND", "EL"]),
    ]
    second = cia.change("checklist_1.ALK", "ALK02", "NEJ", at=8)
    world.push(cia.seal(ALCOHOL, *cells), cia.seal(ALCOHOL, second))

    def read(conn: Connection) -> list[tuple[Any, ...]]:
        query = text(
            "SELECT checklist, question, value, actor, change, at FROM answer ORDER BY checklist, question, at"
        )
        return [tuple(row) for row in conn.execute(query)]

    rows = world.db.read_now(read)
    world.db.close()
    # PostgreSQL writes a space after the comma.
    assert [(c, q, v if v is None else v.replace('", "', '","')) for c, q, v, *_ in rows] == [
        ("checklist_1.ALK", "ALK02", "JA"),
        ("checklist_1.ALK", "ALK02", "NEJ"),
        ("checklist_1.ALK", "ALK02:note", 'med "citat" å'),
        ("checklist_1.ALK", "ALK11", "3"),
        ("checklist_2.ALK", "ALK02", None),
        ("checklist_3.ANK", "ANK09", '["HUND","EL"]'),
    ]
    assert rows[0][3:] == (cia.id, first.id, 7)


def test_what_was_held_before_there_was_a_list_is_on_it(store_url: str) -> None:
    world = World(store_url)
    bo, cia = world.bo, world.cia
    outside, wrong = cia.change("note_1", "text", "hej", at=NOW + 99_000), cia.change("note_1", "text", 7)
    newer = bo.change("note_1", "mood", [1, {"x": "å"}], bo.change("note_1", "mood", 1).id)
    world.push(cia.seal(POLICE, wrong, outside), bo.seal(POLICE, newer, off=-7), bo.seal(SHARED))

    def read(conn: Connection) -> list[dict[str, Any]]:
        rows = conn.execute(text("SELECT * FROM held ORDER BY code")).mappings()
        return [dict(row) | {"text": json.loads(row["text"])} for row in rows]

    before = world.db.read_now(read)
    world.db.close()
    assert [(r["change"], r["line"], r["t"]) for r in before] == [
        (outside.id, 2, NOW + 5_000),
        (newer.id, 1, NOW - 7),
    ]
    command.downgrade(config(store_url), "0001")
    assert "held" not in found(store_url)[0]
    migrate(store_url)
    db = Database(store_url)
    assert db.read_now(read) == before
    db.close()
