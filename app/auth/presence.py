"""When each tablet was heard of last and what it then said to hold: kept in memory, written together.

A crowd of tablets says something new with every request, and nothing but the board reads it: a write transaction for each
would cost more than the request (docs/decisions/0010-where-the-time-goes.md).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Final

import orjson
from sqlalchemy import Connection, TextClause, text

from app.auth.service import Pending, SessionRow
from app.clock import now_ms
from app.database import Database

HEARTBEAT_MS: Final = 5_000
"""An unchanged tablet's last contact is written at most this often."""
FLUSH_S: Final = 0.5
"""At most this often are words written."""
RETRY_S: Final = 5.0
"""How long a store that could not take them is left alone."""
WAITING: Final = 10_000
"""Tablets whose words may wait; another one has to speak again."""

_log = logging.getLogger("insats")


@dataclass(frozen=True)
class Word:
    """What a tablet said last. Times in ms by the server's clock; `changes` is None where it did not say what it holds."""

    id: str
    user: str
    seen: int
    changes: int | None = None
    blobs: int | None = None
    oldest: int | None = None
    free: int | None = None
    app: str | None = None


def _word(session: SessionRow, pending: Pending | None, now: int, app: str | None) -> Word:
    heard = Word(session.device, session.person.id, now, app=app)
    if pending is None:
        return heard
    oldest = None if pending.oldest_s is None else now - 1000 * pending.oldest_s
    return replace(heard, changes=pending.changes, blobs=pending.blobs, oldest=oldest, free=pending.free)


class Presence:
    """The words of one worker's tablets that are not in the store yet: the newest of each."""

    def __init__(self, db: Database, on_written: Callable[[], None] = lambda: None) -> None:
        """`on_written` is called when words have reached the store."""
        self._db, self._on_written = db, on_written
        self._waiting: dict[str, Word] = {}
        self._some = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def hear(self, session: SessionRow, pending: Pending | None, now: int, app: str | None = None) -> None:
        """Keep what a tablet says if it is new, or if the last note is older than HEARTBEAT_MS; `app` is its program."""
        word, known = _word(session, pending, now, app), self._waiting.get(session.device)
        if len(self._waiting) >= WAITING if known is None else now < known.seen:
            return
        if known is not None and word.changes is None:
            word = replace(known, user=word.user, seen=word.seen, app=app or known.app)
        held = session.pending if known is None or known.changes is None else (known.changes, known.blobs)
        is_news = pending is not None and (pending.changes, pending.blobs) != held
        is_news |= app is not None and app != (session.app if known is None else known.app or session.app)
        if is_news or now - (known.seen if known else session.last_seen) >= HEARTBEAT_MS:
            self._waiting[session.device] = word
            self._some.set()

    async def settle(self) -> bool:
        """Write what was heard before this call. Where the store cannot take it (False), it waits for the next time."""
        async with self._one_at_a_time:
            words = dict(self._waiting)
            if not words:
                return True
            try:
                await self._db.write(partial(write_words, words=list(words.values()), now=now_ms()))
            except Exception:  # noqa: BLE001 - words that wait are not lost, whatever it was; a loop that ended would lose them
                _log.exception("what the tablets hold could not be noted; it will be tried again")
                return False
            for device, word in words.items():
                if self._waiting[device] is word:
                    del self._waiting[device]
        self._on_written()
        return True

    async def keep_writing(self) -> None:
        """Write words as long as the worker lives: the first at once, those of a crowd together."""
        while True:
            await self._some.wait()
            self._some.clear()
            await asyncio.sleep(FLUSH_S if await self.settle() else RETRY_S)
            if self._waiting:
                self._some.set()


def write_words(conn: Connection, words: list[Word], now: int) -> None:
    """Note words in one statement.

    What another worker heard later stays, unless that lies in the future: a clock was set back.
    """
    rows = orjson.dumps([asdict(word) for word in words]).decode()
    conn.execute(_WRITE[conn.dialect.name], {"words": rows, "now": now})


_COLUMNS: Final = ("id", "user", "seen", "changes", "blobs", "oldest", "free", "app")
_EACH_SQLITE: Final = ", ".join(f"json_extract(value, '$.{name}') AS \"{name}\"" for name in _COLUMNS)
_ROWS: Final = {
    "sqlite": f"SELECT {_EACH_SQLITE} FROM json_each(:words)",  # noqa: S608 - names of our own schema
    # Two workers lock the rows in the same order, or they would wait for each other.
    "postgresql": """SELECT w.* FROM json_to_recordset(CAST(:words AS json)) AS w(id TEXT COLLATE "C", "user" TEXT COLLATE "C",
        seen BIGINT, changes BIGINT, blobs BIGINT, oldest BIGINT, free BIGINT, app TEXT)
        JOIN device AS d ON d.id = w.id ORDER BY d.id FOR UPDATE OF d""",
}


def _write_from(rows: str) -> TextClause:
    return text(
        f"""WITH word AS ({rows}) UPDATE device SET last_seen = word.seen, "user" = word."user",
        pending_changes = coalesce(word.changes, pending_changes), pending_blobs = coalesce(word.blobs, pending_blobs),
        oldest = CASE WHEN word.changes IS NULL THEN device.oldest ELSE word.oldest END,
        free = CASE WHEN word.changes IS NULL THEN device.free ELSE word.free END, app = coalesce(word.app, device.app)
        FROM word WHERE device.id = word.id AND (device.last_seen <= word.seen OR device.last_seen > :now)"""  # noqa: S608
    )


_WRITE: Final = {name: _write_from(rows) for name, rows in _ROWS.items()}
