"""`make soak MINUTES=n`: real tablets record while a seeded proxy ruins half of what they send, then the line heals.

When all is quiet, everything recorded has arrived once, and all replicas have the server's digest (I1–I4, I11, I15).
"""

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from app.database import table
from app.operations import readmodels
from app.photos.store import BlobStore
from app.photos.tables import blob
from app.reports.figures import figures_of
from app.sync.pull import stream_digest
from app.sync.rebuild import differences
from app.sync.tables import Entity
from tests.faults.house import House, house
from tests.faults.weather import weather
from tests.photos.album import sha
from tests.sync.world import POLICE, SHARED, VISIT

PEOPLE = ("alva", "bo", "alva", "bo")
SHARE = 0.5
QUIET_S = 180.0
PHOTO_BYTES = 90_000

_entity = table(Entity)


def main() -> None:
    """Play on one store after the other, or on one."""
    parser = argparse.ArgumentParser("soak")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--store", choices=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for store in [options.store] if options.store else ["sqlite", "postgresql"]:
        with TemporaryDirectory(prefix="insats-soak-") as folder, house(store, Path(folder)) as made:
            print(store, json.dumps(soak(made, 60 * options.minutes, options.seed), indent=1), flush=True)


def soak(made: House, seconds: float, seed: int, *, faults: int = 0, every_ms: int = 120) -> dict[str, Any]:
    """Record for so long and until so many faults have struck, heal, wait until quiet, judge; the figures."""
    names = [f"{user}-{n}" for n, user in enumerate(PEOPLE)]
    for name in names:
        made.enrol(name, name.partition("-")[0])
    made.proxy.plan = weather(seed, SHARE)
    for number, name in enumerate(names):
        made.tablets.ask("start", name)
        where: dict[str, Any] = {"shared": SHARED, "own": POLICE, "visit": VISIT, "photoBytes": PHOTO_BYTES}
        made.tablets.ask("live", name, seed=100 * seed + number, everyMs=every_ms, **where)
    _let_them_work(made, names, seconds, faults)
    for name in names:
        made.tablets.ask("rest", name)
    made.proxy.heal()
    healed = time.monotonic()
    looks = _until_quiet(made, names)
    judge(made, looks)
    return {
        "requests": made.proxy.seen.total(),
        "faults": _faults(made),
        "taps": sum(look["taps"] for look in looks.values()),
        "entities": sum(len(look["entities"]) for look in looks.values()),
        "photos": sum(len(look["photos"]) for look in looks.values()),
        "quiet after s": round(time.monotonic() - healed, 1),
        "kinds": dict(made.proxy.seen.most_common()),
    }


def _let_them_work(made: House, names: list[str], seconds: float, faults: int) -> None:
    """People look at their tablets now and then, which asks for a round at once."""
    enough = time.monotonic() + seconds
    while time.monotonic() < enough or _faults(made) < faults:
        assert time.monotonic() < enough + QUIET_S, "too few requests"
        time.sleep(0.5)
        for name in names:
            made.tablets.send("wake", name)


def _faults(made: House) -> int:
    return made.proxy.seen.total() - made.proxy.seen["pass"]


def _until_quiet(made: House, names: list[str]) -> Mapping[str, Any]:
    deadline = time.monotonic() + QUIET_S
    while True:
        for name in names:
            made.tablets.ask("round", name, reason="person", timeout_s=QUIET_S)
        looks = {name: made.tablets.ask("look", name) for name in names}
        told = {name: _digest(made, name) for name in (SHARED, POLICE)}
        if all(_is_quiet(look, told) for look in looks.values()):
            return looks
        assert time.monotonic() < deadline, f"not quiet: {json.dumps(_short(looks))} {told}"
        time.sleep(0.2)


def _digest(made: House, stream: str) -> dict[str, Any]:
    told = made.db.read_now(lambda conn: stream_digest(conn, stream))
    return {"cursor": told["seq"], "digest": told["digest"]}


def _is_quiet(look: Mapping[str, Any], told: Mapping[str, Any]) -> bool:
    pending = look["pending"]
    is_sent = pending["changes"] + pending["blobs"] == 0 and look["problem"] is None
    return is_sent and all(look["streams"].get(name) == state for name, state in told.items())


def _short(looks: Mapping[str, Any]) -> dict[str, Any]:
    keep = ("pending", "problem", "refused", "streams", "verified", "exceptions")
    return {name: {k: look[k] for k in keep} for name, look in looks.items()}


def judge(made: House, looks: Mapping[str, Any]) -> None:
    """Everything recorded is here, once."""
    db = made.db
    rows = db.read_now(lambda conn: set(conn.execute(select(_entity.c.id)).scalars()))
    noted = db.read_now(lambda conn: set(conn.execute(select(blob.c.sha256)).scalars()))
    store = BlobStore(made.backend.data)
    for name, look in looks.items():
        assert look["refused"] == 0, f"{name}: a commit was refused for good"
        assert set(look["entities"]) <= rows, f"{name}: something recorded did not arrive"
        assert look["verified"] == len(look["photos"]), f"{name}: a photo is not verified"
        assert set(look["photos"]) <= noted, f"{name}: a photo is not noted"
        assert all(sha(store.path(p).read_bytes()) == p for p in look["photos"])
    taps = sum(look["taps"] for look in looks.values())
    sums = db.read_now(lambda conn: figures_of(conn, SHARED)).seizures
    assert sums == ({"SPELAUTOMAT": {"ST": taps}} if taps else {}), f"{sums} of {taps} taps"
    assert db.read_now(lambda conn: differences(conn, readmodels.differences)) == []


if __name__ == "__main__":
    main()
