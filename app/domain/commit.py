"""A commit: changes sealed by one actor for one stream, and how its envelope is checked.

Header and body are strings whose exact bytes are hashed and signed; nothing here re-serialises what somebody else wrote.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.change import Change, line_of
from app.domain.streams import stream_class

LIMIT_CHANGES = 500
LIMIT_BYTES = 1_048_576
GENESIS = ""
"""The `prev` of the first commit of a chain."""

_ECDSA = ec.ECDSA(hashes.SHA256())


class Malformed(ValueError):
    """The envelope is not one of ours; the argument says what is wrong with it."""


class TooLarge(ValueError):
    """The envelope is above a limit; the argument says which."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One line of `POST /commits`: header and body as signed, signature, and the header's parts."""

    h: str
    b: str
    s: str
    actor: str
    stream: str
    n: int
    prev: str
    changes: int
    body: str
    off: int
    hash: str
    r: str | None = None
    """The receipt that its tablet holds for it, if it sends it again; not part of the commit."""

    def wire(self) -> dict[str, str]:
        """The three strings that every commit travels as."""
        return {"h": self.h, "b": self.b, "s": self.s}


def sha256(data: str) -> str:
    """`sha256:<hex>` of the text's UTF-8 bytes."""
    return "sha256:" + hashlib.sha256(data.encode()).hexdigest()


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding; ValueError for anything else, also for another spelling of the same bytes."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64(data) != text:
        raise ValueError("not the one spelling of these bytes")
    return data


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The raw public point: 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def public_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """The key of a raw point; ValueError where it is not on the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


def actor_id(point: bytes) -> str:
    """An actor's id: `a_` and half of the SHA-256 of its public point."""
    return "a_" + hashlib.sha256(point).hexdigest()[:32]


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> str:
    """The signature as WebCrypto gives it: base64url of r‖s, 64 bytes."""
    r, s = decode_dss_signature(key.sign(data, _ECDSA))
    return b64(r.to_bytes(32) + s.to_bytes(32))


def verify(key: ec.EllipticCurvePublicKey, signature: str, data: bytes) -> bool:
    """Whether the signature is this key's over the data; never raises."""
    try:
        raw = unb64(signature)
        if len(raw) != 64:
            return False
        der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
        key.verify(der, data, _ECDSA)
    except (ValueError, InvalidSignature):
        return False
    return True


def seal(
    key: ec.EllipticCurvePrivateKey,
    stream: str,
    n: int,
    prev: str,
    changes: Sequence[Change],
    *,
    app: str,
    sent: int,
    off: int = 0,
) -> Envelope:
    """Seal changes into commit number `n` of this actor in this stream."""
    point = point_of(key.public_key())
    body = "".join(map(line_of, changes))
    header: dict[str, Any] = {
        "v": 1,
        "alg": "ES256",
        "actor": actor_id(point),
        "stream": stream,
        "n": n,
        "prev": prev,
        "app": app,
        "sent": sent,
        "off": off,
        "changes": len(changes),
        "body": sha256(body),
    }
    if n == 1:
        header["key"] = b64(point)
    h = orjson.dumps(header).decode()
    return open_envelope({"h": h, "b": body, "s": sign(key, h.encode())})


def open_envelope(data: Any) -> Envelope:
    """Read an envelope's form and limits; its signature and body hash are checked by `is_authentic`."""
    if type(data) is not dict or not all(type(data.get(k)) is str for k in ("h", "b", "s")):
        raise Malformed("a commit is an object with the strings h, b and s")
    h, b, s = data["h"], data["b"], data["s"]
    try:
        is_too_large = len(h) + len(b) > LIMIT_BYTES or len((h + b).encode()) > LIMIT_BYTES
    except UnicodeEncodeError:
        raise Malformed("a commit is text, without lone surrogates") from None
    if is_too_large:
        raise TooLarge(f"a commit has at most {LIMIT_BYTES} bytes")
    if "\0" in b:
        raise Malformed("a body holds no U+0000, which is neither JSON nor fit for a text column")
    header = _header(h)
    if header["changes"] > LIMIT_CHANGES:
        raise TooLarge(f"a commit has at most {LIMIT_CHANGES} changes")
    parts = {name: header[name] for name in _TYPES}
    receipt = data.get("r")
    return Envelope(h, b, s, **parts, hash=sha256(h), r=receipt if type(receipt) is str else None)


_TYPES = {"actor": str, "stream": str, "n": int, "prev": str, "changes": int, "body": str, "off": int}


def _header(h: str) -> dict[str, Any]:
    try:
        header = orjson.loads(h)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"the header is not JSON: {error}") from None
    if type(header) is not dict or not _is_version_1(header):
        raise Malformed("the header is not of version 1 with ES256")
    for name, kind in _TYPES.items():
        if type(header.setdefault(name, 0 if name == "off" else None)) is not kind:
            raise Malformed(f"the header's {name} is missing or of another type")
    if not 1 <= header["n"] < 2**53 or header["changes"] < 0 or abs(header["off"]) > 2**47:
        raise Malformed("the header's numbers are out of range")
    if stream_class(header["stream"]) is None:
        raise Malformed("the header names no stream")
    return header


def _is_version_1(header: dict[str, Any]) -> bool:
    """`true` and `1.0` are not 1, and whatever else stands there is looked at no further: it may be nested without end."""
    version = header.get("v")
    return type(version) is int and version == 1 and header.get("alg") == "ES256"


def is_authentic(envelope: Envelope, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether header and body are what the actor signed."""
    return (
        envelope.body == sha256(envelope.b)
        and envelope.b.count("\n") == envelope.changes
        and (not envelope.b or envelope.b.endswith("\n"))
        and verify(key, envelope.s, envelope.h.encode())
    )


def next_chain(chain: bytes, r: str) -> bytes:
    """chain(k) = SHA-256(chain(k−1) ‖ SHA-256(r)), raw digests."""
    return hashlib.sha256(chain + hashlib.sha256(r.encode()).digest()).digest()


FIRST_CHAIN = bytes(32)
