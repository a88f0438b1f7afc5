"""How the stores look things up: no call of a tablet reads a whole table, with statistics and without.

What a tablet does is done once over HTTP against a store with 100,000 rows in each large table; every statement that this
took is explained by the store itself.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import pytest
from sqlalchemy import Connection, event, text

from app.database import Database
from tests.api.evening import Evening, Tablet
from tests.sync.world import SHARED, VISIT

Statement: TypeAlias = tuple[str, Any]

ROWS = 100_000
STREAMS = 20
LARGE = {
    "commit": "c||i, s, 'a', i, '', '', '', '', 0, i, FALSE, '{}'",
    "entry": "s, 1000000 + i, c||i, '{}', ''",
    "entity": "s, 'tally_'||c||i, k, '{}', i",
    "retired": "c||i, s, 'tally_x', 'entry', NULL",
    "tally": "s, 'tally_'||c||i, i, FALSE, FALSE, 0, NULL, NULL, NULL, NULL, 0",
    "checklist": "s, 'checklist_'||c||i, i, FALSE, FALSE, 0, NULL, NULL, NULL, 0",
    "chain": "'a_'||c||i, s, 1, '', 0",
}
"""Each large table and a row of it: `i` its number, `c` a hash-like text, `s` its stream, `k` a kind."""
KINDS = ("tally", "checklist", "answer", "note", "photo", "person", "seizure", "measure")
"""An evening has entities of many kinds, and statistics would say so."""
NUMBERS = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT i FROM n)",
    "postgresql": "generate_series(1, {rows}) AS n(i)",
}
HASHLIKE = "CAST(i * 7919 % 1000003 AS text)"


def _fill(conn: Connection) -> None:
    numbers = NUMBERS[conn.dialect.name].format(rows=ROWS)
    for n in range(STREAMS):
        conn.execute(text("INSERT INTO stream(name, head, chain) VALUES (:n, 0, '')"), {"n": f"op/{n}"})
    first = conn.execute(text("SELECT min(id) FROM stream WHERE name LIKE 'op/_%' AND chain = ''")).scalar()
    kind = " ".join(f"WHEN {at} THEN '{name}'" for at, name in enumerate(KINDS))
    columns = (
        f"i, {HASHLIKE} AS c, {first} + i % {STREAMS} AS s, CASE i / {STREAMS} % {len(KINDS)} {kind} END AS k"
    )
    source = f"SELECT {columns} FROM {numbers}"
    for name, row in LARGE.items():
        if conn.dialect.name == "postgresql":  # or it may gather statistics before we look
            conn.execute(text(f'ALTER TABLE "{name}" SET (autovacuum_enabled = false)'))
        conn.execute(text(f'INSERT INTO "{name}" SELECT {row} FROM ({source}) AS source'))


@contextmanager
def _heard(db: Database) -> Iterator[list[Statement]]:
    """The statements that reach the store meanwhile, with their parameters."""
    heard: list[Statement] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        heard.append((statement, parameters[0] if many else parameters))

    engines = (db._read_engine, db._write_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield heard
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def _evening_of(tablet: Tablet) -> None:
    """Everything a tablet asks for in an evening: what it sends first, again and corrected, and what it fetches."""
    person = tablet.person
    first = [person.change(VISIT, "persons", 4), person.change("tally_x", "entry", None)]
    again = [
        person.change(VISIT, "persons", 5, first[0].id),
        person.change(f"checklist_{VISIT[6:]}.ALK", "A01", "ja"),
    ]
    sent = person.seal(SHARED, *first)
    for commits in ([sent], [sent], [person.seal(SHARED, *again)]):
        assert tablet.push(*commits).json()["errors"] == []
    for path in (
        "/hello",
        f"/changes?after={SHARED}:0",
        f"/changes?after={SHARED}:1",
        f"/streams/{SHARED}/snapshot",
    ):
        assert tablet.get(path).status_code == 200
    assert tablet.send("POST", "/blobs/missing", json={"sha256": ["0" * 64]}).status_code == 200


def _plan(conn: Connection, statement: Statement) -> str:
    """What the store says it would do, one step a line."""
    explain = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
    cursor = conn.connection.cursor()
    cursor.execute(explain + statement[0], statement[1])
    return "\n".join(str(row[-1]) for row in cursor.fetchall())


def _reads_a_table(plan: str) -> str | None:
    """The step that reads a large table from end to end."""
    found = re.search(rf'(?:\bSCAN|Seq Scan on) "?(?:{"|".join(LARGE)})\b.*', plan)
    return found[0] if found else None


def _reads_a_stream(plan: str) -> str | None:
    """The step that goes through a whole stream for some of its entities."""
    found = re.search(r"ix_entity_stream_kind.*|SEARCH entity .*\(stream=\?\)", plan)
    return found[0] if found else None


@pytest.mark.parametrize("has_statistics", [False, True], ids=["without statistics", "with statistics"])
def test_no_call_of_a_tablet_reads_a_large_table(night: Evening, has_statistics: bool) -> None:
    night.db.write_now(_fill)
    if has_statistics:
        night.db.write_now(lambda conn: conn.execute(text("ANALYZE")))
    tablet = night.tablet("alva")
    with _heard(night.db) as heard:
        _evening_of(tablet)
    explained = [s for s in heard if s[0].split()[0] in ("SELECT", "INSERT", "UPDATE", "WITH", "DELETE")]
    assert len({s[0] for s in explained}) > 15
    plans = night.db.read_now(lambda conn: {s[0]: _plan(conn, s) for s in explained})
    assert {s: step for s, plan in plans.items() if (step := _reads_a_table(plan))} == {}
    assert {
        s: step for s, plan in plans.items() if "entity.id IN" in s and (step := _reads_a_stream(plan))
    } == {}
