"""A request to the application without a socket, and streams of pokes that stay open."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from tests.simulation.loop import Crash, loop


class Call:
    """One request and what came back so far."""

    def __init__(
        self,
        app: FastAPI,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        breaks_off: bool = False,
    ) -> None:
        """Nothing has run yet; `settle` brings the answer. `breaks_off`: the connection ends after `body`."""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: list[bytes] = []
        self.is_done = False
        self._body: bytes | None = body
        self._breaks_off = breaks_off
        path, _, query = target.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": _unquoted(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in headers.items()],
            "client": ("10.0.0.2", 40_000),
            "server": ("insats.test", 80),
            "state": {},
        }
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send), loop=loop)

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": self._breaks_off}
        if self._breaks_off:
            return {"type": "http.disconnect"}
        await loop.create_future()
        raise AssertionError

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in message["headers"]}
        elif message["type"] == "http.response.body":
            self.parts.append(bytes(message.get("body", b"")))
            self.is_done = not message.get("more_body", False)

    def crashed(self) -> bool:
        """Whether the process ended in this request."""
        if not self.task.done() or self.task.cancelled():
            return False
        error = self.task.exception()
        if error is not None and not isinstance(error, Exception | Crash):
            raise error
        return isinstance(error, Crash)

    def taken(self) -> bytes:
        """What came since the last look."""
        data, self.parts = b"".join(self.parts), []
        return data


def _unquoted(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)
