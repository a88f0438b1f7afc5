"""The real server in a process of its own, told by the driver what happens to it: `python -m tests.simulation.server`.

Reads commands from the file descriptor INSATS_SIM_IN and answers on INSATS_SIM_OUT: each a length, JSON, a length and bytes.
One command is one step: when its answer is written, nothing in this process moves until the next one.
"""

import asyncio
import gc
import logging
import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import orjson
from fastapi import FastAPI
from sqlalchemy import Connection, update

import app.main
from app.auth import tables as auth
from app.auth.accounts import grant, revoke
from app.auth.presence import Presence
from app.auth.service import mint_code
from app.auth.sessions import Sessions
from app.database import migrate, table
from app.operations.readmodels import refresh
from app.operations.recovery.check import check
from app.operations.recovery.restore import restore
from app.photos.arrivals import Arrivals
from app.settings import Settings
from app.sync import pull
from app.sync.backup import BackupBroken, back_up
from app.sync.service import Sync
from app.sync.tables import ServerFact
from tests.simulation import audit, template
from tests.simulation.asgi import Call
from tests.simulation.loop import Crash, SimDatabase, chance, clock, loop, settle, take_over
from tests.simulation.store import Store

WORKERS = 3
CODE_MS = 3_600_000
POLL_S = 2.0
"""Seldomer than in life: time leaps here, and a worker that looks at each leap does little else."""
_fact = table(ServerFact)


