"""What a tablet and the server say to each other, page 4 of the protocol, over HTTP on both stores."""

import gzip
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.auth.accounts import grant, revoke
from app.auth.tables import device
from app.clock import now_ms
from app.database import Database
from app.domain.change import canonical
from app.domain.commit import public_key, unb64, verify
from app.settings import Limits
from tests.api.evening import REF, UNKNOWN, Evening, code_of, evening, ndjson, recorded
from tests.sync.replica import Replica
from tests.sync.world import ALCOHOL, OPERATION, POLICE, SHARED, VISIT

NOTE = "note_01639815-0000-7000-8000-000000000001"


def receipt_of(answer: Any, server: dict[str, str]) -> dict[str, Any]:
    """The payload of a receipt whose signature verifies under the server's key."""
    head, payload, signature = answer.json()["receipt"].split(".")
    assert json.loads(unb64(head)) == {"alg": "ES256", "kid": server["kid"]}
    assert verify(public_key(unb64(server["key"])), signature, f"{head}.{payload}".encode())
    told: dict[str, Any] = json.loads(unb64(payload))
    return told


# Greeting ---------------------------------------------------------------------------------------------------


def test_hello_tells_everything_a_tablet_needs_before_it_moves(night: Evening) -> None:
    alva = night.tablet("alva")
    before = now_ms()
    told = alva.get("/hello").json()
    assert before <= told["now"] <= now_ms()
    assert told["protocol"] == {"min_pull": 1, "max": 1}
    assert told["limits"] == Limits().model_dump()
    assert told["user"] == {"id": "alva", "name": "Alva", "authority": "POL", "role": "LAGLED"}
    assert told["actor"] == {"id": alva.person.id, "status": "active"}
    assert told["epoch"]
    assert len(unb64(told["server"]["key"])) == 65
    assert {name: stream["role"] for name, stream in told["streams"].items()} == {
        REF: "reader",
        SHARED: "writer",
        POLICE: "writer",
    }


def test_hello_has_no_actor_before_one_is_named(night: Evening) -> None:
    told = night.tablet("alva").get("/hello", headers={"Insats-Actor": ""}).json()
    assert told["actor"] is None
    assert all("mine" not in stream for stream in told["streams"].values())


def test_hello_tells_an_actor_the_end_of_its_own_chains(night: Evening) -> None:
    alva = recorded(night)
    n, head = alva.person.chains[SHARED]
    assert alva.get("/hello").json()["streams"][SHARED]["mine"] == {"n": n, "head": head, "stable": 0}
    assert "mine" not in night.tablet("bo").get("/hello").json()["streams"][SHARED]


def test_hello_tells_every_chain_of_the_person_on_the_tablet_and_of_nobody_else(night: Evening) -> None:
    cia, other = night.tablet("cia"), night.tablet("cia")
    change = cia.person.change(NOTE, "text", "hej")
    for stream in (ALCOHOL, POLICE, UNKNOWN):
        cia.push(cia.person.seal(stream, change))
    told = {"actor": cia.person.id, "n": 1, "stable": 0}
    chains = [told | {"stream": stream} for stream in (ALCOHOL, POLICE, UNKNOWN)]
    named = cia.get("/hello").json()["chains"]
    assert sorted(named, key=lambda chain: str(chain["stream"])) == sorted(
        chains, key=lambda c: str(c["stream"])
    )
    # A new key of the same person on the same tablet is told of the old one's.
    assert cia.get("/hello", headers={"Insats-Actor": ""}).json()["chains"] == named
    assert other.get("/hello").json()["chains"] == []
    assert night.tablet("alva").get("/hello").json()["chains"] == []


def test_hello_names_the_evenings_with_their_visits(night: Evening) -> None:
    dan = night.tablet("dan")
    facts = {"date": "2018-05-25", "title": {"sv": "Tredje", "en": "Third"}, "status": "PAGAR"}
    operation = [dan.person.change(f"operation_{OPERATION}", name, value) for name, value in facts.items()]
    visits = [dan.person.change(f"visit_{n}", "order", n) for n in range(3)]
    gone = dan.person.change("visit_2", "@", {"void": True, "reason": "", "of": "x"})
    dan.push(dan.person.seal(SHARED, *operation, *visits, gone))
    assert dan.get("/hello").json()["day"] == [{"operation": OPERATION, "visits": 2, **facts}]


# Sending ----------------------------------------------------------------------------------------------------


def test_a_push_is_answered_with_results_a_receipt_and_heads(night: Evening) -> None:
    alva = night.tablet("alva")
    start = alva.get("/hello").json()["streams"][SHARED]["head"]
    good, bad = alva.person.change(VISIT, "persons", 3), alva.person.change(VISIT, "persons", "many")
    envelope = alva.person.seal(SHARED, good, bad)
    answer = alva.push(envelope)
    told = answer.json()
    (result,) = told["results"]
    assert result == {
        "actor": alva.person.id,
        "stream": SHARED,
        "n": 1,
        "hash": envelope.hash,
        "seq": start + 1,
        "received": result["received"],
        "forked": False,
        "changes": {bad.id: {"verdict": "rejected", "code": "schema"}},
    }
    assert told["errors"] == []
    assert told["heads"] == {SHARED: start + 1}
    assert told["epoch"] == alva.get("/hello").json()["epoch"]


