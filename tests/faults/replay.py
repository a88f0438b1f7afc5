"""`make replay`: Survey123Community #389 over again, 28 visits of 150 photos each where every request fails 2–4 times.

There, a submission with many photos began anew at every failure, and some arrived twice or not at all. Here one real tablet
sends them through a proxy that ruins each request 2 to 4 times before it lets it pass. At the end there are exactly so many
visits and photos, and no cut has cost more than the one chunk that it cut.
"""

import argparse
import hashlib
import json
import time
from collections import Counter
from concurrent.futures import wait
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, func, select

from app.database import table
from app.operations.tables import Photo
from app.photos.tables import blob
from app.settings import Limits
from app.sync.tables import Entity, Entry
from tests.faults.house import House, house
from tests.faults.soak import judge
from tests.faults.weather import Fault, Request
from tests.sync.world import POLICE, SHARED

VISITS, PHOTOS = 28, 150
BYTES = 200_000
"""The smallest photo; the largest has twice as many."""
KINDS = (
    "refuse",
    "cut the request",
    "lose the answer",
    "cut the answer",
    "shorten the answer",
    "portal",
    "502",
    "502 after all",
    "garbage",
)
ROUNDS_A_PHOTO = 100
REPORT_S = 60.0

_entity, _entry, _photo = table(Entity), table(Entry), table(Photo)


@dataclass
class Stubborn:
    """Ruins every request 2–4 times. The same request is the same call with the same body at the same place."""

    chance: Random
    left: dict[str, int] = field(default_factory=dict)
    cuts: Counter[str] = field(default_factory=Counter)
    cut_bytes: int = 0
    requests: int = 0

    def __call__(self, request: Request) -> Fault:
        """The plan of a proxy."""
        self.requests += 1
        key = self._key(request)
        left = self.left.setdefault(key, self.chance.randint(2, 4))
        if left == 0:
            return Fault()
        self.left[key] = left - 1
        self.cuts[request.method] += 1
        if request.method == "PATCH":
            self.cut_bytes += len(request.body)
        return Fault(self.chance.choice(KINDS), self.chance.random())

    def _key(self, request: Request) -> str:
        told = [
            request.headers.get(name, "") for name in ("upload-offset", "upload-metadata", "insats-pending")
        ]
        if request.method != "GET":
            told[2] = hashlib.sha256(request.body).hexdigest()
        return " ".join([request.method, request.path, *told])


def main() -> None:
    """Play it in full, or smaller."""
    parser = argparse.ArgumentParser("replay")
    parser.add_argument("--visits", type=int, default=VISITS)
    parser.add_argument("--photos", type=int, default=PHOTOS)
    parser.add_argument("--store", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=389)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="insats-replay-") as folder, house(options.store, Path(folder)) as made:
        print(json.dumps(replay(made, options.visits, options.photos, options.seed), indent=1))


def replay(made: House, visits: int, photos: int, seed: int) -> dict[str, Any]:
    """Record all of it offline, send it through, judge; the figures."""
    name, began = "alva", time.monotonic()
    made.enrol(name, "alva")
    before = made.db.read_now(_counts)
    where = {"shared": SHARED, "own": POLICE, "count": visits, "photos": photos, "bytes": BYTES}
    made.tablets.ask("visits", name, timeout_s=3_600, **where)
    recorded = time.monotonic()
    made.proxy.plan = line = Stubborn(Random(seed))
    rounds = ROUNDS_A_PHOTO * visits * (photos + 2)
    draining = made.tablets.send("drain", name, rounds=rounds)
    while not draining.done():
        wait([draining], REPORT_S)
        print(f"{line.requests} requests, {line.cuts.total()} cuts", flush=True)
    assert draining.result(), "it does not get through"
    made.proxy.heal()
    made.tablets.ask("round", name, reason="person")
    look = made.tablets.ask("look", name)
    judge(made, {name: look})
    after = made.db.read_now(_counts)
    arrived = {key: after[key] - before[key] for key in after}
    assert arrived == {"visits": visits, "photos": visits * photos, "blobs": visits * photos}, arrived
    sizes = made.db.read_now(lambda conn: int(conn.execute(select(func.sum(blob.c.size))).scalar_one()))
    again = made.proxy.body_bytes["PATCH"] - sizes
    # What was sent more than once is what was in a request that was cut, and that is a chunk at most.
    assert again <= line.cut_bytes, f"{again} bytes were sent again for {line.cut_bytes} that were cut"
    assert line.cut_bytes <= line.cuts["PATCH"] * Limits().chunk_bytes
    return {
        **arrived,
        "photo bytes": sizes,
        "requests": line.requests,
        "cuts": line.cuts.total(),
        "cuts of chunks": line.cuts["PATCH"],
        "bytes sent again": again,
        "bytes a cut": round(again / max(1, line.cuts["PATCH"])),
        "recording s": round(recorded - began, 1),
        "sending s": round(time.monotonic() - recorded, 1),
    }


def _counts(conn: Connection) -> dict[str, int]:
    """Visits in the shared stream, photos in the authority's, and verified bytes."""
    of_kind = select(_entity.c.kind, func.count()).group_by(_entity.c.kind)
    kinds: dict[str, int] = {row[0]: row[1] for row in conn.execute(of_kind)}
    blobs = conn.execute(select(func.count()).select_from(blob)).scalar_one()
    return {"visits": kinds.get("visit", 0), "photos": kinds.get("photo", 0), "blobs": blobs}


if __name__ == "__main__":
    main()
