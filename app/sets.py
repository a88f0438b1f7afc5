"""Sets in SQL: statements that are made once and do not depend on how many values or rows they are given."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Self

import orjson
from sqlalchemy import Boolean, ColumnElement, Connection, Integer, Table, Text, bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class JsonList(TypeDecorator[Sequence[Any]]):
    """A parameter that holds a list as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Any) -> str:
        """The list as the stores read it."""
        del dialect
        return orjson.dumps(list(value or ())).decode()


class among(FunctionElement[bool]):  # noqa: N801 - reads as the SQL that it is
    """`column IN (values)` with one parameter whatever their number: one plan serves them all."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, column: ColumnElement[Any], values: str | Sequence[str] | Sequence[int]) -> None:
        """The values themselves, or the name of the parameter that will hold them in a statement made once."""
        if isinstance(values, str):
            super().__init__(column, bindparam(values, type_=JsonList()))
        else:
            super().__init__(column, bindparam(None, list(values), type_=JsonList(), unique=True))

    def self_group(self, against: Any = None) -> Self:  # noqa: ARG002 - SQLAlchemy's signature
        """Itself: SQLAlchemy would write `(…) = 1` on SQLite, and a comparison's result has no index: every row is read."""
        return self


@compiles(among, "postgresql")
def _(element: among, compiler: Any, **kw: Any) -> str:
    column, values = element.clauses
    kind = "INTEGER" if isinstance(column.type, Integer) else "TEXT"
    each = f"json_array_elements_text(CAST({compiler.process(values, **kw)} AS json)) AS one(value)"
    # As an array it is computed once, before the index is asked.
    return f"{compiler.process(column, **kw)} = ANY (ARRAY(SELECT CAST(value AS {kind}) FROM {each}))"  # noqa: S608 - names of our own schema, no values


@compiles(among, "sqlite")
def _(element: among, compiler: Any, **kw: Any) -> str:
    column, values = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - names of our own schema, no values


class Upsert:
    """One statement that inserts any number of rows, or updates those whose key is there.

    PostgreSQL gets the rows as one JSON parameter, SQLite one after the other into the same prepared statement: each takes
    the other way two to four times as long (docs/decisions/0010-where-the-time-goes.md).
    """

    def __init__(
        self, target: Table, key: Sequence[str] = (), update: Sequence[str] = (), where: str = "TRUE"
    ) -> None:
        """Without a `key` a row that is there is an error, without an `update` it stays as it is; `where` is SQL about
        `excluded`, the new row."""
        columns = target.columns.keys()
        into = f'INSERT INTO "{target.name}" ({", ".join(_quoted(columns))})'
        names, changes = ", ".join(_quoted(key)), ", ".join(f"{c} = excluded.{c}" for c in _quoted(update))
        otherwise = f"UPDATE SET {changes} WHERE {where}" if update else "NOTHING"
        conflict = f"ON CONFLICT ({names}) DO {otherwise}" if key else ""
        self._each = f"{into} VALUES ({', '.join('?' * len(columns))}) {conflict}"
        self._all = text(f"{into} SELECT * FROM {_json_rows(target)} {conflict}")  # noqa: S608 - names of our own schema
        self._values: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*columns)

    def write(self, conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows that each have a value for every column."""
        if not rows:
            return
        if conn.dialect.name == "sqlite":
            conn.exec_driver_sql(self._each, list(map(self._values, rows)))
        else:
            conn.execute(self._all, {"rows": orjson.dumps(rows).decode()})


def _json_rows(target: Table) -> str:
    """The rows of the JSON parameter `rows`, as PostgreSQL reads them."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    columns = ", ".join(f'"{c.name}" {c.type.compile(dialect)}' for c in target.columns)
    return f"json_to_recordset(CAST(:rows AS json)) AS r({columns})"


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
