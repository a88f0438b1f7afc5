"""`POST /courier`: what somebody else carries arrives as if it had been sent, and he learns nothing of it."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, func, select, text

from app.domain.commit import Envelope, unb64
from app.photos import tables as t
from app.photos.store import MAX_PIECES
from app.sync.courier import FRAME_BYTES, MEDIA_TYPE, seal_frame
from tests.api.evening import Evening, Tablet, code_of, ndjson
from tests.photos.album import jpeg, sha
from tests.sync.world import ALCOHOL

EPHEMERAL = ec.generate_private_key(ec.SECP256R1())
PHOTO = jpeg(3000)
PARTS = [(at, PHOTO[at : at + 1000]) for at in (0, 1000, 2000)]
NOTHING_LEARNT = {"taken", "refused"}


def sealed(tablet: Tablet, plain: bytes) -> bytes:
    """A frame that only the server opens."""
    point = unb64(tablet.get("/hello").json()["server"]["seal"])
    return seal_frame(point, EPHEMERAL, os.urandom(12), plain)


def carry(tablet: Tablet, plain: bytes) -> Any:
    """The answer to a frame with this inside."""
    return carry_frame(tablet, sealed(tablet, plain))


def carry_frame(tablet: Tablet, frame: bytes, kind: str = MEDIA_TYPE) -> Any:
    return tablet.send("POST", "/courier", content=frame, headers={"Content-Type": kind})


def commits(*envelopes: Envelope) -> bytes:
    return b'{"kind":"commits"}\n' + ndjson(envelopes)


def part(actor: str | None, offset: int, data: bytes, *, of: bytes = PHOTO, **other: Any) -> bytes:
    """A piece of a photo."""
    told = {"kind": "photo", "sha256": sha(of), "size": len(of), "mime": "image/jpeg", "offset": offset}
    if actor is not None:
        told["actor"] = actor
    return orjson.dumps(told | other) + b"\n" + data


def name_photo(tablet: Tablet, data: bytes = PHOTO) -> Envelope:
    """A commit by which this tablet's photo is known to its authority."""
    blob = {"sha256": sha(data), "size": len(data), "mime": "image/jpeg"}
    return tablet.person.seal(ALCOHOL, tablet.person.change("photo_1", "blob", blob))


def rows(night: Evening, name: str) -> int:
    table = getattr(t, name)
    return night.db.read_now(lambda conn: conn.execute(select(func.count()).select_from(table)).scalar_one())


def uploads_left(night: Evening) -> list[str]:
    return sorted(f.name for f in (night.data / "uploads").iterdir())


def forget(night: Evening) -> None:
    """What was recorded in the evening, as if an older store had been put back."""
    tables = ("entry", "entity", "chain", '"commit"')
    statements = [f"DELETE FROM {name} WHERE stream > 1" for name in tables]
    statements.append(f"UPDATE stream SET head = 0, chain = '{'0' * 64}' WHERE id > 1")

    def work(conn: Connection) -> None:
        for statement in statements:
            conn.execute(text(statement))

    night.db.write_now(work)


def test_the_server_tells_a_second_key_that_stays(night: Evening) -> None:
    alva = night.tablet("alva")
    first = alva.get("/hello").json()["server"]
    assert len(unb64(first["seal"])) == 65
    assert first["seal"] != first["key"]
    assert (night.data / "seal.key").stat().st_mode & 0o777 == 0o600
    assert alva.get("/hello").json()["server"] == first


