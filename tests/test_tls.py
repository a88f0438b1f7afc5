"""The try-out certificate: a client that trusts our authority, and only such a one, connects."""

import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from app.tls import is_loopback, own_certificate

NOW = datetime.now(UTC)


class Hello(BaseHTTPRequestHandler):
    """Answers every GET."""

    def do_GET(self) -> None:
        """An empty 204."""
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.asvs("V12.3.2")
def test_a_client_that_trusts_the_authority_connects_and_another_does_not(tmp_path: Path) -> None:
    made = own_certificate(tmp_path / "tls", "127.0.0.1", NOW)
    server = HTTPServer(("127.0.0.1", 0), Hello)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.chain, made.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"https://127.0.0.1:{server.server_port}/"
    trusting = ssl.create_default_context(cafile=made.authority)
    assert httpx.get(address, verify=trusting).status_code == 204
    with pytest.raises(httpx.ConnectError):
        httpx.get(address)
    server.shutdown()
    server.server_close()


def test_the_authority_is_kept_so_that_a_tablet_trusts_the_next_start_too(tmp_path: Path) -> None:
    first = own_certificate(tmp_path, "192.168.1.7", NOW).authority.read_bytes()
    assert own_certificate(tmp_path, "192.168.1.9", NOW).authority.read_bytes() == first
    assert (tmp_path / "ca.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("host", "only_here"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("tablet.local", False)],
)
def test_which_hosts_need_no_certificate(host: str, only_here: bool) -> None:
    assert is_loopback(host) is only_here
