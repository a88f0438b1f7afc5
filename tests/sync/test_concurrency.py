"""Many writers at once: invariants I2 (exactly once), I3 (density) and I7 (atomicity) while everything moves."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, func, select, text

from app.auth.service import ActorRow, mint_code
from app.auth.service import Person as PersonRow
from app.clock import now_ms
from app.database import Database, table
from app.domain.commit import Envelope
from app.operations import readmodels
from app.operations.staff import prepare, publish_actor
from app.reports.figures import figures_of
from app.sync.identity import server_key
from app.sync.pages import Pages, plain
from app.sync.pull import stream_digest, stream_states
from app.sync.rebuild import differences
from app.sync.tables import Commit
from tests.api.evening import REF, Tablet, enrol, furnish
from tests.e2e.backend import Backend
from tests.sync.replica import Replica
from tests.sync.world import POLICE, SHARED, VISIT, Person, World

SECONDS = 30.0
WRITERS = 8
PAUSE_S = 0.12
"""Between the requests of one writer: the machine has others to serve."""
STREAMS = (SHARED, POLICE)
PAGE_BYTES = 50_000

Push = Callable[[Sequence[Envelope]], list[dict[str, Any]]]


@dataclass
class Writer:
    """Somebody who counts, answers and takes notes as fast as the pause allows, and repeats some requests."""

    person: Person
    push: Push
    chance: Random
    taps: int = 0
    shown: str = ""
    sent: dict[str, str] = field(default_factory=dict)

    def work(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while not stop.wait(PAUSE_S * self.chance.random() * 2):
            request = [self._commit(s) for s in self.chance.sample(STREAMS, self.chance.randint(1, 2))]
            first = self.push(request)
            self.sent |= {e.hash: e.stream for e in request}
            assert [(r["hash"], r["changes"], r["forked"]) for r in first] == [
                (e.hash, {}, False) for e in request
            ]
            if self.chance.random() < 0.2:
                assert self.push(request) == first

    def _commit(self, stream: str) -> Envelope:
        person = self.person
        if stream == POLICE:
            return person.seal(
                stream, person.change(f"note_{now_ms()}.{person.id[:9]}", "text", "hej", at=now_ms())
            )
        self.taps += 1
        entry = {"visit": VISIT, "of": "seizure", "code": "SPELAUTOMAT", "qty": self.taps, "unit": "ST"}
        seen = [self.shown] if self.shown else []
        tap = person.change(f"tally_{person.id}", "entry", entry, *seen, at=now_ms())
        self.shown = tap.id
        return person.seal(
            stream, tap, person.change(VISIT, "persons", self.chance.randint(0, 99), at=now_ms())
        )


@contextmanager
def server_processes(url: str, data: Path, count: int) -> Iterator[list[Backend]]:
    """Processes on one database, as behind a load balancer."""
    with ExitStack() as stack:
        servers = [Backend(data, url, "") for _ in range(count)]
        for server in servers:
            server.start()
            stack.callback(server.stop)
        yield servers


def http_tablets(
    world: World, servers: Sequence[Backend], stack: ExitStack, users: Sequence[str]
) -> list[Tablet]:
    """One tablet a user, at the servers in turn."""
    tablets = []
    for number, user in enumerate(users):
        client = stack.enter_context(
            httpx.Client(base_url=servers[number % len(servers)].address, timeout=30)
        )
        code = world.db.write_now(partial(mint_code, user=user, now=now_ms(), ttl=600_000))
        tablets.append(enrol(client, code, user))
    return tablets


def over_http(tablet: Tablet) -> Push:
    def push(request: Sequence[Envelope]) -> list[dict[str, Any]]:
        told = tablet.push(*request).json()
        assert told["errors"] == []
        results: list[dict[str, Any]] = told["results"]
        return results

    return push


def in_process(world: World) -> Push:
    def push(request: Sequence[Envelope]) -> list[dict[str, Any]]:
        pushed = world.push(*request, now=now_ms())
        assert pushed.faults == []
        return pushed.results

    return push


def read_store(db: Database, replica: Replica) -> None:
    """One page of each stream by the functions behind `GET /changes`."""

    def look(conn: Connection) -> list[bytes]:
        states = stream_states(conn, STREAMS)
        return [plain([Pages().page(conn, states[s], replica.stream(s).cursor, PAGE_BYTES)]) for s in STREAMS]

    for told in db.read_now(look):
        replica.apply(told)


def read_http(tablet: Tablet) -> None:
    """One request for all streams."""
    answer = tablet.get("/changes", params={"after": tablet.replica.after(STREAMS)})
    assert answer.status_code == 200, answer.text
    tablet.replica.apply(answer.content)


def until(stop: threading.Event, step: Callable[[], None]) -> None:
    while not stop.wait(0.05):
        step()


def test_eight_writers_and_polling_readers_for_thirty_seconds(postgresql_url: str, tmp_path: Path) -> None:
    """Half of them through two server processes, the others beside them on the same database."""
    crowd(postgresql_url, tmp_path, servers=2, tablets=["alva", "bo"] * 2, seconds=SECONDS)


def test_eight_tablets_at_the_one_server_of_an_sqlite_store(sqlite_url: str, tmp_path: Path) -> None:
    crowd(sqlite_url, tmp_path, servers=1, tablets=["alva", "bo"] * 4, seconds=SECONDS / 5)


def crowd(url: str, data: Path, *, servers: int, tablets: Sequence[str], seconds: float) -> None:
    """Eight writers and some readers for so many seconds; then nothing is missing, doubled or different anywhere."""
    with ExitStack() as stack:
        running = stack.enter_context(server_processes(url, data, servers))
        world = World(url)
        stack.callback(world.db.close)
        furnish(world.db, data)
        hands = [(t.person, over_http(t)) for t in http_tablets(world, running, stack, tablets)]
        beside = [world.enrol(f"w{n}", "POL", "INSP", SHARED, POLICE) for n in range(WRITERS - len(tablets))]
        hands += [(person, in_process(world)) for person in beside]
        writers = [Writer(person, push, Random(n)) for n, (person, push) in enumerate(hands)]
        readers = http_tablets(world, running, stack, ["alva", "bo"])
        mine = Replica()
        _play(
            writers, [partial(read_store, world.db, mine), *(partial(read_http, t) for t in readers)], seconds
        )
        assert min(len(w.sent) for w in writers) > seconds / 3, "a test of nothing"
        for replica in (mine, *(t.replica for t in readers)):
            _bring_up_to_date(world, replica)
            _insist_that_nothing_is_missing(world, replica, writers)
        sums = world.db.read_now(lambda conn: figures_of(conn, SHARED))
        assert sums.seizures == {"SPELAUTOMAT": {"ST": sum(w.taps for w in writers)}}
        assert world.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
        assert _forks(world.db) == 0


def _play(writers: Sequence[Writer], steps: Sequence[Callable[[], None]], seconds: float) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(len(writers) + len(steps)) as pool:
        jobs = [pool.submit(w.work, stop) for w in writers] + [
            pool.submit(until, stop, step) for step in steps
        ]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not any(job.done() for job in jobs):
            time.sleep(0.1)
        stop.set()
    for job in jobs:
        job.result()


def _bring_up_to_date(world: World, replica: Replica) -> None:
    heads = world.db.read_now(lambda conn: stream_states(conn, STREAMS))
    while any(replica.stream(s).cursor < heads[s].head for s in STREAMS):
        read_store(world.db, replica)


def _insist_that_nothing_is_missing(world: World, replica: Replica, writers: Sequence[Writer]) -> None:
    for name in STREAMS:
        stream = replica.stream(name)
        theirs = [h for w in writers for h, s in w.sent.items() if s == name]
        assert len(stream.commits) == len(set(stream.commits)) == stream.cursor
        assert set(theirs) <= set(stream.commits)
        told = world.db.read_now(partial(stream_digest, name=name))
        assert told == {"stream": name, "seq": stream.cursor, "digest": stream.digest()}
    shared = [h for w in writers for h, s in w.sent.items() if s == POLICE]
    assert set(replica.stream(POLICE).commits) == set(shared)


def _forks(db: Database) -> int:
    forked = select(func.count()).where(table(Commit).c.forked)
    count: int = db.read_now(lambda conn: conn.execute(forked).scalar_one())
    return count


def test_new_streams_named_in_any_order_do_not_deadlock(postgresql_url: str) -> None:
    """The first pushes into streams that have no row yet, by several at once."""
    world = World(postgresql_url)
    people = [world.enrol(f"p{n}", "POL", "INSP") for n in range(4)]
    together = threading.Barrier(len(people))

    def work(number: int) -> None:
        chance = Random(number)
        for turn in range(25):
            names = [f"op/01639815-0000-7000-8000-{turn:012x}/{a}" for a in ("POL", "SKV", "RTJ", "KOM_ALK")]
            person = people[number]
            commits = [person.seal(s, person.change("note_1", "text", "x")) for s in chance.sample(names, 3)]
            together.wait(30)
            assert world.push(*commits).faults == []

    with ThreadPoolExecutor(len(people)) as pool:
        for job in [pool.submit(work, n) for n in range(len(people))]:
            job.result()
    world.db.close()


def test_commits_that_several_carriers_bring_at_once_are_taken_once(postgresql_url: str) -> None:
    world, carriers = World(postgresql_url), 4
    together = threading.Barrier(carriers)
    notes = [world.alva.change(f"note_{n}", "text", "x") for n in range(40)]
    commits = [world.alva.seal(POLICE, note) for note in notes]

    def carry(_: int) -> list[list[dict[str, Any]]]:
        results = []
        for start in range(0, len(commits), 4):
            together.wait(30)
            results.append(world.push(*commits[start : start + 4]).results)
        return results

    with ThreadPoolExecutor(carriers) as pool:
        told = list(pool.map(carry, range(carriers)))
    assert told == [told[0]] * carriers
    assert [r["seq"] for request in told[0] for r in request] == list(range(1, len(commits) + 1))
    assert len(world.in_custody()) == len(commits)
    world.db.close()


def test_of_two_jobs_that_deadlock_one_waits_and_both_are_done(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    db.write_now(lambda conn: conn.execute(text("INSERT INTO server_fact VALUES ('a', ''), ('b', '')")))
    meet = threading.Barrier(2)

    def job(first: str, then: str) -> Callable[[Connection], None]:
        runs = iter([True])

        def append(conn: Connection) -> None:
            for name in (first, then):
                conn.execute(
                    text("UPDATE server_fact SET value = value || 'x' WHERE name = :name"), {"name": name}
                )
                if name == first and next(runs, False):
                    meet.wait(10)

        return append

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(db.write_now, job(*order)) for order in (("a", "b"), ("b", "a"))]:
            done.result()
    values = db.read_now(lambda conn: conn.execute(text("SELECT value FROM server_fact")).scalars().all())
    assert list(values) == ["xx", "xx"]
    db.close()


def test_another_failure_of_the_store_is_not_tried_again(postgresql_url: str) -> None:
    db, runs = Database(postgresql_url), []

    def fail(conn: Connection) -> None:
        runs.append(1)
        conn.execute(text("SELECT 1 / 0"))

    with pytest.raises(Exception, match="division by zero"):
        db.write_now(fail)
    assert len(runs) == 1
    db.close()


def test_workers_that_start_at_once_write_the_code_lists_once(postgresql_url: str, tmp_path: Path) -> None:
    workers = [Database(postgresql_url) for _ in range(3)]
    key = server_key(tmp_path)
    with ThreadPoolExecutor(len(workers)) as pool:
        for done in [pool.submit(prepare, db, key, now_ms()) for db in workers]:
            done.result()
    world = World(postgresql_url)
    assert {len(heads) for cells in world.cells(REF).values() for heads in cells.values()} == {1}
    assert _forks(world.db) == 0
    for db in (world.db, *workers):
        db.close()


def test_tablets_that_register_at_once_do_not_fork_the_servers_chain(
    postgresql_url: str, tmp_path: Path
) -> None:
    world, key = World(postgresql_url), server_key(tmp_path)
    furnish(world.db, tmp_path)
    rows = [
        ActorRow(f"a_{n:032x}", "", PersonRow("alva", "Alva", "POL", "INSP"), "t", "T", "active")
        for n in range(12)
    ]

    def publish(row: ActorRow) -> None:
        world.db.write_now(lambda conn: publish_actor(conn, key, row, now_ms()))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(publish, rows))
    assert {f"actor_{row.id}" for row in rows} <= world.cells(SHARED).keys()
    assert _forks(world.db) == 0
    world.db.close()
