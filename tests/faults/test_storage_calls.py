"""Every storage call of every request fails once, and from some call on for good: what the caller and the others see.

Whatever fails, the answer is a problem document that says to come back, nothing is half applied, what was acknowledged stays,
and the next request works (I3, I7, I8, I12).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import DeadlockDetected, DiskFull, SerializationFailure
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now_ms
from app.domain.commit import Envelope, point_of
from app.operations import readmodels
from app.operations.readmodels import refresh
from app.photos.store import BlobStore
from app.photos.uploads import sweep
from app.sync.backup import BackupBroken, back_up, verify
from app.sync.custody import check
from app.sync.push import push
from app.sync.rebuild import differences
from tests.api.evening import Evening, Tablet, code_of, evening
from tests.kills.seam import Seam, Strike, watching
from tests.photos.album import b64, jpeg, sha
from tests.sync.world import NOW, POLICE, SHARED, VISIT, World
from tests.test_database import as_one_group

TUS = {"Tus-Resumable": "1.0.0"}

# A cursor whose connection was ended under it is collected instead of closed.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def _sqlite(code: int) -> Strike:
    def strike(_: str, driver: Any) -> None:
        if driver is None:
            raise OSError(28, "No space left on device")
        error = sqlite3.OperationalError("injected")
        error.sqlite_errorcode = code  # as the driver sets it
        raise error

    return strike


def _postgres(kind: type[psycopg.Error]) -> Strike:
    def strike(_: str, driver: Any) -> None:
        if driver is None:
            raise OSError(28, "No space left on device")
        raise kind("injected")

    return strike


def _cut(_: str, driver: Any) -> None:
    """The server ends this very connection, as an administrator or a crash does; the driver finds out by itself."""
    if driver is None:
        raise OSError(28, "No space left on device")
    connection = driver.driver_connection if hasattr(driver, "driver_connection") else driver.connection
    with psycopg.connect(connection.info.dsn, password=None, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])


STRIKES: dict[str, dict[str, Strike]] = {
    "sqlite": {
        "full": _sqlite(sqlite3.SQLITE_FULL),
        "disk error": _sqlite(sqlite3.SQLITE_IOERR_WRITE),
        "locked": _sqlite(sqlite3.SQLITE_BUSY),
    },
    "postgresql": {
        "connection lost": _cut,
        "full": _postgres(DiskFull),
        "serialization": _postgres(SerializationFailure),
        "deadlock": _postgres(DeadlockDetected),
    },
}
CASES = [(store, name) for store, strikes in STRIKES.items() for name in strikes]


class House:
    """An application and two tablets; `photo` is an upload that waits for its last chunk."""

    def __init__(self, night: Evening) -> None:
        self.night = night
        self.alva, self.bo = night.tablet("alva"), night.tablet("bo")
        self.number = 0
        self.promised: dict[str, dict[str, Any]] = {}

    def push(self, tablet: Tablet) -> Any:
        """Commits into two streams; a refused one is sent again by `again`."""
        self.number += 1
        person = tablet.person
        entry = {"visit": VISIT, "of": "seizure", "code": "SPELAUTOMAT", "qty": self.number, "unit": "ST"}
        tap = person.change(f"tally_{self.number}", "entry", entry)
        note = person.change(f"note_{self.number}", "text", "hej")
        self.sent = [person.seal(SHARED, tap), person.seal(POLICE, note)]
        return self.again(tablet)

    def again(self, tablet: Tablet) -> Any:
        """The commits of the last push."""
        answer = tablet.push(*self.sent)
        if answer.status_code == 200:
            for result in answer.json()["results"]:
                assert self.promised.setdefault(result["hash"], result) == result
        return answer

    def photo(self) -> Any:
        """The last chunk of a new photo, whose upload begins where nothing fails."""
        self.number += 1
        self.data = jpeg(3000, self.number)
        about = {"Upload-Length": "3000", "Upload-Metadata": f"sha256 {b64(sha(self.data).encode())}"}
        return self.alva.send("POST", "/blobs/uploads", headers=TUS | about)

    def chunk(self, path: str) -> Any:
        """All bytes of the photo."""
        about = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        return self.alva.send("PATCH", path, headers=TUS | about, content=self.data)

    def snapshots(self) -> list[Path]:
        """Every file that building snapshots has made."""
        return [file for file in (self.night.data / "snapshots").rglob("*") if file.is_file()]

    def forget_snapshots(self) -> None:
        """The next one is built anew."""
        for file in self.snapshots():
            file.unlink()

    def check(self) -> None:
        """Nothing is half applied, nothing acknowledged is gone."""
        db = self.night.db
        assert db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
        log = self.bo.pull(SHARED, POLICE)
        arrived = {h for s in (SHARED, POLICE) for h in log.stream(s).commits}
        assert set(self.promised) <= arrived


@pytest.fixture(scope="module")
def house(module_store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with evening(module_store_url, tmp_path_factory.mktemp("calls") / "data") as night:
        house = House(night)
        # The first push of all also makes its streams and reads the authors' keys: calls that the next ones do not make, which
        # a test that counts on its first push and strikes at later ones would look for behind their COMMIT.
        assert house.push(house.alva).status_code == 200
        yield house


@pytest.fixture(scope="module")
def strikes(house: House) -> dict[str, Strike]:
    """What can go wrong on this store."""
    return STRIKES["sqlite" if house.night.db.is_sqlite else "postgresql"]


@contextmanager
def failing(seam: Seam, nth: int, strike: Strike, *, lasting: bool = False) -> Iterator[None]:
    """The nth storage call of what is done within fails."""
    seam.arm(nth, strike, lasting=lasting)
    try:
        yield
    finally:
        seam.disarm()


def points(seam: Seam, work: Callable[[], Any]) -> int:
    """How many storage calls `work` makes when nothing fails."""
    with failing(seam, 0, lambda *_: None):
        work()
    return len(seam.names)


def is_told(answer: Any) -> bool:
    """Whether a request got through; if not, the answer must say to come back, and with what."""
    if answer.is_success or answer.status_code == 303:
        return True
    if answer.request.method != "HEAD":
        assert code_of(answer) in ("unavailable", "internal"), answer.text
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    return False


@pytest.mark.asvs("V2.3.3", "V16.5.3")
def test_every_storage_call_of_a_push_fails_once(house: House, strikes: dict[str, Strike]) -> None:
    seam = Seam()
    with watching(seam):
        count = points(seam, lambda: house.push(house.alva))
        assert {"INSERT commit", "INSERT entry", "UPDATE stream", "COMMIT"} <= set(seam.names)
        failed = 0
        for strike in strikes.values():
            for nth in range(1, count + 1):
                with failing(seam, nth, strike):
                    first = house.push(house.alva)
                failed += not is_told(first)
                assert first.status_code in (200, 503), first.text
                assert house.again(house.alva).status_code == 200, "the next request works"
        assert failed > count, "a test of nothing"
    house.check()


@pytest.mark.asvs("V16.5.2")
def test_a_store_that_is_out_of_order_for_good_is_told_to_everybody_and_comes_back(
    house: House, strikes: dict[str, Strike]
) -> None:
    seam = Seam()
    with watching(seam):
        count = points(seam, lambda: house.push(house.alva))
        for strike in strikes.values():
            for nth in range(1, count, 5):
                with failing(seam, nth, strike, lasting=True):
                    first = house.push(house.alva)
                    others = [
                        house.bo.get("/hello"),
                        house.bo.get("/changes", params={"after": f"{SHARED}:0"}),
                    ]
                    health = house.night.client.get("/healthz")
                    assert not any(map(is_told, [first, *others, health]))
                    assert {a.status_code for a in (first, *others, health)} == {503}
                assert house.again(house.alva).status_code == 200
                assert house.night.client.get("/healthz").status_code == 200
    house.check()


@pytest.mark.parametrize("path", ["hello", "changes", "digest", "snapshot"])
def test_every_storage_call_of_a_question_fails_once(
    house: House, strikes: dict[str, Strike], path: str
) -> None:
    where = {
        "hello": "/hello",
        "changes": f"/changes?after={SHARED}:0,{POLICE}:0",
        "digest": f"/streams/{SHARED}/digest",
        "snapshot": f"/streams/{SHARED}/snapshot",
    }[path]
    ask = partial(house.bo.get, where, follow_redirects=False)
    seam = Seam()
    with watching(seam):
        house.forget_snapshots()
        count = points(seam, ask)
        for strike in strikes.values():
            for nth in range(1, count + 1):
                house.forget_snapshots()
                with failing(seam, nth, strike):
                    is_told(ask())
                again = ask()
                assert again.status_code in (200, 303), again.text
    house.check()
    assert {f.suffix for f in house.snapshots()} <= {".gz"}, "an unfinished snapshot was left"


def test_every_storage_call_of_a_photo_fails_once(house: House, strikes: dict[str, Strike]) -> None:
    seam = Seam()
    with watching(seam):
        opening = points(seam, house.photo)
        path = house.photo().headers["location"].removeprefix("/api/v1")
        sending = points(seam, lambda: house.chunk(path))
        for strike in strikes.values():
            for nth in range(1, opening + 1):
                with failing(seam, nth, strike):
                    is_told(house.photo())
                assert house.photo().status_code == 201
            for nth in range(1, sending + 1):
                path = house.photo().headers["location"].removeprefix("/api/v1")
                with failing(seam, nth, strike):
                    is_told(house.chunk(path))
                again = house.chunk(path)
                done = again.status_code == 204 or again.json()["offset"] == 3000
                assert done, again.text
                told = house.alva.send("POST", "/blobs/missing", json={"sha256": [sha(house.data)]}).json()
                assert told["verified"] == [sha(house.data)]
    # Where removing a file is what failed, the hourly sweep does it.
    house.night.db.write_now(lambda conn: sweep(conn, BlobStore(house.night.data), 2**50))
    assert not list((house.night.data / "uploads").iterdir())


def test_every_storage_call_of_a_backup_fails_once(house: House, strikes: dict[str, Strike]) -> None:
    """A backup that failed moves nothing and leaves nothing under the name of a verified one."""
    folder = house.night.data / "backups"

    def stable() -> list[int]:
        streams = house.alva.get("/hello").json()["streams"].values()
        return [s["mine"]["stable"] for s in streams if "mine" in s]

    def take(nth: int, strike: Strike) -> bool:
        house.push(house.alva)
        before, files = stable(), set(folder.glob("*.gz"))
        with failing(seam, nth, strike):
            try:
                back_up(house.night.db, house.night.data, folder, now_ms())
            except (BackupBroken, OSError, SQLAlchemyError):
                is_taken = False
            else:
                is_taken = True
        made = set(folder.glob("*.gz")) - files
        for file in made:
            verify(file)
        is_moved = stable() > before
        assert is_moved if is_taken else (not is_moved or made), "stable moves after the file has its name"
        return is_taken

    seam = Seam()
    with watching(seam):
        take(0, lambda *_: None)
        count = len(seam.names)
        assert count > 20, "a test of nothing"
        for strike in strikes.values():
            for nth in range(1, count + 1, max(1, count // 15)):
                take(nth, strike)
                assert take(0, strike), "the next one works"


def test_of_pushes_committed_together_only_the_one_that_fails_is_refused(sqlite_url: str) -> None:
    """Each storage call of the second of three pushes of one group fails in turn; the others are none the worse."""
    world, seam = World(sqlite_url), Seam()
    people = (world.alva, world.bo, world.cia)
    strike = STRIKES["sqlite"]["disk error"]

    def commits(number: int) -> list[Envelope]:
        return [p.seal(SHARED, p.change(f"note_{number}.{p.id}", "text", "hej")) for p in people]

    def job(envelope: Envelope, nth: int | None) -> Callable[[Connection], Any]:
        def work(conn: Connection) -> Any:
            checked = check([(1, envelope)], {p.id: point_of(p.key.public_key()) for p in people})
            if nth is None:
                return push(conn, checked, now=NOW, projections=[refresh])
            with failing(seam, nth, strike):
                return push(conn, checked, now=NOW, projections=[refresh])

        return work

    with watching(seam):
        failed, nth = 0, 1
        while failed == nth - 1:  # until the push has no more calls
            first, second, third = commits(nth)
            futures = as_one_group(world.db, job(first, None), job(second, nth), job(third, None))
            assert [futures[n].result(10).faults for n in (0, 2)] == [[], []]
            failed += futures[1].exception(10) is not None
            assert world.push(second).faults == [], "it was not half applied"
            nth += 1
    assert failed > 8, "a test of nothing"
    assert world.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
    kept = world.in_custody()
    assert len(kept) == len(set(kept)) == 3 * (nth - 1)
    world.db.close()
