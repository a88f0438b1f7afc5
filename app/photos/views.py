"""What is shown of photos: views that a decoder apart makes of the originals, one process for each photo.

A view is made when it is asked for and kept nowhere. Whether there is one decides what is shown, never what is kept.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from app.errors import PhotoNotShown, Unavailable
from app.photos.decoder import NO_PICTURE, VIEW

ROOT: Final = Path(__file__).parents[2]
AT_ONCE: Final = 2
WAITING: Final = 400
"""Views that may wait; one more is told to come back."""
WALL_S: Final = 30.0
"""How long one photo may take. What the decoder may use of a processor is less, so only a stuck or starved one comes here."""
VIEW_BYTES: Final = 4 << 20
"""The largest answer that is taken from a decoder: twice what EDGE² pixels of noise come to."""
REASON_BYTES: Final = 200
REST_S: Final = 60.0
"""For so long a photo that its decoder did not survive is not tried again: it may be made to occupy them."""
RESTING: Final = 1000
LATER: Final = "this photo cannot be decoded now"


class DecoderEnded(Exception):
    """The decoder ended, hung or said nothing sensible: nobody knows about this photo yet."""


class Views:
    """Makes views, AT_ONCE at a time. All of it happens on the event loop of one worker."""

    def __init__(self, wall_s: float = WALL_S) -> None:
        """No decoder runs before the first photo."""
        self._wall_s, self._waiting = wall_s, 0
        self._slots, self._idle = asyncio.Semaphore(AT_ONCE), list[Decoder]()
        self._resting: dict[str, float] = {}

    async def view(self, sha256: str, path: Path) -> bytes:
        """A JPEG without metadata of the photo in this file. PhotoNotShown if its bytes are no picture, Unavailable if a
        decoder could not tell: too much is waiting, or it did not survive this photo."""
        self._check(sha256)
        self._waiting += 1
        try:
            async with self._slots:
                return await self._made(sha256, path)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the decoders; the next view starts new ones."""
        while self._idle:
            self._idle.pop().end()

    def _check(self, sha256: str) -> None:
        if self._resting.get(sha256, 0) > time.monotonic():
            raise Unavailable(LATER, retry_after=int(REST_S))
        if self._waiting >= WAITING + AT_ONCE:
            raise Unavailable("too many photos are waiting", retry_after=5)

    async def _made(self, sha256: str, path: Path) -> bytes:
        data = await asyncio.to_thread(path.read_bytes)
        decoder = self._decoder()
        try:
            async with asyncio.timeout(self._wall_s):
                answer = await decoder.ask(data)
        except (DecoderEnded, OSError) as error:  # a timeout is an OSError
            decoder.end()
            self._rest(sha256)
            raise Unavailable(LATER, retry_after=int(REST_S)) from error
        except BaseException:  # whoever asked has gone
            decoder.end()
            raise
        self._idle.append(decoder)
        return _shown(answer)

    def _decoder(self) -> "Decoder":
        while self._idle:
            decoder = self._idle.pop()
            if decoder.is_alive:
                return decoder
            decoder.end()
        try:
            return Decoder()
        except OSError as error:  # no memory, no more processes
            raise Unavailable(LATER, retry_after=5) from error

    def _rest(self, sha256: str) -> None:
        self._resting.pop(sha256, None)
        self._resting[sha256] = time.monotonic() + REST_S
        if len(self._resting) > RESTING:
            del self._resting[next(iter(self._resting))]


class Decoder:
    """One process of `app.photos.decoder` with its forks, in a session of its own: no secret and no descriptor of ours."""

    def __init__(self) -> None:
        """Start it."""
        with ExitStack() as failing:
            self._line, theirs = (failing.enter_context(end) for end in socket.socketpair())
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                (sys.executable, "-m", "app.photos.decoder"),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"PYTHONPATH": str(ROOT)},
                cwd="/",
                start_new_session=True,
            )
            theirs.close()
            failing.pop_all()

    @property
    def pid(self) -> int:
        """Of the process that forks; its forks are in the group of this id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can fork for another photo."""
        return self._process.poll() is None

    async def ask(self, data: bytes) -> bytes:
        """Its verdict on a photo with what belongs to it; DecoderEnded if there is none."""
        ours, theirs = socket.socketpair()
        with theirs:
            ours.setblocking(False)
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            socket.send_fds(self._line, [b"."], [theirs.fileno()])
        try:
            with suppress(ConnectionError):  # it may know enough, or have ended: the answer tells
                writer.write(data)
                writer.write_eof()
            answer = await _until_end(reader)
        finally:
            writer.transport.abort()
        if not answer.startswith((NO_PICTURE, VIEW + b"\xff\xd8\xff")):
            raise DecoderEnded
        return answer

    def end(self) -> None:
        """Kill it and its forks."""
        self._line.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # not waited for yet: the id is nobody else's
        self._process.wait()


def _shown(answer: bytes) -> bytes:
    if answer.startswith(NO_PICTURE):
        raise PhotoNotShown(answer[1:REASON_BYTES].decode(errors="replace"))
    return answer.removeprefix(VIEW)


async def _until_end(reader: asyncio.StreamReader) -> bytes:
    try:
        await reader.readexactly(VIEW_BYTES + 2)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    except ConnectionError:
        return b""
    return b""
