"""A tablet that records while its browser is killed, and the real server it delivers to now and then."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection, select

from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database, table
from app.operations import readmodels
from app.photos.tables import Blob, BlobRef
from app.sync.pull import stream_digest
from app.sync.rebuild import differences
from app.sync.tables import Entity
from tests.e2e.backend import Backend
from tests.engines.devtools import Devtools, Gone, Raised
from tests.engines.ledger import Found, Ledger
from tests.engines.processes import wait_until

USER = (Path(__file__).parent / "user.js").read_text()
READY_S = 30.0
RELOAD_S = 20.0
CODE_MS = 600_000
HANDS = 3
"""So many things one person does at once."""
DELIVERED_S = 90.0
ASKS = "fetch('/healthz', {cache: 'no-store'}).then((r) => r.status, String)"
"""Whether the browser reaches the server at all, whatever the app makes of it."""
SECTIONS = ("counts", "photos", "checklist", "overview")


class Browser(Protocol):
    """What Chromium and WebKit have in common; see their modules."""

    profile: Path
    ways: tuple[str, ...]
    name: str
    restarts: int

    def open(self, address: str) -> Devtools:
        """Start the browser on the app."""

    def kill(self, way: str) -> None:
        """SIGKILL of some of its processes."""

    def reopen(self, way: str, address: str) -> Devtools:
        """What a person does after that."""

    def quit(self, page: Devtools) -> None:
        """End the browser as a person does."""

    def close(self) -> None:
        """End the browser, however."""


@dataclass
class Round:
    """One kill: how, after how long (s), how long until everything was on the screen again, and what was wrong."""

    way: str
    after: float
    back: float
    noted: int
    faults: list[str] = field(default_factory=list)


class Trial:
    """One tablet's life. Everything random comes from `random`."""

    def __init__(self, browser: Browser, backend: Backend, random: Random) -> None:
        """The server runs, with the planned evening; the tablet is new."""
        self.browser, self.backend, self._random = browser, backend, random
        self.ledger = Ledger()
        self.by_hand = 0
        """Reloads that a person had to do because the app did not."""
        self._page: Devtools | None = None

    @property
    def page(self) -> Devtools:
        """The one tab."""
        assert self._page is not None, "the tablet is closed"
        return self._page

    def begin(self, user: str = "u.pol.a1") -> None:
        """Open the app and enrol."""
        code = self._code(user)
        if self._page is None:
            self._page = self.browser.open(self.backend.address)
            take_up(self.page)
        self.page.evaluate(f"person.enrol('{code}', 'Alfa 1')", 60)
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)", 60)

    def round(self, way: str) -> Round:
        """Record, kill, come back, look."""
        seconds = self._random.uniform(0.0, 1.2)
        before = self.ledger.noted
        self.page.evaluate("sessionStorage.removeItem('insats.reloaded')")
        self.page.do(f"person.show('{self._random.choice(SECTIONS)}')")
        self.page.do("person.run()")
        notes = self.page.notes
        wait_until(lambda: len(notes) >= HANDS, READY_S, "nothing is recorded")
        time.sleep(seconds)
        start = self._return_after(way)
        found = self.look(self.ledger.photo - 20)
        back = time.monotonic() - start
        faults = self.ledger.faults(found)
        self.ledger.settle(found)
        return Round(way, seconds, back, self.ledger.noted - before, faults)

    def _code(self, user: str) -> str:
        """A one-time code, as `insats link` makes it."""
        db = Database(self.backend.database_url)
        try:
            return db.write_now(lambda conn: mint_code(conn, user, now_ms(), CODE_MS))
        finally:
            db.close()

    def record(self, least: int = 30) -> None:
        """Record until so many things are shown as saved, and come to an end."""
        self.page.do("person.run()")
        notes = self.page.notes
        wait_until(lambda: len(notes) >= least, READY_S, "nothing is recorded")
        self.page.evaluate("person.stop()")
        self.ledger.take(notes)

    def start_again(self) -> None:
        """Kill the whole browser and open the app again, whether or not there is a server."""
        self._return_after("browser")

    def leave(self) -> None:
        """Put the tablet away: the browser ends as it does when nobody kills it."""
        self.browser.quit(self.page)
        self.page.close()

    def come_back(self) -> None:
        """Take it out again."""
        self._page = self.browser.open(self.backend.address)
        take_up(self.page)

    def look(self, photos_from: int = 0) -> Found:
        """What the tablet holds, with the bytes of the photos from a number on."""
        found: Found = self.page.evaluate(f"person.look({photos_from})", 120)
        return found

    def deliver(self) -> list[str]:
        """Wait until the server has everything; how it differs from the tablet then."""
        deadline = time.monotonic() + DELIVERED_S
        left: dict[str, Any] = {"changes": 1}
        while left["changes"] or left["photos"]:
            if time.monotonic() > deadline:
                return [
                    f"not delivered: {left}; the page itself asks: {self.page.evaluate(ASKS, DELIVERED_S)}"
                ]
            left = self.page.evaluate("person.sync()", DELIVERED_S)
        visit = self.page.evaluate("person.visit()")
        found = self.look()
        db = Database(self.backend.database_url)
        try:
            wrong = self._differing(db, visit, found)
            while wrong and time.monotonic() < deadline:
                time.sleep(0.5)
                wrong = self._differing(db, visit, found)
        finally:
            db.close()
        return [*self.ledger.faults(found), *wrong]

    def _differing(self, db: Database, visit: str, found: Found) -> list[str]:
        """How the server differs from the tablet after one more round."""
        digests = self.page.evaluate("person.sync().then(() => person.digests())", DELIVERED_S)
        return db.read_now(lambda conn: _differing(conn, visit, found, digests))

    def close(self) -> None:
        """End the browser."""
        if self._page is not None:
            self._page.close()
        self.browser.close()

    def _return_after(self, way: str) -> float:
        """Kill, and come back to the app as a person would; when the kill was.

        What the page noted until then is in the ledger afterwards.
        """
        old = self.page
        self.browser.kill(way)
        start = time.monotonic()
        if way == "network":
            self._wait_for_reload(old)
        old.close()
        self.ledger.take(old.notes)
        self._page = self.browser.reopen(way, self.backend.address)
        take_up(self.page)
        return start

    def _wait_for_reload(self, page: Devtools) -> None:
        """The database is lost for good to this page: the app loads it anew by itself."""
        deadline = time.monotonic() + RELOAD_S
        while time.monotonic() < deadline:
            if says(page, "globalThis.person === undefined && document.readyState === 'complete'"):
                return
            time.sleep(0.05)
        self.by_hand += 1
        page.do("location.reload()")


