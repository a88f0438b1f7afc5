"""A PostgreSQL whose processes are killed and started again over the same data, with the settings it has by default."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests import postgres
from tests.kills.stage import die_with_parent
from tests.ports import free_port


@dataclass
class Cluster:
    """One data folder; `start` may be called again after `kill`."""

    programs: Path
    data: Path
    identity: postgres.Identity
    settings: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None
    _numbers: Iterator[int] = field(default_factory=count)

    def start(self) -> None:
        """Start and wait until it takes connections, after whatever recovery that takes."""
        wanted = (f"max_connections={postgres.MAX_CONNECTIONS}", "timezone=UTC", *self.settings)
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", *(f"--{s}" for s in wanted)]
        with self.data.with_name("log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *options],
                cwd="/",
                env=postgres.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **self.identity,
            )
        if not postgres.answers(self._process, self.port):
            raise postgres.PostgresDidNotStart(self.data.with_name("log").read_text()[-2000:])

    @property
    def is_running(self) -> bool:
        """Whether the postmaster lives."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """SIGKILL to the postmaster; its children notice and end by themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(postgres.STOP_SECONDS)
        self._wait_for_orphans()

    def kill_a_backend(self) -> bool:
        """SIGKILL to one process that serves a client: the postmaster then ends all and recovers. False: none there."""
        with suppress(psycopg.Error), postgres.connect(self.port) as conn:
            query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'store' AND pid <> pg_backend_pid()"
            pids = [row[0] for row in conn.execute(query)]
            if pids:
                os.kill(pids[int(time.monotonic() * 1e6) % len(pids)], signal.SIGKILL)
                return True
        return False

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(postgres.STOP_SECONDS)

    def new_database(self) -> str:
        """The address of an empty database of its own."""
        name = f"store_{next(self._numbers)}"
        with postgres.connect(self.port) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return self.url(name)

    def url(self, database: str) -> str:
        """The address of a database; its connections are known by their name."""
        return f"postgresql+psycopg://{postgres.USER}@127.0.0.1:{self.port}/{database}?application_name=store"

    def _wait_for_orphans(self) -> None:
        """A new postmaster refuses to start while a child of the old one holds the shared memory."""
        deadline = time.monotonic() + postgres.STOP_SECONDS
        while time.monotonic() < deadline and _uses(self.data):
            time.sleep(0.01)


def _uses(data: Path) -> bool:
    """Whether a process still has its working folder in `data`, as every one of PostgreSQL's has."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if (entry / "cwd").readlink() == data:
                    return True
    return False


@contextmanager
def cluster(parent: Path | None = None, settings: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """A running cluster below `parent` (else a temporary folder on a real disk), removed afterwards."""
    identity = postgres.unprivileged()
    with ExitStack() as stack:
        programs = (
            postgres.wheel_programs() if not identity else stack.enter_context(postgres.reachable_programs())
        )
        folder = parent or postgres.public_temporary()
        home = Path(stack.enter_context(postgres.temporary_folder(folder)))
        data = home / "data"
        data.mkdir(mode=0o700)
        if identity:
            os.chown(data, identity["user"], identity["group"])
        postgres.lay_out(programs, data, identity)
        made = Cluster(programs, data, identity, settings)
        stack.callback(made.stop)
        made.start()
        yield made
