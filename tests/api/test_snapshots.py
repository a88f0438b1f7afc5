"""Snapshots: immutable, the fold of the log, and never of another past of the store."""

import hashlib
import os
from functools import partial

import orjson
from sqlalchemy import Connection, text

from app.sync.pull import ENDING
from tests.api.evening import REF, Evening, code_of, recorded
from tests.sync.replica import Replica
from tests.sync.world import SHARED, VISIT


def test_a_snapshot_is_the_fold_of_the_log(night: Evening) -> None:
    alva = recorded(night)
    folded = alva.pull(REF, SHARED)
    for name in (REF, SHARED):
        answer = alva.get(f"/streams/{name}/snapshot")
        assert answer.history[0].status_code == 303
        stream = Replica().load(name, answer.content)
        assert (stream.cursor, stream.chain) == (folded.stream(name).cursor, folded.stream(name).chain)
        assert orjson.dumps(stream.entities, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            folded.stream(name).entities, option=orjson.OPT_SORT_KEYS
        )


def test_a_snapshot_stays_as_it_is_and_the_log_brings_the_rest(night: Evening) -> None:
    alva = recorded(night, 40)
    first = alva.get(f"/streams/{SHARED}/snapshot")
    address = first.history[0].headers["location"].removeprefix("/api/v1")
    assert "immutable" in first.headers["cache-control"]
    alva.push(alva.person.seal(SHARED, alva.person.change(VISIT, "team", "B")))
    again = alva.get(address)
    assert again.content == first.content
    tablet = night.tablet("bo")
    tablet.replica.keys = alva.pull(SHARED).keys
    tablet.replica.load(SHARED, again.content)
    assert tablet.pull(SHARED).stream(SHARED).digest() == alva.pull(SHARED).stream(SHARED).digest()


def test_a_snapshot_tells_what_it_is_the_digest_of(night: Evening) -> None:
    content = recorded(night).get(f"/streams/{SHARED}/snapshot").content
    told, member, _ = content.rpartition(b',"digest":')
    assert member, "a test of nothing"
    assert content == told + b',"digest":"sha256:%s"}\n' % hashlib.sha256(told).hexdigest().encode()


def test_a_file_of_another_form_is_not_served_and_goes(night: Evening) -> None:
    alva = recorded(night, 40)
    assert alva.get(f"/streams/{SHARED}/snapshot").status_code == 200
    (made,) = (night.data / "snapshots" / SHARED).iterdir()
    old = made.with_name(made.name.replace(ENDING, ".2.ndjson.gz"))
    made.rename(old)
    os.utime(old, (0, 0))
    alva.push(alva.person.seal(SHARED, alva.person.change(VISIT, "team", "B")))
    Replica().load(SHARED, alva.get(f"/streams/{SHARED}/snapshot").content)
    assert not old.exists()


def test_many_tablets_share_one_build_of_a_snapshot(night: Evening) -> None:
    alva, bo = recorded(night, 40), night.tablet("bo")
    addresses = []
    for tablet in (alva, bo, alva):
        answer = tablet.get(f"/streams/{SHARED}/snapshot", follow_redirects=False)
        assert (answer.status_code, answer.content) == (303, b"")
        addresses.append(answer.headers["location"])
        tablet.push(tablet.person.seal(SHARED, tablet.person.change(VISIT, "team", "B")))
    assert len(set(addresses)) == 1


def test_old_snapshots_are_forgotten_and_young_ones_are_not(night: Evening) -> None:
    alva = night.tablet("alva")
    folder = night.data / "snapshots" / SHARED
    for turn in range(3):
        commits = [
            alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(8 << turn)
        ]
        alva.push(*commits)
        assert alva.get(f"/streams/{SHARED}/snapshot").status_code == 200
        if turn == 0:
            for path in folder.iterdir():
                os.utime(path, (0, 0))
    assert len(list(folder.iterdir())) == 2


def _delete(conn: Connection, name: str) -> None:
    conn.execute(text(f'DELETE FROM "{name}"'))


def another_past(night: Evening) -> None:
    """The store as it would be had somebody put an older copy in its place and gone on from there."""
    for name in ("entry", "entity", "chain", "retired", "visit", "commit"):
        night.db.write_now(partial(_delete, name=name))
    night.db.write_now(
        lambda conn: conn.execute(text("UPDATE stream SET head = 0, chain = :c"), {"c": "00" * 32})
    )


def test_no_snapshot_of_another_past_is_served(night: Evening) -> None:
    old = recorded(night, 5)
    stale = old.get(f"/streams/{SHARED}/snapshot")
    address = stale.history[0].headers["location"].removeprefix("/api/v1")
    another_past(night)
    bo = night.tablet("bo")
    bo.push(*(bo.person.seal(SHARED, bo.person.change(VISIT, "persons", 50 + n)) for n in range(8)))
    assert code_of(bo.get(address)) == "not-found"
    fresh = Replica().load(SHARED, bo.get(f"/streams/{SHARED}/snapshot").content)
    assert fresh.digest() == bo.get(f"/streams/{SHARED}/digest").json()["digest"]
    assert fresh.digest() == bo.pull(SHARED).stream(SHARED).digest()


def test_the_tag_of_another_past_is_no_reason_to_send_nothing(night: Evening) -> None:
    alva = recorded(night, 2)
    question = {"params": {"after": f"{SHARED}:0"}}
    first = alva.get("/changes", **question)
    another_past(night)
    alva.person.chains.clear()
    length = first.content.count(b"\n") - 1
    alva.push(
        *(alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 70 + n)) for n in range(length))
    )
    again = alva.get("/changes", **question, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 200
