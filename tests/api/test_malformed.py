"""Bodies that cannot be read, are too large or hold garbage: what is told, and what stands nevertheless."""

import gzip
import json
import zlib
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from app.errors import CATALOGUE
from app.settings import Limits
from tests.api.evening import Evening, Tablet, code_of, ndjson
from tests.sync.world import ALCOHOL, POLICE, SHARED, VISIT

DIGEST = "ab" * 32
TUS = {"Tus-Resumable": "1.0.0"}
LIMITS = Limits()


# Malformed --------------------------------------------------------------------------------------------------

JSON_BODIES = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b"\xff\xfe",
    b'{"code":1}',
    b"[" * 5_000,
    b'{"key":null}',
    b'"x"',
]


@pytest.mark.asvs("V2.2.1", "V15.3.5")
@pytest.mark.parametrize("path", ["/enrol", "/setup", "/people", "/actors", "/blobs/missing"])
@pytest.mark.parametrize("body", JSON_BODIES, ids=lambda b: repr(b)[:14])
def test_a_body_that_is_not_what_is_expected_is_malformed(alva: Tablet, path: str, body: bytes) -> None:
    answer = alva.send("POST", path, content=body)
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "device",
    [
        {},
        {"id": "", "label": "x"},
        {"id": "x" * 65, "label": "x"},
        {"id": "å", "label": "x"},
        {"id": "x", "label": ""},
        {"id": "x", "label": "x" * 81},
        {"id": "x", "label": "a\0b"},
        {"id": 1, "label": "x"},
        None,
    ],
    ids=repr,
)
def test_a_tablet_that_enrols_has_a_name_of_some_form(house: Evening, device: Any) -> None:
    assert code_of(house.raw("POST", "/enrol", json={"code": "x", "device": device})) == "malformed"


def test_a_code_that_is_unknown_used_or_too_old_is_told_alike(house: Evening) -> None:
    used = house.code("bo")
    body = {"device": {"id": "t", "label": "T"}}
    assert house.raw("POST", "/enrol", json=body | {"code": used}).status_code == 200
    answers = [house.raw("POST", "/enrol", json=body | {"code": code}) for code in (used, "0000", "å\0" * 9)]
    assert {code_of(a) for a in answers} == {"code-invalid"}
    assert len({a.content for a in answers}) == 1


@pytest.mark.parametrize("key", ["", "A", "AA", "A" * 87, "å", "+/+/", "BA" + "A" * 85])
def test_a_key_that_is_no_point_of_the_curve_is_malformed(alva: Tablet, key: str) -> None:
    answer = alva.send("POST", "/actors", json={"key": key})
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "after",
    [
        "",
        ",",
        ":",
        "x",
        f"{SHARED}",
        f"{SHARED}:",
        f"{SHARED}:-1",
        f"{SHARED}:1.5",
        f"{SHARED}:x",
        f"{SHARED}:" + "9" * 16,
        f":{7}",
        f"{SHARED}:0,",
        "ref:²",
    ],
)
def test_a_cursor_of_another_form_is_malformed(alva: Tablet, after: str) -> None:
    assert code_of(alva.get("/changes", params={"after": after})) == "malformed"


def test_a_pull_needs_its_cursors_and_a_version_that_is_a_number(alva: Tablet) -> None:
    assert code_of(alva.get("/changes")) == "malformed"
    assert (
        code_of(alva.get("/changes", params={"after": "ref:0"}, headers={"Insats-Protocol": "x"}))
        == "malformed"
    )


def test_a_pull_is_for_50_streams_at_most(alva: Tablet) -> None:
    assert code_of(alva.get("/changes", params={"after": ",".join(["ref:0"] * 51)})) == "malformed"
    assert alva.get("/changes", params={"after": ",".join(["ref:0"] * 50)}).status_code == 200
    assert code_of(alva.get("/changes", params={"after": "x" * 20_001})) == "malformed"


@pytest.mark.parametrize("seq", ["x", "1.5", "", "9" * 30, "9" * 300, "-1", "%00"])
def test_a_snapshot_has_a_number(alva: Tablet, seq: str) -> None:
    assert code_of(alva.get(f"/streams/{SHARED}/snapshot/{seq}")) in ("malformed", "not-found")


