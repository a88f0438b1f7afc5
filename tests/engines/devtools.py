"""One page of a real browser by its own debugging protocol: run something in it, hear what it notes.

Chromium and WebKit speak dialects of one protocol over a web socket. Nothing in between starts, waits or tidies up, so a
browser that is killed costs no more than its own start.
"""

import json
import threading
from abc import ABC, abstractmethod
from contextlib import ExitStack
from queue import Empty, Queue
from typing import Any, TypeAlias

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

Message: TypeAlias = dict[str, Any]
NOTED = "noted"
"""First argument of a `console.log` whose second is a note (JSON)."""
LOAD_S = 8.0
UNAWAITED = 1_000_000_000
"""Numbers of commands whose answers nobody waits for."""


class Gone(Exception):
    """The page, or the whole browser, is not there any more."""


class Raised(Exception):
    """What ran in the page threw this."""


class Devtools(ABC):
    """A connection to one page. `notes` grows by itself while the page lives."""

    def __init__(self, address: str) -> None:
        """`address` is that of the page's web socket."""
        with ExitStack() as stack:
            self._socket = stack.enter_context(connect(address, max_size=None, open_timeout=10))
            self._stack = stack.pop_all()
        self.notes: list[Message] = []
        self._answers: dict[int, Queue[Message | None]] = {}
        self._number = 0
        self._lock = threading.Lock()
        self._is_gone = False
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def close(self) -> None:
        """End the connection; the page stays."""
        self._stack.close()
        if self._thread.is_alive():
            self._thread.join(5)

    def call(self, method: str, timeout: float = 20.0, **params: Any) -> Message:
        """Send a command and wait for its result. Raises Gone, or Raised with what the browser says against it."""
        with self._lock:
            self._number += 1
            number, answer = self._number, Queue[Message | None]()
            self._answers[number] = answer
        if self._is_gone:
            raise Gone(method)
        try:
            self.send({"id": number, "method": method, "params": params})
            found = answer.get(timeout=timeout)
        except (ConnectionClosed, Empty, OSError) as reason:
            raise Gone(f"{method}: {reason!r}") from None
        if found is None:
            raise Gone(method)
        if "error" in found:
            raise Raised(f"{method}: {found['error']}")
        result: Message = found["result"]
        return result

    @abstractmethod
    def evaluate(self, expression: str, timeout: float = 20.0) -> Any:
        """The value of an expression in the page, awaited if it is a promise."""

    def do(self, expression: str) -> None:
        """Run something in the page that goes on by itself."""
        self.evaluate(f"void ({expression})")

    def send(self, message: Message) -> None:
        """Put a command on the wire."""
        self._socket.send(json.dumps(message))

    def heard(self, message: Message) -> None:
        """Take what came off the wire: an answer, or an event."""
        if "id" in message:
            waiting = self._answers.pop(message["id"], None)
            if waiting is not None:
                waiting.put(message)
        else:
            self.event(message["method"], message.get("params", {}))

    @abstractmethod
    def event(self, method: str, params: Message) -> None:
        """Something happened in the page."""

    def note(self, arguments: list[Message]) -> None:
        """A line of the console; kept if it is a note."""
        if len(arguments) == 2 and arguments[0].get("value") == NOTED:
            self.notes.append(json.loads(arguments[1]["value"]))

    def lose(self) -> None:
        """Nobody will answer any more."""
        self._is_gone = True
        for waiting in list(self._answers.values()):
            waiting.put(None)

    def _listen(self) -> None:
        try:
            for text in self._socket:
                self.heard(json.loads(text))
        except (ConnectionClosed, OSError):
            pass
        finally:
            self.lose()


class ChromiumPage(Devtools):
    """A page of Chromium."""

    def __init__(self, address: str, load: str | None = None) -> None:
        """`load`: the page to load first, without which nobody answers in a tab whose renderer has died."""
        super().__init__(address)
        self._thread.start()
        if load is not None:
            self.call("Page.navigate", LOAD_S, url=load)
        for domain in ("Runtime", "Page", "Inspector"):
            self.call(f"{domain}.enable")

    def evaluate(self, expression: str, timeout: float = 20.0) -> Any:
        """See Devtools; what is returned must be JSON."""
        found = self.call(
            "Runtime.evaluate", timeout, expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in found:
            thrown = found["exceptionDetails"]
            raise Raised(str(thrown.get("exception", {}).get("description") or thrown.get("text")))
        return found["result"].get("value")

    def event(self, method: str, params: Message) -> None:
        """Notes, and the death of the renderer."""
        if method == "Runtime.consoleAPICalled":
            self.note(params["args"])
        if method == "Inspector.targetCrashed":
            # Whoever waits for that renderer waits in vain; the next one answers on the same socket.
            for waiting in list(self._answers.values()):
                waiting.put(None)


class WebKitPage(Devtools):
    """A page of WebKit: every message travels in another one that names the target, which changes with the process."""

    def __init__(self, address: str) -> None:
        """See Devtools."""
        super().__init__(address)
        self._target = ""
        self._has_target = threading.Event()
        self._thread.start()
        if not self._has_target.wait(10):
            raise Gone("no page")

    def send(self, message: Message) -> None:
        """Wrap a command for the page."""
        params = {"targetId": self._target, "message": json.dumps(message)}
        super().send({"id": -message["id"], "method": "Target.sendMessageToTarget", "params": params})

    def heard(self, message: Message) -> None:
        """Unwrap what the page says."""
        method, params = message.get("method"), message.get("params", {})
        if method == "Target.targetCreated" and not params["targetInfo"].get("isProvisional"):
            self._follow(params["targetInfo"]["targetId"])
        elif method == "Target.didCommitProvisionalTarget":
            self._follow(params["newTargetId"])
        elif method == "Target.dispatchMessageFromTarget":
            super().heard(json.loads(params["message"]))
        elif "error" in message and message.get("id", 0) < 0:
            super().heard({**message, "id": -message["id"]})

    def _follow(self, target: str) -> None:
        """From now on this is the page. Its console speaks only when asked to; nobody waits for these answers."""
        self._target = target
        for number, domain in enumerate(("Runtime", "Console")):
            self.send({"id": UNAWAITED + number, "method": f"{domain}.enable", "params": {}})
        self._has_target.set()

    def evaluate(self, expression: str, timeout: float = 20.0) -> Any:
        """See Devtools."""
        wrapped = f"(async () => JSON.stringify(await ({expression})))()"
        made = self.call("Runtime.evaluate", timeout, expression=wrapped)
        if made.get("wasThrown"):
            raise Raised(str(made["result"].get("description")))
        promise = made["result"]["objectId"]
        found = self.call("Runtime.awaitPromise", timeout, promiseObjectId=promise, returnByValue=True)
        if found.get("wasThrown"):
            raise Raised(str(found["result"].get("description") or found["result"]))
        value = found["result"].get("value")
        return None if value is None else json.loads(value)

    def do(self, expression: str) -> None:
        """See Devtools; one command, because the page may be another one when a second arrives."""
        self.call("Runtime.evaluate", expression=f"void ({expression})")

    def event(self, method: str, params: Message) -> None:
        """Notes."""
        if method == "Console.messageAdded":
            self.note(params["message"].get("parameters", []))
