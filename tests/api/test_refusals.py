"""Every endpoint tells what is wrong with a request in one form, and nothing that the caller may not know."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.auth.service import NewDevice, redeem
from app.clock import now_ms
from app.settings import Limits
from app.sync.courier import MEDIA_TYPE as COURIER
from tests.api.evening import UNKNOWN, Evening, Tablet, code_of
from tests.sync.world import POLICE, SHARED

DIGEST = "ab" * 32
UPLOAD = "cd" * 16
SOMEBODY, SOMETHING = "pol.nobody", "tablet-nowhere"
ACCOUNT = {"name": "N", "id": "n", "authority": "POL"}
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
    Call("GET", "/held"),
    Call("POST", "/courier", {"content": b"x", "headers": {"Content-Type": COURIER}}),
    Call("GET", "/events"),
    Call("GET", "/devices"),
    Call("POST", "/blobs/missing", {"json": {"sha256": [DIGEST]}}),
    Call("OPTIONS", "/blobs/uploads"),
    Call("POST", "/blobs/uploads", {"headers": TUS | {"Upload-Length": "1"}}),
    Call("HEAD", f"/blobs/uploads/{UPLOAD}", {"headers": TUS}),
    Call("PATCH", f"/blobs/uploads/{UPLOAD}", {"headers": CHUNK, "content": b"x"}),
    Call("DELETE", f"/blobs/uploads/{UPLOAD}", {"headers": TUS}),
    Call("GET", f"/blobs/{DIGEST}"),
    Call("GET", f"/blobs/{DIGEST}/view"),
    Call("GET", "/setup", is_open=True),
    Call(
        "POST", "/setup", {"json": ACCOUNT | {"code": "x", "device": {"id": "t", "label": "T"}}}, is_open=True
    ),
    Call("GET", "/people"),
    Call("POST", "/people", {"json": ACCOUNT | {"role": "INSP"}}),
    Call("POST", f"/people/{SOMEBODY}/link"),
    Call("POST", f"/people/{SOMEBODY}/close"),
    Call("DELETE", f"/people/{SOMEBODY}/sessions/{SOMETHING}"),
    Call("POST", f"/tablets/{SOMETHING}/block"),
    Call("GET", "/sessions"),
    Call("DELETE", f"/sessions/{SOMETHING}"),
]
CLOSED = [call for call in CALLS if not call.is_open]
DELIVERING = ("/actors", "/hello", "/commits", "/courier", "/blobs/missing", "/blobs/uploads")
"""What a tablet may do whose right to read has gone."""


# Who is calling ---------------------------------------------------------------------------------------------


def routes(house: Evening) -> set[tuple[str, str]]:
    """Every call the application describes."""
    paths = house.client.get("/api/v1/openapi.json").json()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


@pytest.mark.asvs("V13.4.5")
def test_every_endpoint_is_in_the_table(house: Evening) -> None:
    pattern = {"{name}": SHARED, "{seq}": "1", "{upload}": UPLOAD, "{sha256}": DIGEST}
    pattern |= {"{user}": SOMEBODY, "{device}": SOMETHING}

    def filled(path: str) -> str:
        for name, value in pattern.items():
            path = path.replace(name, value)
        return path.removeprefix("/api/v1")

    found = {(method, filled(path)) for method, path in routes(house)}
    assert found == {(call.method, call.path) for call in CALLS}


@pytest.mark.asvs("V8.3.1", "V6.3.4")
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
def test_a_session_that_has_lapsed_delivers_and_does_nothing_else(house: Evening, call: Call) -> None:
    code = house.code("bo")
    past = now_ms() - 10_000
    token, _ = house.db.write_now(lambda conn: redeem(conn, code, NewDevice("old", "Old"), past, 1))
    headers = call.options.get("headers", {}) | {"Authorization": f"Bearer {token}"}
    answer = house.raw(call.method, call.path, **{**call.options, "headers": headers})
    assert (answer.status_code != 401) is call.path.startswith(DELIVERING)


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


@pytest.mark.asvs("V3.5.3", "V13.4.4")
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


@pytest.mark.asvs("V13.4.1", "V13.4.3")
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


@pytest.mark.asvs("V14.3.2", "V14.2.2")
@pytest.mark.parametrize("path", ["/hello", f"/streams/{SHARED}/digest", "/nothing"])
def test_what_belongs_to_a_caller_is_kept_by_no_cache(alva: Tablet, path: str) -> None:
    assert alva.get(path).headers["cache-control"] == "no-store"