@pytest.mark.parametrize(
    "digests",
    [["x"], [DIGEST.upper()], [DIGEST + "\n"], [7], "x", [DIGEST] * 501, None],
    ids=lambda d: str(d)[:12],
)
def test_a_question_for_photos_names_digests(alva: Tablet, digests: Any) -> None:
    assert code_of(alva.send("POST", "/blobs/missing", json={"sha256": digests})) == "malformed"
    assert alva.send("POST", "/blobs/missing", json={"sha256": [DIGEST] * 500}).status_code == 200


# Commits ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b" \n\t\n", b"{", b"hello", b"\x00", b"\xff\xfe{}", b"--boundary\r\n", b"[\n]"],
    ids=repr,
)
def test_a_request_that_is_no_ndjson_is_malformed_as_a_whole(alva: Tablet, body: bytes) -> None:
    answer = alva.send("POST", "/commits", content=body)
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[]",
        b"null",
        b'{"h":1,"b":"","s":""}',
        b'{"h":"{","b":"","s":""}',
        b'{"h":"{}","b":"","s":""}',
    ],
)
def test_a_line_that_is_no_commit_is_an_error_of_that_line(alva: Tablet, line: bytes) -> None:
    good = alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 3))
    told = alva.send("POST", "/commits", content=line + b"\n" + ndjson([good])).json()
    assert [(e["type"], e["status"], e["line"]) for e in told["errors"]] == [("urn:insats:malformed", 400, 1)]
    assert [r["hash"] for r in told["results"]] == [good.hash]


@pytest.mark.asvs("V2.2.2")
@pytest.mark.parametrize("garbage", [b"{", b'{"h":"', b"\xff", b"not json"])
def test_garbage_among_commits_stops_none_of_the_good_ones(alva: Tablet, garbage: bytes) -> None:
    one, two = (alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(2))
    body = ndjson([one]) + garbage + b"\n" + ndjson([two])
    told = alva.send("POST", "/commits", content=body).json()
    assert [r["hash"] for r in told["results"]] == [one.hash, two.hash]
    assert [(e["type"], e["line"]) for e in told["errors"]] == [("urn:insats:malformed", 2)]


def test_the_last_line_needs_no_line_feed_and_half_a_line_is_an_error(alva: Tablet) -> None:
    one, two = (alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(2))
    body = ndjson([one, two])
    cut = alva.send("POST", "/commits", content=body[:-40]).json()
    assert ([r["n"] for r in cut["results"]], len(cut["errors"])) == ([one.n], 1)
    whole = alva.send("POST", "/commits", content=body.rstrip(b"\n")).json()
    assert [r["n"] for r in whole["results"]] == [one.n, two.n]


def test_envelope_errors_have_the_status_of_their_kind(alva: Tablet, cia: Tablet) -> None:
    genuine = cia.person.seal(ALCOHOL, cia.person.change("note_1", "text", "x"))
    wire = genuine.wire()
    stranger = wire | {"h": wire["h"].replace(cia.person.id, "a_" + "0" * 32)}
    large = wire | {"b": "x" * LIMITS.commit_bytes}
    forged = wire | {"s": "A" * 86}
    many = wire | {"h": wire["h"].replace('"changes":1', '"changes":501')}
    lines = [stranger, large, forged, many]
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    errors = alva.send("POST", "/commits", content=body).json()["errors"]
    assert [(e["line"], e["type"].removeprefix("urn:insats:"), e["status"]) for e in errors] == [
        (1, "actor-unknown", 403),
        (2, "too-large", 413),
        (3, "bad-signature", 422),
        (4, "too-large", 413),
    ]
    assert all(e["title"] == CATALOGUE[e["type"].removeprefix("urn:insats:")].title() for e in errors)


# Limits -----------------------------------------------------------------------------------------------------


def padded(tablet: Tablet, size: int) -> bytes:
    """A good request of exactly this many bytes: JSON may have spaces around it."""
    line = ndjson([tablet.person.seal(SHARED, tablet.person.change(VISIT, "persons", 3))])
    return line.rstrip(b"\n").ljust(size - 1) + b"\n"


