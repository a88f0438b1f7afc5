"""The processes of a browser that a test started, and the end of some of them."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

GONE_S = 10.0


def log_of(profile: Path) -> Path:
    """What a browser with this profile complains of: why it gave up a store stands nowhere else."""
    return profile.with_name(f"{profile.name}.log")


def family(root: int) -> list[int]:
    """A process and all that descend from it, whatever groups they have made."""
    children: dict[int, list[int]] = {}
    for pid in _pids():
        children.setdefault(_parent(pid), []).append(pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def command(pid: int) -> str:
    """How a process was started; empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def kill(pids: list[int]) -> None:
    """SIGKILL, and wait until none of them runs any more."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(_runs(pid) for pid in pids), GONE_S, "killed processes run on")


def kill_all(root: int) -> None:
    """SIGKILL of a process that leads a group of its own, of that group, and of whoever has left it."""
    members = family(root)
    with suppress(ProcessLookupError):
        os.killpg(root, signal.SIGKILL)  # one that was being born is in no list yet
    kill(members)


def wait_until(holds: Callable[[], object], seconds: float, complaint: str) -> None:
    """Until `holds` is true, or TimeoutError."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(complaint)
        time.sleep(0.02)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str]:
    """State, parent and so on; empty for a process that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int:
    return int((_stat(pid) or ["", "0"])[1])


def _runs(pid: int) -> bool:
    """Zombies do not run: their parent has not asked for them yet."""
    return (_stat(pid) or ["Z"])[0] != "Z"
