"""The same envelopes through the front door: each request is answered, and only what was signed is in custody."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.database import table
from app.domain.commit import b64
from app.operations import readmodels
from app.sync.rebuild import differences
from app.sync.tables import Commit
from tests.api.evening import evening
from tests.hardening.envelopes import Signers, case

CASES, TOGETHER = 4_000, 40


def test_whatever_is_pushed_is_answered_and_only_what_was_signed_is_kept(
    store_url: str, tmp_path: Path
) -> None:
    signers = Signers()
    with evening(store_url, tmp_path / "data") as night:
        tablets = [night.tablet(user) for user in ("alva", "bo", "cia")]
        for tablet, point in zip(tablets, signers.points.values(), strict=True):
            assert tablet.send("POST", "/actors", json={"key": b64(point)}).status_code == 200
        told: set[int] = set()
        for start in range(0, CASES, TOGETHER):
            lines = [json.dumps(case(seed, signers)) for seed in range(start, start + TOGETHER)]
            answer = tablets[0].send("POST", "/commits", content="\n".join(lines).encode())
            told.add(answer.status_code)
            assert answer.status_code == 200, answer.text
            known = answer.json()
            assert len(known["results"]) + len({e["line"] for e in known["errors"]}) <= TOGETHER
        assert told == {200}
        kept = night.db.read_now(
            lambda conn: conn.execute(select(_commit.c.actor, _commit.c.header, _commit.c.body)).all()
        )
        ours = {tuple(row) for row in kept if row.actor in signers.points}
        assert len(ours) > 10
        assert ours <= signers.signed
        assert night.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []


_commit = table(Commit)


@pytest.mark.asvs("V16.5.3")
@pytest.mark.parametrize("depth", [16, 200, 300, 900])
@pytest.mark.parametrize("name", ["v", "n", "stream", "x"])
def test_a_nested_header_is_an_error_of_its_line_alone(
    store_url: str, tmp_path: Path, name: str, depth: int
) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    with evening(store_url, tmp_path / "data") as night:
        alva = night.tablet("alva")
        good = alva.person.seal(
            "op/01639815-0000-7000-8000-000000000003/POL", alva.person.change("note_1", "text", "hej")
        )
        bad = good.wire() | {"h": json.dumps(json.loads(good.h) | {name: value})}
        body = f"{json.dumps(bad)}\n{json.dumps(good.wire())}\n"
        answer = alva.send("POST", "/commits", content=body.encode())
        assert answer.status_code == 200
        assert [e["type"] for e in answer.json()["errors"]] in (
            ["urn:insats:malformed"],
            ["urn:insats:bad-signature"],
        )
