"""Where servers are started to be killed: one warm interpreter that forks a real `insats serve` for each start.

Importing the application takes a second of processor time, too much for a thousand starts; the forked process is the one that
`insats serve` would be after its imports, in everything else. Orders and answers are lines of JSON; run as
`python -m tests.kills.stage`.

A request may carry `Die-At: n`: the server kills itself at the n-th storage call from there on. With `Die-At: 0` it only
answers with the names of the points it passed, in `Points`. The variable `DIE_AT` does the same from the start of the process.
"""

import ctypes
import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from starlette.types import ASGIApp, Message, Receive, Scope, Send

import app.main
from app.cli import main as insats
from app.domain import codes
from tests.kills.seam import Seam, watching

PR_SET_PDEATHSIG = 1
LATE = (
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
"""What a server imports only when it starts to listen."""


def main() -> None:
    """Follow orders until the input ends."""
    for name in LATE:
        importlib.import_module(name)
    codes.ref_entities()  # read once
    gc.collect()
    gc.freeze()  # what a fork does not look through it does not copy
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "start":
            answer: int | None = _fork(order["environment"])
        elif order["do"] == "wait":
            _, answer = os.waitpid(order["pid"], 0)
        else:
            ended, status = os.waitpid(order["pid"], os.WNOHANG)
            answer = status if ended else None
        print(json.dumps(answer), flush=True)


def _fork(environment: dict[str, str]) -> int:
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        _serve(environment)
    return pid


def die_with_parent() -> None:
    """End this process when the one that made it does, in whatever way (Linux)."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _serve(environment: dict[str, str]) -> NoReturn:
    log = os.open(f"{environment['INSATS_DATA']}/server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.environ.update(environment)
    seam = Seam()
    factory: Callable[[], Any] = app.main.factory
    app.main.factory = lambda: Mortal(factory(), seam)  # type: ignore[assignment,return-value]
    status = 1
    if "DIE_AT" in environment:
        seam.arm(int(environment["DIE_AT"]), die)
    with watching(seam, torn=True):
        status = insats(["serve"])
    os._exit(status)


def die(*_: object) -> None:
    """As a power cut would have it, but for what the system still writes."""
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """The application, listening for `Die-At`."""

    def __init__(self, inner: ASGIApp, seam: Seam) -> None:
        """Wrap `inner`."""
        self._inner = inner
        self._seam = seam

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Arm the seam where a request asks for it, and count its answer as two points more."""
        wish = dict(scope.get("headers", ())).get(b"die-at")
        if wish is None:
            return await self._inner(scope, receive, send)
        self._seam.arm(int(wish), die)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._seam.reach("before the answer")
                points = json.dumps(self._seam.names).encode()
                message["headers"] = [*message["headers"], (b"points", points)]
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self._seam.reach("after the answer")

        await self._inner(scope, receive, told)
        self._seam.disarm()
        return None


if __name__ == "__main__":
    main()
