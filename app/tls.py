"""HTTPS for a try-out on a local network.

A browser gives an app storage, keys and a camera only over HTTPS (or on the machine itself), so a tablet cannot use a plain
address. The server makes an authority of its own and a certificate for its addresses; the tablet installs `ca.crt` once. In
production a reverse proxy with a real certificate stands here instead.
"""

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LEAF_DAYS = 390
"""Browsers refuse certificates that live much longer than a year."""
AUTHORITY_DAYS = 3650


@dataclass(frozen=True)
class Certificate:
    """Files for uvicorn, and the authority that a tablet must trust."""

    chain: Path
    key: Path
    authority: Path


def local_address() -> str:
    """This machine's address on its network; nothing is sent to find it out. The loopback where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
    return address


def is_loopback(host: str) -> bool:
    """Whether only this machine itself reaches the host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_certificate(folder: Path, host: str, now: datetime) -> Certificate:
    """A certificate for `host` by our own authority, made anew at each start; the authority is kept in `folder`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, authority_key = _authority(folder, now)
    key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        _builder("Insats", now, LEAF_DAYS, key)
        .issuer_name(authority.subject)
        .add_extension(x509.SubjectAlternativeName([_name(host), x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    chain, key_file = folder / "server.crt", folder / "server.key"
    chain.write_bytes(leaf.public_bytes(Encoding.PEM))
    _write_secret(key_file, key)
    return Certificate(chain, key_file, folder / "ca.crt")


def _authority(folder: Path, now: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    file, key_file = folder / "ca.crt", folder / "ca.key"
    if file.exists() and key_file.exists():
        kept = load_pem_private_key(key_file.read_bytes(), None)
        if isinstance(kept, ec.EllipticCurvePrivateKey):
            return x509.load_pem_x509_certificate(file.read_bytes()), kept
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Insats try-out authority")])
    made = (
        _builder("Insats try-out authority", now, AUTHORITY_DAYS, key)
        .issuer_name(subject)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    _write_secret(key_file, key)
    file.write_bytes(made.public_bytes(Encoding.PEM))
    return made, key


def _builder(name: str, now: datetime, days: int, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write_secret(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)


def utc_now() -> datetime:
    """The time for certificates."""
    return datetime.now(UTC)
