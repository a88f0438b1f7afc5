"""Every endpoint tells what is wrong with a request in one form, and nothing that the caller may not know."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.auth.service import NewDevice, redeem
from app.clock import now_ms
from app.errors import CATALOGUE
from app.settings import Limits
from tests.api.evening import UNKNOWN, Evening, Tablet, code_of, evening, ndjson
from tests.sync.world import ALCOHOL, POLICE, SHARED, VISIT

DIGEST = "ab" * 32
UPLOAD = "cd" * 16
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
LIMITS = Limits()


@dataclass(frozen=True)
class Call:
    """One endpoint and a request that is well-formed, whether or not it finds anything."""

    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)
    is_open: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


CALLS = [
    Call("POST", "/enrol", {"json": {"code": "x", "device": {"id": "t", "label": "T"}}}, is_open=True),
    Call("POST", "/actors", {"json": {"key": "AA"}}),
    Call("GET", "/hello"),
    Call("POST", "/commits", {"content": b"{}\n"}),
    Call("GET", "/changes", {"params": {"after": f"{SHARED}:0"}}),
    Call("GET", f"/streams/{SHARED}/snapshot"),
    Call("GET", f"/streams/{SHARED}/snapshot/1"),
    Call("GET", f"/streams/{SHARED}/digest"),
    Call("GET", "/events"),
    Call("GET", "/devices"),
    Call("POST", "/blobs/missing", {"json": {"sha256": [DIGEST]}}),
    Call("OPTIONS", "/blobs/uploads"),
    Call("POST", "/blobs/uploads", {"headers": TUS | {"Upload-Length": "1"}}),
    Call("HEAD", f"/blobs/uploads/{UPLOAD}", {"headers": TUS}),
    Call("PATCH", f"/blobs/uploads/{UPLOAD}", {"headers": CHUNK, "content": b"x"}),
    Call("DELETE", f"/blobs/uploads/{UPLOAD}", {"headers": TUS}),
    Call("GET", f"/blobs/{DIGEST}"),
]
CLOSED = [call for call in CALLS if not call.is_open]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """One application for the whole file: a refusal leaves nothing behind."""
    folder: Path = tmp_path_factory.mktemp("refusals")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'store.db'}"
        (folder / "store.db").write_bytes(request.getfixturevalue("migrated_file").read_bytes())
    else:
        server = request.getfixturevalue("postgres")
        url = server.url(server.create_database(request.getfixturevalue("migrated_database")))
    with evening(url, folder / "data") as made:
        yield made


@pytest.fixture(scope="module")
def alva(house: Evening) -> Tablet:
    return house.tablet("alva")


@pytest.fixture(scope="module")
def cia(house: Evening) -> Tablet:
    return house.tablet("cia")


# Who is calling ---------------------------------------------------------------------------------------------


def routes(house: Evening) -> set[tuple[str, str]]:
    """Every call the application describes."""
    paths = house.client.get("/api/v1/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_endpoint_is_in_the_table(house: Evening) -> None:
    pattern = {"{name}": SHARED, "{seq}": "1", "{upload}": UPLOAD, "{sha256}": DIGEST}

    def filled(path: str) -> str:
        for name, value in pattern.items():
            path = path.replace(name, value)
        return path.removeprefix("/api/v1")

    found = {(method, filled(path)) for method, path in routes(house)}
    assert found == {(call.method, call.path) for call in CALLS}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic YTpi",
        "Bearer a b",
        "Bearer " + "x" * 201,
        "x" * 9_000,
    ],
    ids=lambda h: str(h)[:12],
)
@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_without_a_session_everything_is_unauthenticated(
    house: Evening, call: Call, header: str | None
) -> None:
    headers = call.options.get("headers", {}) | ({} if header is None else {"Authorization": header})
    answer = house.raw(call.method, call.path, **{**call.options, "headers": headers})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    if call.method != "HEAD":
        assert code_of(answer) == "unauthenticated"


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_session_that_is_over_is_none(house: Evening, call: Call) -> None:
    code = house.code("bo")
    past = now_ms() - 10_000
    token, _ = house.db.write_now(lambda conn: redeem(conn, code, NewDevice("old", "Old"), past, 1))
    headers = call.options.get("headers", {}) | {"Authorization": f"Bearer {token}"}
    answer = house.raw(call.method, call.path, **{**call.options, "headers": headers})
    assert answer.status_code == 401


@pytest.mark.parametrize("actor", ["a_" + "0" * 32, "a_1", "x", "../../etc"])
@pytest.mark.parametrize("call", [c for c in CLOSED if c.method != "HEAD" and c.path != "/events"], ids=str)
def test_a_session_may_not_name_an_actor_that_is_not_its_own(
    alva: Tablet, cia: Tablet, call: Call, actor: str
) -> None:
    for wrong in (actor, cia.person.id):
        headers = call.options.get("headers", {}) | {"Insats-Actor": wrong}
        answer = alva.send(call.method, call.path, **{**call.options, "headers": headers})
        assert (answer.status_code, code_of(answer)) == (403, "actor-unknown")


# Addresses and methods --------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_another_method_is_not_allowed(alva: Tablet, call: Call) -> None:
    allowed = {c.method for c in CALLS if c.path == call.path} | {"HEAD", "OPTIONS"}
    if call.path in ("/blobs/missing", "/blobs/uploads"):
        allowed.add("GET")  # asks for a photo of that name
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        answer = alva.send(method, call.path)
        assert (answer.status_code, code_of(answer)) == (405, "method-not-allowed"), method
        assert answer.headers["allow"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", "/hello/", "/streams", "/streams/ref", "/changes/x", "/streams/ref/snapshot/1/2"],
)
def test_an_address_that_does_not_exist_is_not_found(alva: Tablet, method: str, path: str) -> None:
    answer = alva.send(method, path)
    assert (answer.status_code, code_of(answer)) == (404, "not-found")


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/x%00.js",
        "/" + "a" * 5_000,
        "/..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/app/main.py",
        "/\ud83d\ude00"[:1],
    ],
)
def test_no_address_outside_the_interface_makes_the_server_fail(house: Evening, path: str) -> None:
    answer = house.client.get(path)
    assert answer.status_code in (200, 404)
    assert "import" not in answer.text[:200]


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


@pytest.mark.parametrize("path", ["/enrol", "/actors", "/blobs/missing"])
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


def test_a_photo_has_at_most_25_mib(alva: Tablet) -> None:
    meta = {"Upload-Metadata": "sha256 " + "YWI" * 28 + "YWI="}
    for size, status in ((LIMITS.photo_bytes, 400), (LIMITS.photo_bytes + 1, 413)):
        headers = TUS | meta | {"Upload-Length": str(size)}
        answer = alva.send("POST", "/blobs/uploads", headers=headers)
        assert answer.status_code in (201, status)


# Foreign and unknown ----------------------------------------------------------------------------------------


def told(answer: Any) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Everything in an answer that could tell something."""
    return answer.status_code, answer.content, sorted(answer.headers.items())


