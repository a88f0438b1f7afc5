"""What a real connection does to a chunk on its way."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from tests.auth.house import Tablet
from tests.photos.album import CHUNK, Album, begin, jpeg, offset, patch

DATA = jpeg()


@contextmanager
def serving(app: FastAPI) -> Iterator[int]:
    """A real server on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def cut_off(port: int, tablet: Tablet, path: str, data: bytes) -> None:
    """Promise a chunk of 1000 bytes, send these when the server waits for them, and hang up a moment later."""
    lines = [
        f"PATCH /api/v1{path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {tablet.token}",
        "Tus-Resumable: 1.0.0",
        f"Content-Type: {CHUNK}",
        "Upload-Offset: 0",
        "Content-Length: 1000",
        "Expect: 100-continue",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        assert line.recv(100).startswith(b"HTTP/1.1 100")
        line.sendall(data)
        time.sleep(0.5)  # the server forgets what it has not read when the line goes


def test_a_photo_continues_inside_the_chunk_where_the_line_broke(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    with serving(album.app) as port:
        cut_off(port, alva, path, DATA[:700])
        deadline = time.monotonic() + 20
        while offset(alva, path) == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
    assert offset(alva, path) == 700
    for at in (700, 1700):
        assert patch(alva, path, at, DATA[at : at + 1000]).status_code == 204
    assert album.files()["uploads"] == []
