"""A commit that comes back with its receipt to a server that has lost it gets its own time back."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from app.domain.commit import Envelope, b64, sign
from app.sync.identity import ServerKey, server_key
from tests.api.evening import Evening, Tablet
from tests.sync.world import NOW, SHARED, VISIT, new_person

THEN = NOW + 60_000
"""When the server had the commit before it was restored: long before this test runs."""


def commit_of(tablet: Tablet) -> Envelope:
    """A commit whose author's clock was ahead, so that its time is when it was received."""
    change = tablet.person.change(VISIT, "persons", 3, at=THEN + 999)
    return tablet.person.seal(SHARED, change)


def receipt(key: ServerKey, *hashes: str, received: int = THEN) -> str:
    """As this server gave it in the life before."""
    return key.receipt({"epoch": "old", "results": [{"hash": h, "received": received} for h in hashes]})


def send(tablet: Tablet, *lines: tuple[Envelope, Any]) -> list[dict[str, Any]]:
    """The results of commits that each travel with something as their receipt."""
    body = b"".join(orjson.dumps({**e.wire(), "r": r}) + b"\n" for e, r in lines)
    answer = tablet.send("POST", "/commits", content=body).json()
    assert answer["errors"] == []
    results: list[dict[str, Any]] = answer["results"]
    return results


def test_a_lost_commit_is_taken_with_the_time_of_its_receipt(night: Evening) -> None:
    alva = night.tablet("alva")
    one, two, three = (commit_of(alva) for _ in range(3))
    proof = receipt(server_key(night.data), one.hash, two.hash)
    results = send(alva, (one, proof), (two, proof), (three, proof))
    assert [r["received"] == THEN for r in results] == [True, True, False]
    heads = alva.pull(SHARED).stream(SHARED).entities[VISIT]["persons"]
    assert [head[4] for head in heads] == [THEN, THEN, THEN + 999]


def test_what_a_repeat_proves_changes_nothing(night: Evening) -> None:
    alva = night.tablet("alva")
    commit = commit_of(alva)
    (first,) = alva.push(commit).json()["results"]
    (again,) = send(alva, (commit, receipt(server_key(night.data), commit.hash)))
    assert again == first


@pytest.mark.asvs("V9.1.1", "V9.1.3")
@pytest.mark.parametrize(
    "wrong",
    ["foreign key", "other commit", "no results", "no payload", "cut", "", "...", "å.å.å", 7, None, {"a": 1}],
    ids=str,
)
def test_a_receipt_that_proves_nothing_is_ignored(night: Evening, wrong: Any) -> None:
    alva, key = night.tablet("alva"), server_key(night.data)
    commit = commit_of(alva)
    stranger = replace(key, private=new_person().key)
    signed = f"e30.{b64(b'[1]')}"
    made = {
        "foreign key": lambda: receipt(stranger, commit.hash),
        "other commit": lambda: receipt(key, "sha256:" + "0" * 64),
        "no results": lambda: key.receipt({"epoch": "old"}),
        "no payload": lambda: f"{signed}.{sign(key.private, signed.encode())}",
        "cut": lambda: receipt(key, commit.hash)[:-1],
    }
    sent = made[wrong]() if type(wrong) is str and wrong in made else wrong
    (result,) = send(alva, (commit, sent))
    assert result["received"] > THEN
    assert result["changes"] == {}