@pytest.mark.parametrize(
    "call",
    [
        Call("GET", "/changes?after={}:0"),
        Call("GET", "/changes?after=ref:0,{}:0"),
        Call("GET", "/changes?after={}:999999"),
        Call("GET", "/streams/{}/snapshot"),
        Call("GET", "/streams/{}/snapshot/1"),
        Call("GET", "/streams/{}/snapshot/0"),
        Call("GET", "/streams/{}/digest"),
    ],
    ids=str,
)
def test_a_foreign_stream_and_an_unknown_one_are_told_apart_by_nothing(
    alva: Tablet, cia: Tablet, call: Call
) -> None:
    note = alva.person.change("note_1", "text", "hemligt")
    alva.push(alva.person.seal(POLICE, note))
    assert alva.get(f"/streams/{POLICE}/snapshot").status_code == 200
    assert alva.get(call.path.format(POLICE)).status_code in (200, 404, 409)
    answers = [
        told(cia.send(call.method, call.path.format(name))) for name in (POLICE, UNKNOWN, "x", POLICE + "/x")
    ]
    assert answers == [answers[0]] * 4
    assert answers[0][0] == 404


def test_the_list_of_tablets_is_not_there_for_those_who_do_not_watch_them(
    house: Evening, cia: Tablet
) -> None:
    assert (told(cia.get("/devices"))[0], code_of(cia.get("/devices"))) == (404, "not-found")
    assert house.tablet("dan").get("/devices").status_code == 200


@pytest.mark.parametrize("call", [c for c in CALLS if UPLOAD in c.path or DIGEST in c.path], ids=str)
def test_photos_and_uploads_that_are_not_ones_own_are_not_found(cia: Tablet, call: Call) -> None:
    for path in (call.path, call.path.replace(UPLOAD, "x").replace(DIGEST, "x")):
        assert cia.send(call.method, path, **call.options).status_code == 404


# Every answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/api/v1/hello", "/api/v1/nothing", "/api/v1/streams/ref/digest", "/assets/x.js"],
)
def test_every_answer_carries_the_security_headers(house: Evening, alva: Tablet, path: str) -> None:
    answer = house.client.get(path, headers={"Authorization": f"Bearer {alva.token}"})
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/hello", f"/streams/{SHARED}/digest", "/nothing"])
def test_what_belongs_to_a_caller_is_kept_by_no_cache(alva: Tablet, path: str) -> None:
    assert alva.get(path).headers["cache-control"] == "no-store"