@pytest.mark.asvs("V5.2.1")
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_request_has_at_most_8_mib_whatever_it_travels_as(
    alva: Tablet, pack: Callable[[bytes], bytes]
) -> None:
    headers = {"Content-Encoding": "gzip"} if pack is gzip.compress else {}
    chains = dict(alva.person.chains)
    over = alva.send(
        "POST", "/commits", content=pack(padded(alva, LIMITS.request_bytes + 1)), headers=headers
    )
    assert (over.status_code, code_of(over)) == (413, "too-large")
    alva.person.chains = chains
    at = alva.send("POST", "/commits", content=pack(padded(alva, LIMITS.request_bytes)), headers=headers)
    assert (at.status_code, at.json()["errors"]) == (200, [])


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_body_that_the_way_has_spoiled_is_not_taken_for_a_bad_commit(
    alva: Tablet, pack: Callable[[bytes], bytes]
) -> None:
    body = ndjson([alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 4))])
    sent = pack(body)
    spoilt = pack(body.replace(b'"s":"', b'"s":"A', 1))
    packed = {"Content-Encoding": "gzip"} if pack is gzip.compress else {}

    def push(content: bytes, digest: str) -> Any:
        return alva.send("POST", "/commits", content=content, headers=packed | {"Content-Digest": digest})

    promised = f"sha-256=:{b64encode(sha256(sent).digest()).decode()}:"
    answer = push(spoilt, promised)
    assert (answer.status_code, code_of(answer)) == (460, "checksum-mismatch")
    assert push(spoilt, "").json()["errors"] != []
    assert push(sent, f"sha-512=:AAAA:, {promised}").json()["errors"] == []


@pytest.mark.asvs("V5.2.3")
def test_a_gzip_bomb_is_refused_without_being_unpacked(alva: Tablet) -> None:
    bomb = gzip.compress(bytes(200 << 20), 9)
    assert len(bomb) < 300_000
    answer = alva.send("POST", "/commits", content=bomb, headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, code_of(answer)) == (413, "too-large")
    twice = gzip.compress(gzip.compress(bytes(20 << 20)))
    assert (
        code_of(alva.send("POST", "/commits", content=twice, headers={"Content-Encoding": "gzip"}))
        == "malformed"
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: b"",
        lambda b: b[:-9],
        lambda b: b[9:],
        lambda b: b"x" + b,
        lambda b: b + b,
        lambda b: b + b"more",
        lambda b: zlib.compress(b),
    ],
    ids=["empty", "cut", "headless", "before", "two members", "after", "zlib"],
)
def test_a_body_that_is_not_one_gzip_member_is_malformed(
    alva: Tablet, spoil: Callable[[bytes], bytes]
) -> None:
    """Two members would be lawful gzip, but to read only the first of them would lose commits."""
    body = gzip.compress(ndjson([alva.person.seal(POLICE, alva.person.change("note_1", "text", "x"))]))
    alva.person.chains.pop(POLICE)
    answer = alva.send("POST", "/commits", content=spoil(body), headers={"Content-Encoding": "gzip"})
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
def test_another_coding_of_the_body_is_malformed(alva: Tablet, coding: str) -> None:
    body = zlib.compress(b"{}\n")
    answer = alva.send("POST", "/commits", content=body, headers={"Content-Encoding": coding})
    assert (answer.status_code, code_of(answer)) == (400, "malformed")


@pytest.mark.parametrize("path", ["/enrol", "/actors", "/blobs/missing"])
def test_a_small_body_has_at_most_64_kib(alva: Tablet, path: str) -> None:
    body = b'{"x":1}'
    assert code_of(alva.send("POST", path, content=body.ljust(65_537))) == "too-large"
    assert code_of(alva.send("POST", path, content=body.ljust(65_536))) == "malformed"


@pytest.mark.asvs("V5.2.1")
def test_a_photo_has_at_most_25_mib(alva: Tablet) -> None:
    meta = {"Upload-Metadata": "sha256 " + "YWI" * 28 + "YWI="}
    for size, status in ((LIMITS.photo_bytes, 400), (LIMITS.photo_bytes + 1, 413)):
        headers = TUS | meta | {"Upload-Length": str(size)}
        answer = alva.send("POST", "/blobs/uploads", headers=headers)
        assert answer.status_code in (201, status)
