"""A line between tablets and the server that goes wrong by plan: seeded, told request by request, and healed at a word.

The proxy reads whole requests and answers, so that a fault can strike at any byte of either: it may deliver half a request
and break off, take the answer and lose it, send it twice, late, cut, mangled or replaced by what a captive portal says.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.faults.weather import DELIVERED_WHOLE, Fault, Plan, Request, calm
from tests.ports import free_port

HTML: Final = b"<!doctype html><title>%s</title><h1>%s</h1>"
LIMIT: Final = 2**24
EVENTS: Final = "/api/v1/events"


@dataclass
class Proxy:
    """Listens on a loopback port while started. `plan` may be changed at any time."""

    target: int
    plan: Plan = calm
    port: int = field(default_factory=free_port)
    seen: Counter[str] = field(default_factory=Counter)
    body_bytes: Counter[str] = field(default_factory=Counter)
    """Bytes of bodies that came from clients, by method."""
    cut_bytes: Counter[str] = field(default_factory=Counter)
    """Those of requests to which something happened."""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _late: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def address(self) -> str:
        """What clients are given."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Proxy":
        """Listen."""
        listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listening,), daemon=True)
        self._thread.start()
        assert listening.wait(10), "the proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        """Break everything off."""
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def heal(self) -> None:
        """Nothing goes wrong from now on."""
        self.plan = calm

    def _run(self, listening: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        serving = asyncio.start_server(self._serve, "127.0.0.1", self.port, limit=LIMIT)
        server = self._loop.run_until_complete(serving)
        listening.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Upstream(self.target)
        try:
            while (request := await _read_request(reader)) is not None:
                fault = self.plan(request)
                self._count(request, fault)
                if not await self._handle(request, fault, line, writer):
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            _reset(writer)
        finally:
            line.close()
            writer.close()

    def _count(self, request: Request, fault: Fault) -> None:
        self.seen[fault.kind] += 1
        self.body_bytes[request.method] += len(request.body)
        if fault.kind != "pass":
            self.cut_bytes[request.method] += len(request.body)

    async def _handle(
        self, request: Request, fault: Fault, line: "_Upstream", writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the client's connection lives on."""
        if request.path.startswith(EVENTS):
            await _stream(request, fault, self.target, writer)
            return False
        if fault.kind in ("slow", "hang"):
            await asyncio.sleep(fault.seconds)
        if fault.kind == "corrupt the request":
            request = _corrupted(request, fault.at)
        elif fault.kind not in DELIVERED_WHOLE:
            return await self._without_delivery(request, fault, writer)
        answer = await line.ask(request)
        if fault.kind == "twice":
            answer = await line.ask(request)
        elif fault.kind == "late again":
            task = asyncio.ensure_future(self._again(request, fault.seconds))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        return await _give(answer, fault, request.method, writer)

    async def _without_delivery(self, request: Request, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        if fault.kind == "cut the request":
            raw = request.head + request.body
            await _deliver_part(self.target, raw[: max(1, int(fault.at * len(raw)))])
        if fault.kind in ("portal", "502"):
            return await _say(writer, _page(fault.kind))
        if fault.kind == "garbage":
            writer.write(Random(fault.at).randbytes(200))
            await writer.drain()
        else:
            _reset(writer)
        return False

    async def _again(self, request: Request, seconds: float) -> None:
        await asyncio.sleep(seconds * 5)
        line = _Upstream(self.target)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await line.ask(request)
        line.close()


@dataclass(frozen=True)
class _Answer:
    head: bytes
    body: bytes

    def with_body(self, body: bytes) -> bytes:
        """The same answer with another body, told as whole."""
        lines = [
            line
            for line in self.head.removesuffix(b"\r\n\r\n").split(b"\r\n")
            if not line.lower().startswith((b"content-length:", b"transfer-encoding:"))
        ]
        return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


class _Upstream:
    """The proxy's own connection to the server, opened when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Request) -> _Answer:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, limit=LIMIT)
        reader, writer = self._streams
        writer.write(request.head + request.body)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        answer = _Answer(head, await _read_body(reader, head, request.method))
        if b"connection: close" in head.lower():
            self.close()
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, path, headers, head, body)


async def _read_body(reader: asyncio.StreamReader, head: bytes, method: str) -> bytes:
    told = head.lower()
    if method == "HEAD" or head[9:12] in (b"204", b"304"):
        return b""
    if b"transfer-encoding: chunked" in told:
        return await _read_chunks(reader)
    return await reader.readexactly(int(told.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


async def _give(answer: _Answer, fault: Fault, method: str, writer: asyncio.StreamWriter) -> bool:
    """Answer the client as the fault has it; whether its connection lives on."""
    if fault.kind == "lose the answer":
        _reset(writer)
        return False
    raw = _altered(answer, fault, method)
    if fault.kind not in ("cut the answer", "half-close"):
        return await _say(writer, raw) and fault.kind != "garbage after all"
    await _say(writer, raw[: int(fault.at * len(raw))])
    if fault.kind == "half-close":
        # No more comes, yet the connection stays: the client must not wait for the rest for ever.
        writer.write_eof()
        await asyncio.sleep(fault.seconds)
    elif int(fault.at * 1000) % 2:
        _reset(writer)
    return False


def _altered(answer: _Answer, fault: Fault, method: str) -> bytes:
    """What the client is to get, from the first byte to the last."""
    if fault.kind == "502 after all":
        return _page("502")
    if fault.kind == "garbage after all":
        return Random(fault.at).randbytes(200)
    if method == "HEAD" or not answer.body:  # the answer to a HEAD tells a length and has no body
        return answer.head
    body = answer.body
    if fault.kind == "shorten the answer":
        body = body[: int(fault.at * len(body))]
    elif fault.kind == "corrupt the answer":
        body = _flipped(body, fault.at)
    return answer.with_body(body)


async def _say(writer: asyncio.StreamWriter, raw: bytes) -> bool:
    writer.write(raw)
    await writer.drain()
    return True


async def _stream(request: Request, fault: Fault, port: int, writer: asyncio.StreamWriter) -> None:
    """An answer without end: passed on as it comes, and where a fault is due for a while only."""
    reader, up = await asyncio.open_connection("127.0.0.1", port)
    try:
        up.write(request.head)
        seconds = None if fault.kind == "pass" else 10 * fault.seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while part := await reader.read(65_536):
                    writer.write(part)
                    await writer.drain()
    finally:
        up.close()


async def _deliver_part(port: int, raw: bytes) -> None:
    """Some bytes of a request, then nothing more: the server must not take them for all."""
    _, up = await asyncio.open_connection("127.0.0.1", port)
    try:
        up.write(raw)
        await up.drain()
    finally:
        up.close()


def _page(kind: str) -> bytes:
    first, words = (b"200 OK", b"Log in") if kind == "portal" else (b"502 Bad Gateway", b"Bad gateway")
    body = HTML % (words, words)
    return b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n%s" % (
        first,
        len(body),
        body,
    )


def _corrupted(request: Request, at: float) -> Request:
    body = _flipped(request.body, at) if request.body else b""
    return Request(request.method, request.path, request.headers, request.head, body)


def _flipped(data: bytes, at: float) -> bytes:
    where = min(int(at * len(data)), len(data) - 1)
    return data[:where] + bytes([data[where] ^ (1 << int(at * 8e6) % 8)]) + data[where + 1 :]


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset instead of a farewell."""
    with contextlib.suppress(OSError, AttributeError):
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
