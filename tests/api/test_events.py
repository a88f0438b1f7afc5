"""Pokes over a real connection: within a second, and only about what the listener may read."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.auth.accounts import grant, revoke
from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database
from tests.api.evening import API, REF, Tablet, enrol, furnish
from tests.e2e.backend import Backend
from tests.sync.world import ALCOHOL, POLICE, SHARED, VISIT

SOON_S = 1.0
QUIET_S = 1.5
"""How long nothing must come for nothing to have been sent."""


@dataclass
class Town:
    """Server processes on one store."""

    servers: list[Backend]
    db: Database
    stack: ExitStack

    def tablet(self, user: str, server: int = 0) -> Tablet:
        """A tablet at one of the servers."""
        client = self.stack.enter_context(httpx.Client(base_url=self.servers[server].address, timeout=30))
        return enrol(client, self.db.write_now(lambda conn: mint_code(conn, user, now_ms(), 600_000)), user)


@contextmanager
def town(url: str, data: Path, count: int) -> Iterator[Town]:
    with ExitStack() as stack:
        servers = [Backend(data, url, "") for _ in range(count)]
        for server in servers:
            server.start()
            stack.callback(server.stop)
        db = Database(url)
        stack.callback(db.close)
        furnish(db, data)
        yield Town(servers, db, stack)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One server on SQLite, two on PostgreSQL."""
    folder = tmp_path_factory.mktemp("events")
    if request.param == "sqlite":
        with town(f"sqlite:///{folder / 'store.db'}", folder, 1) as made:
            yield made
        return
    server = request.getfixturevalue("postgres")
    with town(
        server.url(server.create_database(request.getfixturevalue("migrated_database"))), folder, 2
    ) as made:
        yield made


@dataclass
class Ear:
    """An open `GET /events`: what it heard and when."""

    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    first: str = ""

    def wait(self, stream: str, since: float) -> float:
        """Seconds until the first poke about a stream after an instant."""
        deadline = since + 5 * SOON_S
        while time.monotonic() < deadline:
            for at, poke in list(self.heard):
                if poke["stream"] == stream and at >= since:
                    return at - since
            time.sleep(0.005)
        raise AssertionError(f"no poke about {stream}: {self.heard}")

    def streams(self, since: float) -> set[str]:
        """What was heard of after an instant and a while, but for what everybody here reads."""
        time.sleep(QUIET_S)
        return {poke["stream"] for at, poke in self.heard if at >= since} - {SHARED, REF}


@contextmanager
def listening(tablet: Tablet) -> Iterator[Ear]:
    ear, ready = Ear(), threading.Event()
    headers = {"Authorization": f"Bearer {tablet.token}"}
    connections: list[socket.socket] = []

    def listen() -> None:
        with (
            suppress(httpx.TransportError),
            httpx.stream(
                "GET", f"{tablet.client.base_url}{API}/events", headers=headers, timeout=30
            ) as answer,
        ):
            connections.append(answer.extensions["network_stream"].get_extra_info("socket"))
            ear.headers = answer.headers
            for line in answer.iter_lines():
                ear.first = ear.first or line
                ready.set()
                if line.startswith("data: "):
                    ear.heard.append((time.monotonic(), json.loads(line.removeprefix("data: "))))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        assert ready.wait(10)
        yield ear
    finally:
        for connection in connections:
            connection.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def write(tablet: Tablet, stream: str, entity: str, cell: str, value: Any) -> float:
    """One change, pushed; when its answer had come."""
    answer = tablet.push(tablet.person.seal(stream, tablet.person.change(entity, cell, value)))
    assert answer.json()["results"][0]["changes"] == {}
    return time.monotonic()


def test_a_listener_is_poked_within_a_second_with_the_new_head(here: Town) -> None:
    alva, bo = here.tablet("alva"), here.tablet("bo", len(here.servers) - 1)
    with listening(bo) as ear:
        assert ear.headers["content-type"].startswith("text/event-stream")
        assert ear.headers["cache-control"] == "no-store"
        assert ear.first.startswith(":")
        for turn in range(5):
            sent = time.monotonic()
            write(alva, SHARED, VISIT, "persons", turn)
            assert ear.wait(SHARED, sent) < SOON_S
        head = alva.get("/hello").json()["streams"][SHARED]["head"]
        pokes = [poke for _, poke in ear.heard if poke["stream"] == SHARED]
        assert pokes[-1] == {"stream": SHARED, "head": head}


def test_nobody_is_poked_about_a_stream_of_others(here: Town) -> None:
    alva, cia = here.tablet("alva"), here.tablet("cia", len(here.servers) - 1)
    with listening(cia) as ear, listening(alva) as mine:
        start = time.monotonic()
        write(alva, POLICE, "note_1", "text", "hemligt")
        assert mine.wait(POLICE, start) < SOON_S
        assert ear.streams(start) == set()
        write(cia, ALCOHOL, "note_1", "text", "hej")
        assert ear.wait(ALCOHOL, start) >= 0
        assert mine.streams(start) == {POLICE}


def test_a_listener_who_lost_or_gained_a_stream_hears_accordingly(here: Town) -> None:
    alva, bo = here.tablet("alva"), here.tablet("bo")
    with listening(bo) as ear:
        here.db.write_now(lambda conn: revoke(conn, POLICE, "bo", now_ms()))
        start = time.monotonic()
        write(alva, POLICE, "note_2", "text", "hemligt")
        assert ear.streams(start) == set()
        here.db.write_now(lambda conn: grant(conn, POLICE, "bo", "writer", now_ms()))
        again = time.monotonic()
        write(alva, POLICE, "note_2", "text", "hemligt igen")
        assert ear.wait(POLICE, again) < SOON_S


def test_the_board_is_poked_when_a_tablet_was_heard_of_and_a_tablet_is_not(here: Town) -> None:
    alva, dan = here.tablet("alva"), here.tablet("dan")
    with listening(dan) as board, listening(alva) as ear:
        start = time.monotonic()
        alva.get("/hello", headers={"Insats-Pending": "changes=3;blobs=0"})
        assert board.wait("devices", start) < SOON_S
        assert ear.streams(start) == set()


def test_a_held_change_moves_no_stream_and_pokes_nobody(here: Town) -> None:
    alva, cia = here.tablet("alva"), here.tablet("cia")
    with listening(alva) as ear:
        start = time.monotonic()
        write(alva, POLICE, "note_3", "text", "rätt ström")
        ear.wait(POLICE, start)  # who has just begun to listen is told once of what was there before
        start = time.monotonic()
        cia.push(cia.person.seal(POLICE, cia.person.change("note_3", "text", "fel ström")))
        assert ear.streams(start) == set()
