"""A proxy that sends every request of a tablet twice and answers with what came the second time.

It stands between the browsers and the server, so that a client and a server that only survive polite networks fail the test.
A one-time code is what a second delivery must not redeem again, and an account is made once: their first answer is given.
"""

import threading
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

HOP_BY_HOP = frozenset(
    {"connection", "transfer-encoding", "keep-alive", "host", "content-length", "date", "server"}
)
ONCE = frozenset({("POST", "/api/v1/enrol"), ("POST", "/api/v1/setup"), ("POST", "/api/v1/people")})
METHODS = ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"]


class TwiceProxy:
    """Listens on one loopback port while started; the port stays its own between two starts."""

    def __init__(self, target: str, port: int) -> None:
        """`target` is the server's address."""
        self._target = target
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.forwarded = 0

    @property
    def address(self) -> str:
        """What browsers open."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen until `stop`."""
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=self._port, log_level="critical", lifespan="on"
        )
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the proxy did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop listening; browsers get connection errors from now on."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(15)
            assert not self._thread.is_alive(), "the proxy did not stop"
            self._server = None

    def _app(self) -> Starlette:
        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with httpx.AsyncClient(base_url=self._target, timeout=30) as client:
                self._client = client
                yield

        return Starlette(routes=[Route("/{path:path}", self._forward, methods=METHODS)], lifespan=lifespan)

    async def _forward(self, request: Request) -> Response:
        self.forwarded += 1
        if request.url.path == "/api/v1/events":
            return await self._stream(request)
        body = await request.body()
        first = await self._send(request, body)
        if (request.method, request.url.path) in ONCE:
            return _answer(first)
        return _answer(await self._send(request, body))

    async def _send(self, request: Request, body: bytes) -> httpx.Response:
        return await self._client.request(
            request.method, _target_of(request), content=body, headers=_headers(request.headers.items())
        )

    async def _stream(self, request: Request) -> Response:
        sent = self._client.build_request(
            "GET", _target_of(request), headers=_headers(request.headers.items()), timeout=None
        )
        answer = await self._client.send(sent, stream=True)
        return StreamingResponse(
            answer.aiter_raw(),
            answer.status_code,
            headers=_headers(answer.headers.items()),
            background=BackgroundTask(answer.aclose),
        )


def _target_of(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _headers(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {k: v for k, v in items if k.lower() not in HOP_BY_HOP}


def _answer(answer: httpx.Response) -> Response:
    # httpx has inflated the body already.
    headers = {k: v for k, v in _headers(answer.headers.items()).items() if k.lower() != "content-encoding"}
    return Response(answer.content, answer.status_code, headers=headers)
