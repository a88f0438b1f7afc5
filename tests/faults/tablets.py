"""Real TypeScript tablets in a Node process: the client's engine over an IndexedDB in memory (see `tablets.mjs`)."""

import json
import subprocess
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests.twin.node import NODE

RUNNER = Path(__file__).with_name("tablets.mjs")


class Tablets:
    """A Node process with tablets by name. Commands run beside each other; `ask` waits for its own."""

    def __init__(self) -> None:
        """Start Node; it ends when its input does, even if this process dies."""
        self._process = subprocess.Popen(
            [NODE, "--disable-warning=ExperimentalWarning", "--max-old-space-size=8192", RUNNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._numbers = count()
        self._waiting: dict[int, Future[Any]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Tablets":
        """Itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End Node."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._reader.join()
        self._process.stdout.close()

    def send(self, do: str, name: str, **more: Any) -> "Future[Any]":
        """Give a command; its answer comes later."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        future: Future[Any] = Future()
        self._waiting[number] = future
        self._process.stdin.write(json.dumps({"id": number, "do": do, "name": name, **more}) + "\n")
        self._process.stdin.flush()
        return future

    def ask(self, do: str, name: str, *, timeout_s: float = 60, **more: Any) -> Any:
        """Give a command and wait for its answer."""
        return self.send(do, name, **more).result(timeout_s)

    def enrol(self, name: str, server: str, code: str, through: str, **timeouts: int) -> None:
        """A new tablet: its code is redeemed at the `server` itself, everything else goes `through` an address."""
        device = {"id": f"tablet-{name}", "label": name}
        told = httpx.post(f"{server}/api/v1/enrol", json={"code": code, "device": device}).raise_for_status()
        session: Mapping[str, Any] = {**told.json(), "device": device}
        limits = {"short": 3_000, "long": 6_000} | timeouts
        self.ask("open", name, base=through, session=session, timeouts=limits)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            future = self._waiting.pop(told["id"])
            if "error" in told:
                future.set_exception(AssertionError(told["error"]))
            else:
                future.set_result(told["answer"])
        for future in self._waiting.values():
            future.set_exception(AssertionError("Node has ended; its error stands above"))