def take_up(page: Devtools) -> None:
    """Wait until the app has opened its store, and put the person in front of it."""
    deadline = time.monotonic() + READY_S
    while not says(page, "globalThis.insats !== undefined && insats.tablet.isRunning()"):
        if time.monotonic() > deadline:
            shown = page.evaluate("document.body.innerText.slice(0, 500)")
            raise TimeoutError(f"the app did not open its store; it shows {shown!r}")
        time.sleep(0.03)
    page.evaluate(f"(() => {{ {USER}\nreturn true; }})()")


def says(page: Devtools, question: str) -> bool:
    """Whether the page answers yes; a page that is on its way elsewhere does not."""
    try:
        return page.evaluate(question, 5) is True
    except (Gone, Raised):
        return False


def _differing(conn: Connection, visit: str, found: Found, digests: dict[str, Any]) -> list[str]:
    """What the server holds otherwise than the tablet."""
    faults = [
        f"{stream}: the server has another digest"
        for stream, digest in digests.items()
        if stream_digest(conn, stream) != {"stream": stream, **digest}
    ]
    entity = table(Entity).c
    heads = conn.execute(select(entity.heads).where(entity.kind == "tally")).scalars()
    entries = [head[1] for cells in heads for head in orjson.loads(cells)["entry"]]
    entries = [entry for entry in entries if entry["visit"] == visit]
    for code, n in [*found["counts"].items(), ("FOTO", len(found["photos"]))]:
        total = sum(entry["qty"] for entry in entries if entry["code"] == code)
        if total != n:
            faults.append(f"the server counts {total} {code}, the tablet {n}")
    named = set(conn.execute(select(table(BlobRef).c.sha256)).scalars())
    here = set(conn.execute(select(table(Blob).c.sha256)).scalars())
    if len(named) < len(found["photos"]) or named - here:
        faults.append(f"of {len(named)} blobs {len(named - here)} are not on the server")
    return [*faults, *map(str, differences(conn, readmodels.differences))]
