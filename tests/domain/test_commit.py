"""How a commit is sealed, and that nothing in it can be altered unseen."""

import base64
import json
from dataclasses import replace
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain import commit
from app.domain.change import Change, line_of
from app.domain.commit import (
    Envelope,
    Malformed,
    TooLarge,
    b64,
    is_authentic,
    open_envelope,
    seal,
    sha256,
    unb64,
)
from tests.domain.vectors import FOLDER

VECTORS = json.loads((FOLDER / "commit.json").read_text())
POINT = unb64(VECTORS["key"])
KEY = commit.public_key(POINT)
OWN = ec.generate_private_key(ec.SECP256R1())
STREAM = "op/01639815-0000-7000-8000-000000000003/POL"
CHANGES = [Change(f"01639815-0000-7000-8000-00000000000{n}", "note_1", "text", "hej", n) for n in range(3)]


def sealed(**header: Any) -> dict[str, str]:
    """A commit's three strings with header fields set anew, signed again; `...` leaves one out."""
    wire = seal(OWN, STREAM, 1, "", CHANGES, app="test", sent=7).wire()
    fields = {k: v for k, v in (json.loads(wire["h"]) | header).items() if v is not ...}
    h = json.dumps(fields)
    return {**wire, "h": h, "s": commit.sign(OWN, h.encode())}


# The browser's commits --------------------------------------------------------------------------------------


def test_an_actor_is_named_by_its_key() -> None:
    assert commit.actor_id(POINT) == VECTORS["actor"]
    assert commit.point_of(KEY) == POINT


@pytest.mark.parametrize("wire", VECTORS["commits"], ids=lambda w: w["hash"][:14])
def test_a_commit_of_the_browser_is_authentic(wire: dict[str, str]) -> None:
    envelope = open_envelope(wire)
    assert envelope.hash == wire["hash"]
    assert is_authentic(envelope, KEY)
    assert envelope.wire() == {k: wire[k] for k in "hbs"}


def test_the_chain_of_a_stream_is_that_of_the_browser() -> None:
    chain = commit.FIRST_CHAIN
    for step in VECTORS["chain"]:
        chain = commit.next_chain(chain, step["r"])
        assert chain.hex() == step["chain"].removeprefix("sha256:")


# Sealing ----------------------------------------------------------------------------------------------------


def test_what_is_sealed_here_opens_again() -> None:
    first = seal(OWN, STREAM, 1, "", CHANGES, app="test", sent=7, off=-3)
    second = seal(OWN, STREAM, 2, first.hash, [], app="test", sent=8)
    for envelope in (first, second):
        assert open_envelope(envelope.wire()) == envelope
        assert is_authentic(envelope, OWN.public_key())
    assert first.b == "".join(map(line_of, CHANGES))
    assert (first.changes, second.changes, second.prev, second.b) == (3, 0, first.hash, "")


def test_the_first_commit_of_a_chain_brings_the_key() -> None:
    first = seal(OWN, STREAM, 1, "", CHANGES, app="test", sent=7)
    second = seal(OWN, STREAM, 2, first.hash, CHANGES, app="test", sent=7)
    assert unb64(json.loads(first.h)["key"]) == commit.point_of(OWN.public_key())
    assert "key" not in json.loads(second.h)


def test_a_signature_is_64_bytes_in_base64url() -> None:
    signatures = [commit.sign(OWN, bytes([n])) for n in range(64)]
    assert {len(unb64(s)) for s in signatures} == {64}
    assert all(commit.verify(OWN.public_key(), s, bytes([n])) for n, s in enumerate(signatures))


@pytest.mark.parametrize(
    "wrong", ["", "A", "AA", "A" * 85, "A" * 86, "A" * 87, "å" * 86, "+" * 86, "A" * 86 + "=="]
)
def test_a_wrong_signature_is_told_and_never_raised(wrong: str) -> None:
    assert not commit.verify(OWN.public_key(), wrong, b"data")


@pytest.mark.parametrize("data", [b"", b"\xfb\xff", bytes(range(7))])
def test_base64url_has_no_padding_and_comes_back(data: bytes) -> None:
    assert b64(data) == base64.urlsafe_b64encode(data).decode().rstrip("=")
    assert unb64(b64(data)) == data


@pytest.mark.parametrize("point", [b"", b"\4" + bytes(64), b"\5" + POINT[1:], POINT + b"\0"])
def test_what_is_not_a_point_of_the_curve_is_no_key(point: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the library's message is not ours to promise
        commit.public_key(point)


# Tampering --------------------------------------------------------------------------------------------------

GENUINE = seal(OWN, STREAM, 1, "", CHANGES, app="test", sent=7)


def flipped(text: str, at: int) -> str:
    return text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]


