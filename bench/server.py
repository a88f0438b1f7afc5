"""A real server process on a migrated store, and tablets enrolled at it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Connection, create_engine, text

from app.auth.accounts import add_user, grant
from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database, migrate
from app.operations.staff import prepare
from app.sync.identity import server_key
from app.sync.store import lock_streams
from bench.shapes import Tablet

READY_S = 120.0


@dataclass(frozen=True)
class Server:
    """Where it listens and what it stores in."""

    port: int
    url: str
    pid: int = 0

    def cpu_seconds(self) -> float:
        """What the server's process has used of the processor so far; 0 where the system does not tell."""
        return _cpu_seconds([self.pid])

    def store_cpu_seconds(self) -> float:
        """The same for the processes of PostgreSQL; SQLite works inside the server."""
        if self.url.startswith("sqlite"):
            return 0.0
        engine = create_engine(self.url)
        with engine.connect() as conn:
            pids = conn.execute(
                text("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
            ).scalars()
            used = _cpu_seconds(list(pids))
        engine.dispose()
        return used

    def peak_bytes(self) -> int:
        """The largest resident size that the process has had; 0 where the system does not tell."""
        status = Path(f"/proc/{self.pid}/status")
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
        return int(found[1]) << 10 if found else 0

    @property
    def address(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"


def _cpu_seconds(pids: Iterable[int]) -> float:
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def make_store(url: str, data: Path, streams: list[str], users: list[str]) -> list[str]:
    """Migrate a store and let people into streams; a one-time code for each of them."""

    def work(conn: Connection) -> list[str]:
        lock_streams(conn, sorted(streams))
        for user in users:
            add_user(conn, user, user, "KOM_ALK", "INSP")
            for stream in streams:
                grant(conn, stream, user, "writer", now_ms())
        return [mint_code(conn, user, now_ms(), 600_000) for user in users]

    migrate(url)
    db = Database(url)
    prepare(db, server_key(data), now_ms())
    made = db.write_now(work)
    db.close()
    return made


@contextmanager
def running(url: str, data: Path) -> Iterator[Server]:
    """One uvicorn process with one worker, as in production."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"INSATS_DATA": str(data), "INSATS_DATABASE_URL": url, "INSATS_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "app", "serve"], env=os.environ | settings)
    server = Server(port, url, process.pid)
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{server.address}/healthz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("the server did not start")


def enrol(server: Server, code: str, tablet: Tablet) -> str:
    """Redeem a code and register the tablet's key; its bearer token."""
    with httpx.Client(base_url=f"{server.address}/api/v1") as http:
        device = {"id": f"bench-{server.port}-{tablet.point[:16]}", "label": "Bench"}
        token: str = (
            http.post("/enrol", json={"code": code, "device": device}).raise_for_status().json()["token"]
        )
        bearer = {"Authorization": f"Bearer {token}"}
        http.post("/actors", json={"key": tablet.point}, headers=bearer).raise_for_status()
    return token
