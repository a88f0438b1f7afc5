"""Set statements: one parameter, any number of values and rows, the same on both stores."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from app.database import Database, table
from app.sets import Upsert, among
from app.sync.tables import Retired, Stream

_retired, _stream = table(Retired), table(Stream)
KEY = ("change", "stream", "entity", "field")


@pytest.fixture
def db(store_url: str) -> Iterator[Database]:
    made = Database(store_url)
    made.write_now(
        lambda conn: conn.execute(_stream.insert(), [{"name": n, "head": 0, "chain": ""} for n in "abc"])
    )
    yield made
    made.close()


def row(change: str, content: str | None, stream: int = 1) -> dict[str, Any]:
    return {"change": change, "stream": stream, "entity": "e", "field": "f", "content": content}


def contents(db: Database) -> dict[str, str | None]:
    query = select(_retired.c.change, _retired.c.content)
    return {r.change: r.content for r in db.read_now(lambda conn: conn.execute(query).all())}


@pytest.mark.parametrize("count", [0, 1, 3_000])
def test_rows_are_written_by_one_statement_whatever_their_number(db: Database, count: int) -> None:
    seen: list[str] = []
    event.listen(db._write_engine, "before_cursor_execute", lambda *a: seen.append(a[2]))
    rows = [row(str(n), "x") for n in range(count)]
    db.write_now(lambda conn: Upsert(_retired).write(conn, rows))
    assert len([s for s in seen if s.startswith("INSERT")]) == (1 if count else 0)
    assert len(contents(db)) == count


@pytest.mark.parametrize(
    "text",
    ["", "å📷", "\"'\\", '{"a": [1]}', ":name %s %(x)s $1 ?", "\u2028\x7f\x01\n", "null", "x" * 100_000],
    ids=lambda t: t[:9],
)
def test_text_comes_back_as_it_was(db: Database, text: str) -> None:
    db.write_now(lambda conn: Upsert(_retired).write(conn, [row("1", text), row("2", None)]))
    assert contents(db) == {"1": text, "2": None}


def test_a_row_that_is_there_is_an_error_or_is_updated(db: Database) -> None:
    plain, upsert = Upsert(_retired), Upsert(_retired, KEY, ("content",))
    db.write_now(lambda conn: plain.write(conn, [row("1", "old"), row("2", "old")]))
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.write_now(lambda conn: plain.write(conn, [row("3", "new"), row("1", "new")]))
    db.write_now(lambda conn: upsert.write(conn, [row("3", "new"), row("1", "new")]))
    assert contents(db) == {"1": "new", "2": "old", "3": "new"}


def test_an_update_may_be_on_a_condition(db: Database) -> None:
    upsert = Upsert(_retired, KEY, ("content",), where="excluded.content IS NOT NULL")
    db.write_now(lambda conn: upsert.write(conn, [row("1", "first"), row("2", None)]))
    db.write_now(lambda conn: upsert.write(conn, [row("1", None), row("2", "then")]))
    assert contents(db) == {"1": "first", "2": "then"}


@pytest.mark.parametrize(
    "names", [[], ["a"], ["a", "c", "a", "nobody"], [str(n) for n in range(3_000)] + ["b"]], ids=len
)
def test_a_set_is_one_parameter_whatever_its_size(db: Database, names: list[str]) -> None:
    query = select(_stream.c.name).where(among(_stream.c.name, "names"))

    def read(conn: Connection) -> set[str]:
        return set(conn.execute(query, {"names": names}).scalars())

    assert db.read_now(read) == set(names) & {"a", "b", "c"}


def test_sets_of_integers_and_of_text_stand_beside_each_other(db: Database) -> None:
    query = select(_stream.c.name).where(among(_stream.c.id, "ids"), among(_stream.c.name, "names"))
    with_ids = db.read_now(
        lambda conn: conn.execute(query, {"ids": [1, 2], "names": ["b", "c"]}).scalars().all()
    )
    assert with_ids == ["b"]
