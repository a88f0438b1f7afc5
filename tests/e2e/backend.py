"""A real server process that tests start, stop and start again on the same port and data."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from sqlalchemy import text

from app.database import Database
from tests.ports import free_port

READY_S = 90.0


@dataclass
class Backend:
    """`insats serve` over one data folder; `public` is the address that links carry."""

    data: Path
    database_url: str
    public: str
    port: int = field(default_factory=free_port)
    front: Path | None = None
    """Another build of the front end than the checkout's."""
    _process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where the process itself listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """What every `insats` command of this server runs under."""
        return (
            os.environ
            | ({"INSATS_TEST_FRONT": str(self.front)} if self.front else {})
            | {
                "INSATS_DATA": str(self.data),
                "INSATS_DATABASE_URL": self.database_url,
                "INSATS_PORT": str(self.port),
                "INSATS_PUBLIC_URL": self.public,
            }
        )

    def attempt(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one `insats` command to its end, whatever it says."""
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def command(self, *arguments: str) -> str:
        """Run one `insats` command that must succeed; what it printed."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def restore_newest_backup(self) -> None:
        """Lose the machine, and fill an empty store on a new one from the newest backup that was kept elsewhere."""
        kept = self.data.with_name("kept")
        shutil.move(self.data / "backups", kept)
        shutil.rmtree(self.data)
        self.data.mkdir()
        self._drop_store()
        newest = max(kept.glob("insats-*.ndjson.gz"))
        self.command("restore", str(newest))

    def _drop_store(self) -> None:
        if self.database_url.startswith("sqlite"):
            store = Path(self.database_url.removeprefix("sqlite:///"))
            for file in store.parent.glob(f"{store.name}*"):
                file.unlink()
            return
        db = Database(self.database_url)
        db.write_now(lambda conn: conn.execute(text("DROP SCHEMA public CASCADE")))
        db.write_now(lambda conn: conn.execute(text("CREATE SCHEMA public")))
        db.close()

    def link(self, user: str) -> str:
        """A one-time link for an account."""
        return next(line for line in self.command("link", user).splitlines() if "/#/enrol/" in line)

    def start(self) -> None:
        """Start and wait until it answers; nothing to do where it runs."""
        if self._process is not None:
            return
        served = ["tests.engines.serve"] if self.front else ["app", "serve"]
        self._process = subprocess.Popen([sys.executable, "-m", *served], env=self.environment())
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            assert self._process.poll() is None, "the server ended at once"
            try:
                if httpx.get(self.address + "/healthz", timeout=1).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise TimeoutError("the server did not become ready")

    def stop(self) -> None:
        """Stop the process that `start` made."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(15)
            self._process = None

    def kill(self) -> None:
        """End the process that `start` made, without a word: connections that are open do not hold it up."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(15)
            self._process = None

    def signal(self, number: int) -> None:
        """Send a signal to the process, such as SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(number)
