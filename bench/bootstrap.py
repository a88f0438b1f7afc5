"""A new tablet's first evening: 10,000 entities into a real Chromium that is six times slower than this machine.

Measured in the page, from the redeemed code (the start of sync) until the replica is stored, every entity can be listed,
and two frames have been drawn.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database
from bench.server import Server as Running
from bench.server import enrol, make_store
from bench.shapes import COMMITS, FORM, SHAPES, Tablet
from bench.stores import empty_stores
from tests.browser import find_chromium
from tests.e2e.backend import Backend
from tests.engines import builds
from tests.engines.chromium import Chromium
from tests.engines.trial import take_up

ENTITIES = 10_000
SLOWER = 6
LONGEST_S = 3.0
STREAM, SHAPE = SHAPES["counts"]
CODE_MS = 600_000

FIRST = """(async () => {
  const { session, tablet } = insats;
  localStorage.setItem("insats.window", "1");
  await session.enrol("%s", "Bench");
  const start = performance.now();
  while ((tablet.memory.streams.get("%s")?.cursor ?? 0) === 0) await new Promise((done) => setTimeout(done, 5));
  const applied = performance.now();
  const listed = tablet.memory.list("%s", "tally").length;
  for (let frame = 0; frame < 2; frame++) await new Promise((done) => requestAnimationFrame(done));
  return { applied: applied - start, shown: performance.now() - start, listed };
})()"""


@dataclass(frozen=True)
class Bootstrap:
    """One store. Seconds; `unthrottled_s` is the same at this machine's own speed."""

    store: str
    entities: int
    slower: int
    applied_s: float
    shown_s: float
    unthrottled_s: float
    load: float

    def missed(self) -> list[str]:
        """The target that is not met."""
        return [f"shown after {self.shown_s} s > {LONGEST_S} s"] if self.shown_s > LONGEST_S else []


def measure(store: str) -> Bootstrap:
    """Fill a stream and let two new tablets take it, a slow one and one that is not."""
    load = os.getloadavg()[0]
    with empty_stores(store, 1) as (folder, [url]):
        backend = _filled(folder, url)
        try:
            slow = _first(folder / "slow", backend, "slow", SLOWER)
            fast = _first(folder / "fast", backend, "fast", 1)
        finally:
            backend.kill()
    return Bootstrap(
        store,
        entities=int(slow["listed"]),
        slower=SLOWER,
        applied_s=round(slow["applied"] / 1000, 2),
        shown_s=round(slow["shown"] / 1000, 2),
        unthrottled_s=round(fast["shown"] / 1000, 2),
        load=round(load, 1),
    )


def _filled(folder: Path, url: str) -> Backend:
    """A running server with a stream of so many entities, and two people who may read it."""
    codes = make_store(url, folder, [STREAM], ["writer", "slow", "fast"])
    (folder / "front").mkdir()
    backend = Backend(folder, url, "", front=builds.driven(folder / "front"))
    backend.public = backend.address
    backend.start()
    tablet = Tablet(STREAM, Random(1))
    bearer = {"Authorization": f"Bearer {enrol(Running(backend.port, url), codes[0], tablet)}"}
    headers = bearer | {"Content-Encoding": "gzip", "Content-Type": "application/x-ndjson"}
    for body in tablet.requests(SHAPE, -(-ENTITIES // (COMMITS * FORM))):
        httpx.post(
            f"{backend.address}/api/v1/commits", content=body, headers=headers, timeout=60
        ).raise_for_status()
    return backend


def _first(profile: Path, backend: Backend, user: str, slower: int) -> dict[str, float]:
    """What one new tablet tells of its first evening."""
    chromium = Chromium(find_chromium(), profile)
    try:
        page = chromium.open(backend.address)
        take_up(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)", 60)
        page.call("Emulation.setCPUThrottlingRate", rate=slower)
        found: dict[str, float] = page.evaluate(FIRST % (_code(backend, user), STREAM, STREAM), 120)
        assert found["listed"] >= ENTITIES
        return found
    finally:
        chromium.close()


def _code(backend: Backend, user: str) -> str:
    db = Database(backend.database_url)
    try:
        return db.write_now(lambda conn: mint_code(conn, user, now_ms(), CODE_MS))
    finally:
        db.close()
