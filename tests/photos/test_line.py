"""What a real connection does to a chunk on its way."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256

import uvicorn
from fastapi import FastAPI

from tests.auth.house import Tablet
from tests.photos.album import (
    CHUNK,
    UPLOADS,
    Album,
    ask,
    b64,
    begin,
    create_with,
    deliver,
    jpeg,
    offset,
    patch,
    promise,
    sha,
)

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


def cut_off(port: int, tablet: Tablet, request: str, headers: Mapping[str, str], data: bytes) -> None:
    """Promise a chunk of 1000 bytes, send these when the server waits for them, and hang up a moment later."""
    method, path = request.split()
    lines = [
        f"{method} /api/v1{path} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {tablet.token}",
        "Tus-Resumable: 1.0.0",
        f"Content-Type: {CHUNK}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "Content-Length: 1000",
        "Expect: 100-continue",
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        assert line.recv(100).startswith(b"HTTP/1.1 100")
        line.sendall(data)
        time.sleep(0.5)  # the server forgets what it has not read when the line goes


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_a_photo_continues_inside_the_chunk_where_the_line_broke(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    with serving(album.app) as port:
        cut_off(port, alva, f"PATCH {path}", {"Upload-Offset": "0"}, DATA[:700])
        until(lambda: offset(alva, path) > 0)
    assert offset(alva, path) == 700
    for at in (700, 1700):
        assert patch(alva, path, at, DATA[at : at + 1000]).status_code == 204
    assert album.files()["uploads"] == []


def test_a_creation_that_broke_off_keeps_what_came_and_the_next_one_goes_on(
    album: Album, alva: Tablet
) -> None:
    with serving(album.app) as port:
        cut_off(port, alva, f"POST {UPLOADS}", promise(DATA), DATA[:700])
        until(lambda: bool(ask(alva, sha(DATA))["partial"]))
    assert ask(alva, sha(DATA))["partial"][sha(DATA)]["offset"] == 700
    again = create_with(alva, DATA, DATA[:1000])
    assert (again.status_code, again.headers["upload-offset"], album.count("upload")) == (201, "1000", 1)
    assert deliver(alva, DATA).status_code == 204


def test_a_creation_that_broke_off_in_a_chunk_with_a_checksum_leaves_nothing(
    album: Album, alva: Tablet
) -> None:
    promised = {**promise(DATA), "Upload-Checksum": f"sha256 {b64(sha256(DATA[:1000]).digest())}"}
    with serving(album.app) as port:
        cut_off(port, alva, f"POST {UPLOADS}", promised, DATA[:700])
    assert (album.count("upload"), album.files()) == (0, {"blobs": [], "uploads": []})
    assert create_with(alva, DATA, DATA[:1000]).headers["upload-offset"] == "1000"
