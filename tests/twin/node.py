"""The browser's domain modules in a Node process that is kept open: the twin to compare with."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

RUNNER = Path(__file__).with_name("runner.mjs")
NODE = Path(sys.executable).with_name("node")


class Twin:
    """A running twin; `ask` is one question and its answer."""

    def __init__(self) -> None:
        """Start Node; it ends when its input does, even if this process dies."""
        self._process = subprocess.Popen(
            [NODE, "--disable-warning=ExperimentalWarning", RUNNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> "Twin":
        """Itself."""
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """End Node."""
        self._process.communicate(timeout=30)

    def ask(self, ask: str, **question: Any) -> Any:
        """The answer of `runner.mjs` to one question."""
        pipe = self._process
        assert pipe.stdin is not None
        assert pipe.stdout is not None
        pipe.stdin.write(json.dumps({"ask": ask, **question}) + "\n")
        pipe.stdin.flush()
        answer = pipe.stdout.readline()
        assert answer, "the twin has ended; its error stands above"
        return json.loads(answer)["answer"]
