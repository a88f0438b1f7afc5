"""The server's own keys: one signs receipts and is the actor of the server's jobs, one opens what was sealed to it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.domain.commit import actor_id, b64, point_of, sign, unb64, verify

SIGNING, SEALING = "server.key", "seal.key"
"""The files of the two keys in the data folder."""


@dataclass(frozen=True)
class ServerKey:
    """A P-256 key with its public point and the actor id that follows from it."""

    private: ec.EllipticCurvePrivateKey
    point: bytes

    @property
    def kid(self) -> str:
        """The key's name in receipts, also the id of the server's actor."""
        return actor_id(self.point)

    def public(self) -> dict[str, str]:
        """What `hello` tells a client to verify receipts with."""
        return {"kid": self.kid, "key": b64(self.point)}

    def receipt(self, payload: dict[str, Any]) -> str:
        """A compact JWS (RFC 7515, ES256) over the payload."""
        header = b64(orjson.dumps({"alg": "ES256", "kid": self.kid}))
        signed = f"{header}.{b64(orjson.dumps(payload))}"
        return f"{signed}.{sign(self.private, signed.encode())}"

    def received_in(self, receipt: str) -> dict[str, int]:
        """When each commit that a receipt names was received, by its hash; empty if this key did not sign it.

        Never raises: a receipt comes back from tablets.
        """
        signed, _, signature = receipt.rpartition(".")
        if not receipt.isascii() or not verify(self.private.public_key(), signature, signed.encode()):
            return {}
        try:
            payload = orjson.loads(unb64(signed.partition(".")[2]))
            return {result["hash"]: result["received"] for result in payload["results"]}
        except (ValueError, KeyError, TypeError):  # signed with this key, but no receipt
            return {}


@dataclass(frozen=True)
class SealKey:
    """A P-256 key (ECDH) that only opens: what is encrypted to its point nobody but the server can read."""

    private: ec.EllipticCurvePrivateKey
    point: bytes


def server_key(folder: Path) -> ServerKey:
    """The key kept in `server.key` of the data folder, made at the first call; readable by its owner alone."""
    private = _kept(folder / SIGNING)
    return ServerKey(private, point_of(private.public_key()))


def seal_key(folder: Path) -> SealKey:
    """The key kept in `seal.key` beside it, made at the first call."""
    private = _kept(folder / SEALING)
    return SealKey(private, point_of(private.public_key()))


def read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key in a PEM file; ValueError or TypeError where it holds none of ours."""
    private = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{path} holds no elliptic-curve key")
    return private


def _kept(path: Path) -> ec.EllipticCurvePrivateKey:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
        keep_key(path, pem)
    return read_key(path)


def keep_key(path: Path, pem: bytes) -> None:
    """Write a key file that is not there yet, through to the disk; one that another process made meanwhile stays."""
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # unlike rename, never replaces the key that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        draft.unlink()
