"""What a tablet of an earlier release recorded is taken by every later one, verdict by verdict.

`tests/vectors/released/<n>.ndjson` is the body of a `POST /commits` as format n was spoken, `<n>.json` what it came to.
Both were written once; the private key is gone. If one of these fails, the release is at fault and never the file.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.auth.tables import Actor
from app.database import table
from app.operations import readmodels
from app.sync import custody
from app.sync.pull import stream_digest
from app.sync.push import push
from app.sync.rebuild import differences
from app.sync.store import actor_keys
from tests.sync.world import NOW, OPERATION, POLICE, SHARED, World

FOLDER = Path(__file__).parents[1] / "vectors/released"
FORMATS = sorted(path.stem for path in FOLDER.glob("*.ndjson"))
PLAN = f"op/{OPERATION}/plan"
VERDICTS = {
    "duplicate",
    *(f"rejected {code}" for code in ("schema", "too_large", "id_reused", "wrong_stream")),
    *(f"held unknown_{what}" for what in ("kind", "field", "question", "code")),
    *("held no_authority", "held after_approval"),
}
KINDS = {
    "1": (
        *("operation", "site", "visit", "party", "checklist", "tally", "safety", "actor", "target", "photo"),
        *("exhibit", "custody", "report", "decision", "note", "admission", "submission", "approval"),
    )
}
"""What tablets of each format can write."""


def lines_of(name: str) -> list[bytes]:
    return (FOLDER / f"{name}.ndjson").read_bytes().removesuffix(b"\n").split(b"\n")


def outcome_of(name: str) -> dict[str, Any]:
    outcome: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return outcome


def coordinator(world: World, lines: list[bytes]) -> None:
    """The author of the file: a police coordinator, whose key its first commit brings."""
    header = json.loads(json.loads(lines[0])["h"])
    person = world.enrol("eva", "POL", "OPKO_POL", SHARED, POLICE, PLAN)
    actor = update(table(Actor)).where(table(Actor).c.id == person.id)
    row = actor.values(id=header["actor"], key=header["key"])
    world.db.write_now(lambda conn: conn.execute(row))


def send(world: World, lines: list[bytes]) -> list[dict[str, Any]]:
    """The results of one request."""
    opened, faults = custody.open_lines(lines)
    keys = world.db.read_now(lambda conn: actor_keys(conn, [e.actor for _, e in opened]))
    checked = custody.check(opened, keys)
    pushed = world.db.write_now(
        lambda conn: push(conn, checked, now=NOW + 5_000, projections=[readmodels.refresh])
    )
    assert (faults, pushed.faults) == ([], [])
    return pushed.results


def digests(world: World) -> dict[str, Any]:
    names = (SHARED, PLAN, POLICE)
    return {name: world.db.read_now(partial(stream_digest, name=name))["digest"] for name in names}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("size", [1, 1_000])
def test_a_released_upload_comes_to_what_it_came_to(store_url: str, name: str, size: int) -> None:
    world, lines = World(store_url), lines_of(name)
    coordinator(world, lines)
    results = [r for n in range(0, len(lines), size) for r in send(world, lines[n : n + size])]
    assert {"results": results, "digests": digests(world)} == outcome_of(name)
    assert [r for n in range(0, len(lines), size) for r in send(world, lines[n : n + size])] == results
    assert world.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
    world.db.close()


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_holds_every_verdict_and_every_kind(name: str) -> None:
    told = [x for r in outcome_of(name)["results"] for x in r["changes"].values()]
    assert {f"{x['verdict']} {x.get('code', '')}".strip() for x in told} == VERDICTS
    recorded = b"".join(lines_of(name)).decode()
    assert [kind for kind in KINDS[name] if f'\\"{kind}_' not in recorded] == []
    assert any(r["forked"] for r in outcome_of(name)["results"])
