"""Photos that came whole are noted together: one transaction for all of a moment."""

from collections.abc import Sequence
from functools import partial

from app.clock import now_ms
from app.database import Database
from app.photos import uploads
from app.photos.uploads import Upload, Whole
from app.together import Together

MOST = 200
"""Photos that one transaction notes."""


class Arrivals:
    """What has come to a store; the bytes are on the disk before."""

    def __init__(self, db: Database) -> None:
        """Nothing has come yet."""
        self._db = db
        self._together = Together(self._note, MOST)

    async def note(self, whole: Whole) -> Upload:
        """The upload that a photo finished: its own, or one of the same bytes that was under way. Durable."""
        return await self._together.ask(whole)

    async def _note(self, whole: Sequence[Whole]) -> list[Upload]:
        return await self._db.write(partial(uploads.create_whole, whole=whole, now=now_ms()))