def test_commits_are_taken_as_their_authors(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    sent = [cia.person.seal(ALCOHOL, cia.person.change("note_1", "text", str(n))) for n in range(3)]
    first, again = carry(bo, commits(*sent)), carry(bo, commits(*sent))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() == {"taken": 3, "refused": []}
    assert cia.pull(ALCOHOL).stream(ALCOHOL).commits == [e.hash for e in sent]
    results = cia.push(*sent).json()["results"]
    assert [r["seq"] for r in results] == [1, 2, 3], "the author's own tablet gets what it would have got"


def test_a_courier_learns_counts_and_types_alone(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    first, second, third = (
        cia.person.seal(ALCOHOL, cia.person.change("note_1", "text", str(n))) for n in range(3)
    )
    answer = carry(bo, commits(first, third))
    assert answer.json() == {"taken": 1, "refused": ["urn:insats:chain-gap"]}
    broken = Envelope(**{**{f: getattr(second, f) for f in second.__slots__}, "s": "A" * 86})
    assert carry(bo, commits(broken)).json() == {"taken": 0, "refused": ["urn:insats:bad-signature"]}
    assert carry(bo, b'{"kind":"commits"}\n').json() == {"taken": 0, "refused": []}


def test_a_receipt_inside_gives_back_the_time(night: Evening) -> None:
    """As in a push: a restored server takes what it had before with its own time."""
    cia, bo = night.tablet("cia"), night.tablet("bo")
    sent = cia.person.seal(ALCOHOL, cia.person.change("note_1", "text", "x"))
    told = cia.push(sent).json()
    forget(night)
    line = orjson.dumps({**sent.wire(), "r": told["receipt"]})
    assert carry(bo, b'{"kind":"commits"}\n' + line + b"\n").json() == {"taken": 1, "refused": []}
    assert cia.push(sent).json()["results"] == told["results"]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_photo_becomes_whole_whatever_the_order(night: Evening, order: Iterable[int]) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    assert carry(bo, commits(name_photo(cia))).json()["taken"] == 1
    for n in [*order, *order]:
        answer = carry(bo, part(cia.person.id, *PARTS[n]))
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"taken": 1, "refused": []}
    assert cia.get(f"/blobs/{sha(PHOTO)}").content == PHOTO
    assert code_of(bo.get(f"/blobs/{sha(PHOTO)}")) == "not-found", "the courier may not see it"
    told = bo.send("POST", "/blobs/missing", json={"sha256": [sha(PHOTO)]}).json()
    assert told["verified"] == [], "nor may he know that it is here"
    assert (rows(night, "upload"), uploads_left(night)) == (0, [])


def test_the_author_sees_a_photo_that_somebody_carried_as_verified(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    for offset, data in PARTS:
        carry(bo, part(cia.person.id, offset, data))
    told = cia.send("POST", "/blobs/missing", json={"sha256": [sha(PHOTO)]}).json()
    assert (told["verified"], told["missing"]) == ([sha(PHOTO)], [])


def test_without_an_author_the_courier_counts_as_who_delivered(night: Evening) -> None:
    bo = night.tablet("bo")
    for offset, data in PARTS:
        carry(bo, part(None, offset, data))
    told = bo.send("POST", "/blobs/missing", json={"sha256": [sha(PHOTO)]}).json()
    assert told["verified"] == [sha(PHOTO)]


def test_parts_may_overlap(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    for start, end in ((2500, 3000), (700, 1800), (0, 1000), (1500, 2600)):
        assert carry(bo, part(cia.person.id, start, PHOTO[start:end])).json()["taken"] == 1
    assert (night.data / "blobs" / sha(PHOTO)[:2] / sha(PHOTO)[2:4] / sha(PHOTO)).read_bytes() == PHOTO


def test_two_couriers_at_once_and_the_same_one_twice(night: Evening) -> None:
    cia, couriers = night.tablet("cia"), [night.tablet(user) for user in ("bo", "alva", "bo")]
    carry(couriers[0], commits(name_photo(cia)))
    frames = [sealed(cia, part(cia.person.id, *PARTS[n])) for n in range(3)]

    def run(courier: Tablet) -> list[int]:
        return [carry_frame(courier, frame).status_code for frame in [*frames, *reversed(frames)]]

    with ThreadPoolExecutor(3) as pool:
        codes = [code for run_codes in pool.map(run, couriers) for code in run_codes]
    assert set(codes) <= {200, 503}
    for frame in frames:
        assert carry_frame(couriers[0], frame).json() == {"taken": 1, "refused": []}
    assert cia.get(f"/blobs/{sha(PHOTO)}").content == PHOTO
    assert rows(night, "blob") == 1


def test_bytes_that_do_not_hash_to_their_name_are_forgotten(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    wrong = jpeg(3000, seed=2)
    answers = [carry(bo, part(cia.person.id, at, wrong[at : at + 1000])).json() for at in (0, 1000, 2000)]
    assert answers[-1] == {"taken": 0, "refused": ["urn:insats:checksum-mismatch"]}
    assert (rows(night, "upload"), rows(night, "blob"), uploads_left(night)) == (0, 0, [])
    for offset, data in PARTS:
        assert carry(bo, part(cia.person.id, offset, data)).json()["refused"] == []
    assert rows(night, "blob") == 1


def test_what_is_refused_inside_a_frame(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    text_file = b"not a photo"
    for plain, kind in (
        (part("a_" + "0" * 32, 0, PHOTO[:10]), "actor-unknown"),
        (part(cia.person.id, 0, PHOTO[:10], size=26_214_401), "too-large"),
        (part(cia.person.id, 0, text_file, of=text_file), "unsupported-media"),
    ):
        assert carry(bo, plain).json() == {"taken": 0, "refused": [f"urn:insats:{kind}"]}


def test_pieces_that_wait_are_limited(night: Evening) -> None:
    cia, bo = night.tablet("cia"), night.tablet("bo")
    answers = [carry(bo, part(cia.person.id, at, PHOTO[at : at + 1])) for at in range(1, MAX_PIECES + 2)]
    assert {a.status_code for a in answers[:-1]} == {200}
    assert code_of(answers[-1]) == "too-many"
    assert carry(bo, part(cia.person.id, 0, PHOTO)).json() == {"taken": 1, "refused": []}


def test_what_is_no_frame_is_malformed_and_changes_nothing(night: Evening) -> None:
    bo = night.tablet("bo")
    frame = bytearray(sealed(bo, commits()))
    frame[-1] ^= 1
    for body in (b"", b"x" * 100, bytes(frame)):
        assert code_of(carry_frame(bo, body)) == "malformed"
    assert code_of(carry(bo, b'{"kind":"commits"}\nnot json\n')) == "malformed"
    assert code_of(carry_frame(bo, bytes(FRAME_BYTES + 1))) == "too-large"
    assert code_of(carry_frame(bo, bytes(frame), "application/json")) == "unsupported-media"
    assert code_of(night.raw("POST", "/courier", content=b"x")) == "unauthenticated"
