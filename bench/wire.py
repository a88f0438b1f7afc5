"""As much HTTP as a measuring client needs: whole requests as bytes, whole answers back."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Self, TypeAlias


@dataclass(frozen=True)
class Answer:
    """What came back, and the seconds from the first byte sent to the last one received."""

    seconds: float
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        """One header of the answer; empty where it is not there."""
        for line in self.head.split(b"\r\n"):
            key, _, value = line.partition(b":")
            if key.lower() == name.lower().encode():
                return value.strip().decode()
        return ""


@dataclass(frozen=True)
class Connection:
    """One keep-alive connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def to(cls, port: int) -> Self:
        """Open it."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=2**24))

    async def send(self, sent: bytes) -> Answer:
        """One request and its answer."""
        start = time.perf_counter()
        self.writer.write(sent)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        body = await self.reader.readexactly(int(length or 0))
        return Answer(time.perf_counter() - start, int(head[9:12]), head, body)

    def close(self) -> None:
        """Hang up."""
        self.writer.close()


def request(method: str, path: str, token: str, body: bytes = b"", headers: str = "") -> bytes:
    """A whole request below `/api/v1`; `headers` are lines that each end in CR LF."""
    head = (
        f"{method} /api/v1{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


PUSH = "Content-Type: application/x-ndjson\r\nContent-Encoding: gzip\r\n"
"""The headers of `POST /commits`."""


Queue: TypeAlias = list[bytes]


@dataclass(frozen=True)
class Plan:
    """What one tablet of a crowd does: its token, its stream, bodies of pushes in order, photos."""

    token: str
    stream: str
    pushes: list[bytes]
    photos: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class Heard:
    """Answers in the order of each tablet; `pokes` of each tablet as (time, head), `sent` when each push began."""

    seconds: float
    cpu: float
    answers: list[list[Answer]]
    sent: list[list[float]] = field(default_factory=list)
    pokes: list[list[tuple[float, int]]] = field(default_factory=list)