class Server:
    """Up to three workers over one store."""

    def __init__(self, home: Path) -> None:
        """Furnish the template and make the applications; a seed only replaces files and forgets memory."""
        take_over()
        chance.seed(0)
        clock.now = template.START
        self.data = home / "data"
        self.key = template.write_key(self.data)
        template.trim()
        migrate(f"sqlite:///{home / 'empty.db'}")
        template.furnish(f"sqlite:///{home / 'template.db'}", self.key)
        self.settings = Settings(data=self.data)
        self.store = Store(self.data, home / "template.db", home / "empty.db")
        loop.on_file_job = self.store.on_file_job
        setattr(app.main, "Database", SimDatabase)  # noqa: B010 - handed in, not a name that main offers
        self.apps = [app.main.create_app(self.settings) for _ in range(WORKERS)]
        for each in self.apps:
            self.store.watch(each.state.db)
        self.open: dict[int, Call] = {}
        self.jobs: list[asyncio.Task[None]] = []
        self.workers = WORKERS
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # a seed makes little rubbish in circles

    @property
    def db(self) -> SimDatabase:
        """The first worker's."""
        return self.apps[0].state.db  # type: ignore[no-any-return]

    def begin(self, command: dict[str, Any]) -> dict[str, Any]:
        """A new evening."""
        chance.seed(f"{command['seed']} {command.get('crew')}")
        self._stop()
        self.workers = command["workers"]
        self.store.arm(None)
        self.store.fresh(command.get("crew"))
        self._start()
        return {}

    def keep(self, command: dict[str, Any]) -> dict[str, Any]:
        """Later evenings may begin as this one stands now."""
        self.store.keep(command["crew"])
        return {}

    def _stop(self) -> None:
        """The processes end: what they had in memory is gone."""
        for task in [*self.jobs, *(call.task for call in self.open.values())]:
            task.cancel()
        for db in SimDatabase.opened:
            db.let_go()
        settle()
        self.open.clear()
        self.jobs.clear()

    def _start(self) -> None:
        for each in self.apps[: self.workers]:
            db, settings = each.state.db, self.settings
            each.state.sync = Sync(db, self.key, self.data, settings.limits, [refresh])
            each.state.presence = Presence(db, each.state.sync.live.tell_of_tablets)
            each.state.sessions, each.state.arrivals = Sessions(db), Arrivals(db)
            self.jobs.append(loop.create_task(_watch(each)))
        settle()

    def restart(self, command: dict[str, Any]) -> dict[str, Any]:
        """Every worker ends and begins again; with `power`, the machine did."""
        if command.get("power"):
            self.store.power_cut()
        self._stop()
        self._start()
        return {}

    def request(self, command: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """One request, to its end or (pokes) to its first bytes. `crashed`: there was no answer and all workers restarted."""
        self.store.arm(command.get("fault"))
        worker = self.apps[command["worker"] % WORKERS]
        question = (command["method"], command["target"], command["headers"], body)
        call = Call(worker, *question, breaks_off=command.get("cut", False))
        try:
            settle()
            crashed = call.crashed()
        except Crash:
            crashed = True
        fired = self.store.fired
        self.store.arm(None)
        if crashed:
            call.task.cancel()
            self.restart({})
            return {"crashed": True, "fired": fired}, b""
        if not call.is_done and call.status == 200:
            self.open[command["id"]] = call
        elif not call.is_done:
            raise RuntimeError(f"no answer: {command}") from _error_of(call)
        return {
            "status": call.status,
            "headers": call.headers,
            "fired": fired,
            "open": not call.is_done,
        }, call.taken()

    def close(self, command: dict[str, Any]) -> dict[str, Any]:
        """The reader of a stream of pokes has gone."""
        call = self.open.pop(command["id"], None)
        if call is not None:
            call.task.cancel()
            settle()
        return {}

    def pokes(self) -> list[list[Any]]:
        """What open streams have sent since the last command."""
        found = []
        for id_, call in list(self.open.items()):
            data = call.taken()
            if data:
                found.append([id_, data.decode()])
            if call.task.done():
                del self.open[id_]
                found.append([id_, None])
        return found

    def tick(self, _: dict[str, Any]) -> dict[str, Any]:
        """Time has passed."""
        settle()
        return {}

    def code(self, command: dict[str, Any]) -> dict[str, Any]:
        """A one-time code for an account."""
        return {"code": self._write(lambda conn: mint_code(conn, command["user"], clock.now, CODE_MS))}

    def member(self, command: dict[str, Any]) -> dict[str, Any]:
        """`role` in a stream, or none any more."""
        user, stream, role = command["user"], command["stream"], command["role"]
        if role:
            self._write(lambda conn: grant(conn, stream, user, role, clock.now))
        else:
            self._write(lambda conn: revoke(conn, stream, user, clock.now))
        return {}

    def actor(self, command: dict[str, Any]) -> dict[str, Any]:
        """Another status of an actor."""
        c = auth.actor.c
        change = update(auth.actor).where(c.id == command["actor"]).values(status=command["status"])
        self._write(lambda conn: conn.execute(change))
        return {}

    def sign_out(self, command: dict[str, Any]) -> dict[str, Any]:
        """Every session of an account ends."""
        c = auth.session.c
        self._write(lambda conn: conn.execute(auth.session.delete().where(c.user == command["user"])))
        return {}

    def backup(self, command: dict[str, Any]) -> dict[str, Any]:
        """The server's own backup job; `name` is what the copy before it is called."""
        self.store.copy(command["name"])
        try:
            done = back_up(self.db, self.data, self.data / "backups", clock.now)
        except BackupBroken as error:
            return {"error": f"I12 the backup could not be verified: {error}"}
        return {"rows": done.rows}

    def copy(self, command: dict[str, Any]) -> dict[str, Any]:
        """Put the store aside."""
        self.store.copy(command["name"])
        return {}

    def rollback(self, command: dict[str, Any]) -> dict[str, Any]:
        """An older store in place of this one, without a word: a machine that was put back, a disk that lied."""
        self._stop()
        self.store.restore(command["name"], photos=command["photos"])
        self._start()
        return {}

    def restore(self, _: dict[str, Any]) -> dict[str, Any]:
        """What `insats restore` does: the newest backup into an empty store, on another machine."""
        self._stop()
        self.store.blank()
        newest = max((self.data / "backups").glob("insats-*.ndjson.gz"))
        restored = restore(self.db, self.data, newest, clock.now)
        self._start()
        return {"faults": restored.faults}

    def audit(self, command: dict[str, Any]) -> dict[str, Any]:
        """What does not hold in the store; and all of it, for the driver's own books. `whole`: `insats check` too."""
        checked = check(self.db, self.data).faults if command.get("whole") else []
        return self.db.read_now(
            lambda conn: {
                "faults": [
                    *audit.faults(conn, self.data),
                    *(f"I10 insats check: {line}" for line in checked),
                ],
                "commits": audit.commits(conn),
                "entries": audit.entries(conn),
                "streams": audit.streams(conn),
                "cells": audit.cells(conn),
                "held": audit.held(conn),
                "stable": audit.stable(conn),
                "epoch": conn.execute(_fact.select().where(_fact.c.name == "epoch")).one().value,
            }
        )

    def look(self, _: dict[str, Any]) -> dict[str, Any]:
        """Where the streams stand, and what was held."""
        return self.db.read_now(lambda conn: {"streams": audit.streams(conn), "held": audit.held(conn)})

    def _write(self, work: Callable[[Connection], Any]) -> Any:
        try:
            return self.db.write_now(work)
        finally:
            settle()


async def _watch(worker: FastAPI) -> None:
    db: SimDatabase = worker.state.db
    await worker.state.sync.live.watch(lambda: db.read(pull.heads_of), POLL_S)


def _error_of(call: Call) -> BaseException | None:
    return call.task.exception() if call.task.done() else None


def serve(server: Server, inp: BinaryIO, out: BinaryIO) -> None:
    """Commands until there are none."""
    while True:
        frame = _read(inp)
        if frame is None:
            return
        command, body = orjson.loads(frame), _read(inp) or b""
        clock.now = command.get("now", clock.now)
        if command["do"] == "request":
            answer, data = server.request(command, body)
        else:
            answer, data = getattr(server, command["do"])(command), b""
        head = orjson.dumps({**answer, "pokes": server.pokes()})
        out.write(struct.pack(">I", len(head)) + head + struct.pack(">I", len(data)) + data)
        out.flush()


def _read(inp: BinaryIO) -> bytes | None:
    size = inp.read(4)
    if len(size) < 4:
        return None
    return inp.read(struct.unpack(">I", size)[0])


def main() -> None:
    """Serve one driver; everything lies in memory where there is such a file system."""
    logging.disable(logging.CRITICAL)
    memory = Path("/dev/shm")
    where = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="insats-sim-", dir=where) as home:
        server = Server(Path(home))
        ends = int(os.environ["INSATS_SIM_IN"]), int(os.environ["INSATS_SIM_OUT"])
        with os.fdopen(ends[0], "rb") as inp, os.fdopen(ends[1], "wb") as out:
            serve(server, inp, out)


if __name__ == "__main__":
    main()
