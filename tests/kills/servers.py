"""The server under the knife: started warm or cold, killed by SIGKILL, its way back to ready measured."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.ports import free_port

READY_S = 300.0
"""When a start counts as failed: far beyond what is promised, since a busy machine is no failure of the server."""
CHECKOUT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """The caller's, with compiled modules kept: an installed server has them too."""
    cache = str(CHECKOUT / ".cache" / "pycache")
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}


class Stage:
    """The warm interpreter of `tests.kills.stage`; ends, and its servers with it, when this process does."""

    def __init__(self) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.kills.stage"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def __enter__(self) -> "Stage":
        """Itself."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """End it."""
        self._process.communicate(timeout=READY_S)

    def start(self, variables: dict[str, str]) -> int:
        """Fork a server; its process id."""
        return int(self._ask({"do": "start", "environment": variables}))

    def wait(self, pid: int) -> int:
        """Wait until a server has ended; its status as `os.waitpid` tells it."""
        return int(self._ask({"do": "wait", "pid": pid}))

    def ended(self, pid: int, or_else: Callable[[], bool]) -> int | None:
        """Wait until a server has ended (its status) or something else is the case (None)."""
        while True:
            status = self._ask({"do": "look", "pid": pid})
            if status is not None:
                return int(status)
            if or_else():
                return None

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, "the stage has ended; its error stands above"
        return json.loads(answer)


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor so far; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@dataclass
class Mortal:
    """One server over one store, again and again.

    `ready_s` and `cold_s` are the seconds of each way to ready, `cpu_s` what a cold one took of the processor.
    """

    stage: Stage
    data: Path
    url: str
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    ready_s: list[float] = field(default_factory=list)
    cold_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    _pid: int | None = None
    _cold: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, cold: bool = False) -> float:
        """Start and wait until it answers; the seconds it took. `cold` begins with a new interpreter."""
        assert not self.is_running
        began = time.monotonic()
        variables = self.variables()
        if cold:
            command = [sys.executable, "-m", "app", "serve"]
            with (self.data / "server.log").open("ab") as log:
                self._cold = subprocess.Popen(command, env=environment() | variables, stderr=log)
        else:
            self._pid = self.stage.start(variables)
        self._wait_until_ready()
        seconds = time.monotonic() - began
        (self.cold_s if cold else self.ready_s).append(seconds)
        if self._cold is not None:
            self.cpu_s.append(cpu_seconds(self._cold.pid))
        return seconds

    def variables(self) -> dict[str, str]:
        """The settings it runs with."""
        return {
            "INSATS_DATA": str(self.data),
            "INSATS_DATABASE_URL": self.url,
            "INSATS_PORT": str(self.port),
            **self.more,
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while not self._is_ready():
            assert time.monotonic() < deadline, "the server did not become ready"
            time.sleep(0.01)

    def _is_ready(self) -> bool:
        line = HTTPConnection("127.0.0.1", self.port, timeout=READY_S)
        try:
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            line.close()

    def start_to_die(self, point: int) -> bool:
        """Start a server that kills itself at the nth storage call; False: it made fewer and is ready."""
        assert not self.is_running
        self._pid = self.stage.start(self.variables() | {"DIE_AT": str(point)})
        status = self.stage.ended(self._pid, self._is_ready)
        if status is not None:
            self._pid = None
            assert os.WTERMSIG(status) == signal.SIGKILL, f"the server ended by itself: {status}"
        return status is not None

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        pid = self._cold.pid if self._cold is not None else self._pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        self.wait_until_dead()

    def wait_until_dead(self) -> int:
        """Wait for its end, which must be a SIGKILL."""
        if self._cold is not None:
            status = -self._cold.wait(READY_S)
        else:
            assert self._pid is not None
            status = os.WTERMSIG(self.stage.wait(self._pid))
        self._pid = self._cold = None
        assert status == signal.SIGKILL, f"the server ended by itself: {status}"
        return status

    @property
    def is_running(self) -> bool:
        """Whether it was started and nobody has waited for its end."""
        return self._pid is not None or self._cold is not None