@pytest.mark.asvs("V11.4.3")
@pytest.mark.parametrize("part", ["h", "b", "s"])
def test_every_flipped_bit_of_a_commit_is_seen(part: str) -> None:
    wire = GENUINE.wire()
    # The last character of a signature has bits that stand for nothing.
    for at in range(len(wire[part]) - (part == "s")):
        try:
            forged = open_envelope(wire | {part: flipped(wire[part], at)})
        except Malformed:
            continue
        assert not is_authentic(forged, OWN.public_key()), at


@pytest.mark.parametrize(
    "body",
    ["", GENUINE.b + "\n", GENUINE.b.rstrip("\n"), GENUINE.b + GENUINE.b],
    ids=["none", "more", "cut", "twice"],
)
def test_a_body_has_as_many_lines_as_its_header_says(body: str) -> None:
    wire = sealed(body=sha256(body)) | {"b": body}
    assert not is_authentic(open_envelope(wire), OWN.public_key())


def test_a_commit_is_not_authentic_under_another_key() -> None:
    assert not is_authentic(GENUINE, KEY)
    assert not is_authentic(replace(GENUINE, b=GENUINE.b.replace("hej", "nej")), OWN.public_key())


# Form -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [None, [], "", {}, {"h": "", "b": "", "s": None}, {"h": 1, "b": "", "s": ""}]
)
def test_what_is_no_envelope_is_malformed(data: Any) -> None:
    with pytest.raises(Malformed):
        open_envelope(data)


@pytest.mark.parametrize("header", ["", "{", "[]", "null", "7", "{}", '{"v":1}', "\0"])
def test_a_header_that_cannot_be_read_is_malformed(header: str) -> None:
    with pytest.raises(Malformed):
        open_envelope({"h": header, "b": "", "s": ""})


@pytest.mark.asvs("V1.4.2")
@pytest.mark.parametrize(
    "header",
    [
        {"v": 2},
        {"v": ...},
        {"v": True},
        {"v": "1"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"actor": None},
        {"stream": ...},
        {"stream": "op/x/POL"},
        {"stream": "REF"},
        {"n": 0},
        {"n": -1},
        {"n": "1"},
        {"n": True},
        {"n": 1.0},
        {"v": 1.0},
        {"prev": None},
        {"prev": ...},
        {"changes": -1},
        {"changes": None},
        {"body": 7},
        {"off": "0"},
        {"off": 0.5},
        {"off": 2**48},
        {"off": -(2**48)},
    ],
    ids=repr,
)
def test_a_header_with_a_wrong_field_is_malformed(header: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        open_envelope(sealed(**header))


def test_a_header_may_leave_out_the_clock_offset_and_say_more_than_we_know() -> None:
    assert open_envelope(sealed(off=...)).off == 0
    assert open_envelope(sealed(later={"a": 1})).n == 1


def test_a_body_with_a_nul_is_malformed_since_no_text_column_holds_one() -> None:
    body = line_of(CHANGES[0]).replace("hej", "h\0j")
    with pytest.raises(Malformed):
        open_envelope(sealed(body=sha256(body), changes=1) | {"b": body})


# Limits -----------------------------------------------------------------------------------------------------


def sized(size: int, character: str) -> dict[str, str]:
    """A commit whose header and body have this many bytes together."""
    wire = sealed()
    room = size - len(wire["h"])
    body = character * (room // len(character.encode()))
    return wire | {"b": body + "x" * (room - len(body.encode()))}


@pytest.mark.parametrize("character", ["x", "å", "📷"])
def test_header_and_body_have_at_most_a_mebibyte(character: str) -> None:
    assert open_envelope(sized(commit.LIMIT_BYTES, character)).n == 1
    with pytest.raises(TooLarge):
        open_envelope(sized(commit.LIMIT_BYTES + 1, character))


def test_a_commit_has_at_most_500_changes() -> None:
    assert isinstance(open_envelope(sealed(changes=commit.LIMIT_CHANGES)), Envelope)
    with pytest.raises(TooLarge):
        open_envelope(sealed(changes=commit.LIMIT_CHANGES + 1))


def test_a_commit_of_500_changes_can_be_read() -> None:
    many = [replace(CHANGES[0], id=f"01639815-0000-7000-8000-{n:012x}") for n in range(commit.LIMIT_CHANGES)]
    envelope = seal(OWN, STREAM, 1, "", many, app="test", sent=7)
    assert is_authentic(open_envelope(orjson.loads(orjson.dumps(envelope.wire()))), OWN.public_key())
