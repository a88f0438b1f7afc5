"""Looking up who calls: one read for all requests of a moment."""

from collections.abc import Sequence
from functools import partial

from app.auth.service import Asked, SessionRow, find_sessions
from app.clock import now_ms
from app.database import Database
from app.together import Together

MOST = 200
"""Tokens that one read looks for."""


class Sessions:
    """The living sessions of a store. Nothing is remembered: one that has ended ends at once."""

    def __init__(self, db: Database) -> None:
        """Nobody has asked yet."""
        self._db = db
        self._together = Together(self._find, MOST)

    async def find(self, asked: Asked) -> SessionRow | None:
        """The session of a token, or None if there is none, it is over or its account is closed."""
        return await self._together.ask(asked)

    async def _find(self, asked: Sequence[Asked]) -> list[SessionRow | None]:
        return await self._db.read(partial(find_sessions, asked=asked, now=now_ms()))