def test_the_receipt_verifies_and_signs_every_result(night: Evening) -> None:
    alva = night.tablet("alva")
    values = [1, "many", 3]
    commits = [alva.person.seal(SHARED, alva.person.change(VISIT, "persons", v)) for v in values]
    server = alva.get("/hello").json()["server"]
    first, again = alva.push(*commits), alva.push(*commits)
    for answer in (first, again):
        receipt = receipt_of(answer, server)
        signed = [
            r | {"changes": f"sha256:{sha256(canonical(r['changes']).encode()).hexdigest()}"}
            for r in first.json()["results"]
        ]
        assert receipt == {"epoch": first.json()["epoch"], "results": signed}
        assert [r["hash"] for r in receipt["results"]] == [c.hash for c in commits]


def test_a_request_may_be_compressed(night: Evening) -> None:
    alva = night.tablet("alva")
    body = gzip.compress(ndjson([alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 3))]))
    answer = alva.send("POST", "/commits", content=body, headers={"Content-Encoding": "gzip"})
    assert [r["n"] for r in answer.json()["results"]] == [1]


def test_an_answer_is_compressed_for_who_asks(night: Evening) -> None:
    alva = recorded(night)
    answer = alva.get("/changes", params={"after": f"{REF}:0"}, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    plain = alva.get("/changes", params={"after": f"{REF}:0"}, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


def test_any_tablet_may_carry_the_commits_of_another(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    theirs = alva.person.seal(POLICE, alva.person.change(NOTE, "text", "hej"))
    carried = cia.push(theirs).json()
    assert [(r["actor"], r["hash"], r["changes"]) for r in carried["results"]] == [
        (alva.person.id, theirs.hash, {})
    ]
    assert carried["heads"] == {}
    assert alva.pull(POLICE).stream(POLICE).commits == [theirs.hash]


def test_heads_name_only_what_the_caller_reads(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    mixed = [
        alva.person.seal(POLICE, alva.person.change(NOTE, "text", "hej")),
        alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 1)),
        cia.person.seal(ALCOHOL, cia.person.change(NOTE, "text", "hej")),
    ]
    assert cia.push(*mixed).json()["heads"].keys() == {SHARED, ALCOHOL}


@pytest.mark.parametrize("stream", [POLICE, UNKNOWN])
def test_what_is_written_where_one_has_no_part_is_kept_and_held(night: Evening, stream: str) -> None:
    cia = night.tablet("cia")
    change = cia.person.change(NOTE, "text", "hej")
    told = cia.push(cia.person.seal(stream, change)).json()
    assert told["results"][0]["changes"] == {change.id: {"verdict": "held", "code": "no_authority"}}
    assert told["results"][0]["seq"] is None
    assert told["heads"] == {}
    assert stream not in cia.get("/hello").json()["streams"]


def test_an_envelope_error_stops_its_chain_and_no_other(night: Evening) -> None:
    alva, bo = night.tablet("alva"), night.tablet("bo")
    first, second, third = (
        alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(3)
    )
    alone = bo.person.seal(SHARED, bo.person.change(VISIT, "team", "B"))
    told = alva.push(first, third, alone).json()
    assert [(r["actor"], r["n"]) for r in told["results"]] == [(alva.person.id, 1), (bo.person.id, 1)]
    (error,) = told["errors"]
    assert error == {
        "type": "urn:insats:chain-gap",
        "title": error["title"],
        "status": 409,
        "detail": error["detail"],
        "line": 2,
        "actor": alva.person.id,
        "stream": SHARED,
        "n": 3,
        "expect": 2,
    }
    assert alva.push(second, third).json()["errors"] == []


def test_a_part_that_ended_holds_what_was_written_meanwhile(night: Evening) -> None:
    alva = night.tablet("alva")
    night.db.write_now(lambda conn: revoke(conn, POLICE, "alva", now_ms()))
    late = alva.person.seal(POLICE, alva.person.change(NOTE, "text", "hej"))
    assert {c["verdict"] for c in alva.push(late).json()["results"][0]["changes"].values()} == {"held"}
    assert code_of(alva.get("/changes", params={"after": f"{POLICE}:0"})) == "not-found"


# Pulling ----------------------------------------------------------------------------------------------------


def test_a_pull_brings_a_dense_chained_log_whose_fold_is_the_servers(night: Evening) -> None:
    alva, bo = recorded(night), night.tablet("bo")
    replica = bo.pull(REF, SHARED, POLICE)
    for name in (REF, SHARED, POLICE):
        told = bo.get(f"/streams/{name}/digest").json()
        stream = replica.stream(name)
        assert told == {"stream": name, "seq": stream.cursor, "digest": stream.digest()}
    assert len(replica.stream(SHARED).entities[VISIT]["persons"]) == 3
    assert replica.keys[alva.person.id]


def test_a_page_holds_what_fits_and_says_that_there_is_more(store_url: str, tmp_path: Path) -> None:
    with evening(store_url, tmp_path, limits=Limits(page_bytes=4_000)) as night:
        alva = recorded(night, 20)
        reader, rounds = Replica(), 0
        while reader.stream(SHARED).cursor < 20:
            page = alva.get("/changes", params={"after": reader.after([SHARED, POLICE])}).content
            assert len(page) < 2 * 4_000
            before = reader.stream(SHARED).cursor
            reader.apply(page)
            assert reader.stream(SHARED).cursor > before
            rounds += 1
        assert rounds > 3


def test_an_entry_larger_than_a_page_is_sent_alone(store_url: str, tmp_path: Path) -> None:
    with evening(store_url, tmp_path, limits=Limits(page_bytes=1)) as night:
        alva = recorded(night, 2)
        reader = Replica()
        assert reader.apply(alva.get("/changes", params={"after": f"{SHARED}:0"}).content)
        assert reader.stream(SHARED).cursor == 1


def test_the_same_question_is_answered_304_until_there_is_news(night: Evening) -> None:
    alva = recorded(night)
    question = {"params": {"after": f"{SHARED}:0,{POLICE}:0"}}
    tag = alva.get("/changes", **question).headers["etag"]
    same = alva.get("/changes", **question, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    alva.push(alva.person.seal(POLICE, alva.person.change(NOTE, "text", "hej")))
    news = alva.get("/changes", **question, headers={"If-None-Match": tag})
    assert news.status_code == 200
    assert news.headers["etag"] != tag
    other = alva.get("/changes", params={"after": f"{SHARED}:1"}, headers={"If-None-Match": tag})
    assert other.status_code == 200


def test_a_cursor_above_the_head_is_a_reset(night: Evening) -> None:
    alva = recorded(night)
    head = alva.get("/hello").json()["streams"][SHARED]["head"]
    at_head = alva.get("/changes", params={"after": f"{SHARED}:{head}"})
    assert at_head.json() == {
        "end": True,
        "stream": SHARED,
        "head": head,
        "chain": alva.get("/hello").json()["streams"][SHARED]["chain"],
    }
    above = alva.get("/changes", params={"after": f"{SHARED}:{head + 1}"})
    assert code_of(above) == "reset"
    assert (above.json()["stream"], above.json()["head"]) == (SHARED, head)


def test_a_client_that_is_too_old_may_not_pull_but_may_push(night: Evening) -> None:
    alva = night.tablet("alva")
    old = {"Insats-Protocol": "0"}
    refused = alva.get("/changes", params={"after": f"{SHARED}:0"}, headers=old)
    assert (refused.status_code, code_of(refused), refused.json()["min_pull"]) == (426, "upgrade-required", 1)
    envelope = alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 3))
    assert alva.push(envelope, headers=old).json()["errors"] == []


def test_a_stream_that_nobody_has_written_to_can_be_read_by_its_members(night: Evening) -> None:
    empty = f"op/{OPERATION}/RTJ"
    night.db.write_now(lambda conn: grant(conn, empty, "alva", "writer", now_ms()))
    alva = night.tablet("alva")
    assert alva.get("/hello").json()["streams"][empty]["head"] == 0
    replica = alva.pull(empty)
    assert replica.stream(empty).cursor == 0
    assert alva.get(f"/streams/{empty}/digest").json()["digest"] == replica.stream(empty).digest()
    assert alva.get(f"/streams/{empty}/snapshot").status_code == 200


# The board --------------------------------------------------------------------------------------------------


def test_the_coordinator_sees_what_a_tablet_still_holds(night: Evening) -> None:
    alva, dan = night.tablet("alva"), night.tablet("dan")
    alva.get("/hello", headers={"Insats-Pending": "changes=12;blobs=3;oldest=5400;free=812000000"})
    shown = {d["user_id"]: d for d in dan.get("/devices").json()}
    assert (shown["alva"]["pending_changes"], shown["alva"]["pending_blobs"]) == (12, 3)
    assert 5400 <= shown["alva"]["oldest"] <= 5410
    assert shown["alva"]["free"] == 812_000_000


def test_what_a_tablet_said_last_is_written_before_the_server_ends(store_url: str, tmp_path: Path) -> None:
    with evening(store_url, tmp_path / "data") as night:
        alva = night.tablet("alva")
        for left in range(9, -1, -1):
            alva.get("/hello", headers={"Insats-Pending": f"changes={left};blobs={left + 1}"})
    db = Database(store_url)
    told = select(device.c.pending_changes, device.c.pending_blobs).where(device.c.user == "alva")
    assert db.read_now(lambda conn: conn.execute(told).all()) == [(0, 1)]
    db.close()


def test_the_service_says_that_it_is_well(night: Evening) -> None:
    answer = night.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
