"""A seam in the storage calls of a process: every statement, commit and file call can be named, counted and struck.

Nothing in `app` knows of it. The calls are patched where they meet the driver and the system, so a step that is added to a
push, or a new file that is written, is reached without anybody adding it here.
"""

import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from unittest.mock import patch

from sqlalchemy.engine.default import DefaultDialect

Strike: TypeAlias = Callable[[str, Any], None]
"""What happens at the chosen point: it is told the point's name and the driver's cursor or connection (None: a file)."""

_TABLE = re.compile(r'\b(?:FROM|INTO|UPDATE)\s+"?(\w+)', re.IGNORECASE)
FILE_CALLS = ("pwrite", "fsync", "link", "unlink")


@dataclass
class Seam:
    """Counts points while it is armed; at the `left`-th one (and with `lasting` at all that follow) it strikes."""

    names: list[str] = field(default_factory=list)
    _left: int = 0
    _lasting: bool = False
    _strike: Strike | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, nth: int, strike: Strike, *, lasting: bool = False) -> None:
        """Strike at the nth point from now, counted from 1; 0 only writes down the names."""
        with self._lock:
            self._left, self._strike, self._lasting = nth, strike, lasting
            self.names.clear()

    def disarm(self) -> bool:
        """Strike no more; whether it did."""
        with self._lock:
            struck, self._strike = self._strike is not None and self._left <= 0, None
            return struck

    def reach(self, name: str, driver: Any = None) -> None:
        """A point is reached."""
        with self._lock:
            strike = self._strike
            if strike is None:
                return
            self.names.append(name)
            self._left -= 1
            is_now = self._left == 0 or (self._lasting and self._left < 0)
        if is_now:
            strike(name, driver)


@contextmanager
def watching(seam: Seam, *, torn: bool = False) -> Iterator[None]:
    """Lead all storage calls of this process past the seam. With `torn`, a write to a file can be struck half done."""
    execute, bare, many = (
        getattr(DefaultDialect, f"do_execute{suffix}") for suffix in ("", "_no_params", "many")
    )
    commit: Callable[..., None] = DefaultDialect.do_commit
    files: dict[str, Any] = {name: _file_call(seam, name, torn=torn) for name in FILE_CALLS}

    def do_execute(self: Any, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        seam.reach(_named(statement), cursor)
        execute(self, cursor, statement, parameters, context)

    def do_execute_no_params(self: Any, cursor: Any, statement: str, context: Any = None) -> None:
        seam.reach(_named(statement), cursor)
        bare(self, cursor, statement, context)

    def do_executemany(self: Any, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        seam.reach(_named(statement), cursor)
        many(self, cursor, statement, parameters, context)

    def do_commit(self: Any, connection: Any) -> None:
        seam.reach("COMMIT", connection)
        commit(self, connection)
        seam.reach("after COMMIT")

    statements = patch.multiple(
        DefaultDialect,
        do_execute=do_execute,
        do_execute_no_params=do_execute_no_params,
        do_executemany=do_executemany,
        do_commit=do_commit,
    )
    with statements, patch.multiple(os, **files):
        yield


def _file_call(seam: Seam, name: str, *, torn: bool) -> Callable[..., Any]:
    call = getattr(os, name)

    def struck(*args: Any, **options: Any) -> Any:
        seam.reach(name)
        if torn and name == "pwrite":
            file, data, offset = args
            half = call(file, data[: len(data) // 2], offset)
            seam.reach("half a pwrite")
            return half + call(file, data[half:], offset + half)
        return call(*args, **options)

    return struck


def _named(statement: str) -> str:
    verb = statement.split(None, 1)[0].upper()
    found = _TABLE.search(statement)
    return f"{verb} {found[1]}" if found else verb
