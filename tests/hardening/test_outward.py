"""The server calls nobody: from start to backup it connects to itself and its store alone, and no page names a stranger."""

import hashlib
import re
import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.clock import now_ms
from tests.api.evening import evening
from tests.photos.hostile import photo
from tests.sync.world import POLICE
from tests.walls.town import promise

DIST = Path(__file__).resolve().parents[2] / "static" / "dist"
NAMES = ("http://www.w3.org/", "http://insats.invalid")
"""Namespaces, and the base that an address without a host is read against: names that nobody calls."""
STRANGER = "192.0.2.1"
_calls: list[Any] = []
_is_on = [False]


def _listen(name: str, args: tuple[Any, ...]) -> None:
    if _is_on[0] and name in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        _calls.append((name, args[1] if name != "socket.getaddrinfo" else args[0]))


sys.addaudithook(_listen)


@pytest.fixture
def calls() -> Iterator[list[Any]]:
    """Where this process connects to, and what it asks the name service for, from now on."""
    _calls.clear()
    _is_on[0] = True
    yield _calls
    _is_on[0] = False


def is_ours(name: str, where: Any) -> bool:
    """Whether a call stays on the machine: a path of a socket, or a loopback address."""
    if isinstance(where, (str, bytes)) and name == "socket.connect":
        return True
    host = where[0] if isinstance(where, tuple) else where
    return host in (None, "", "localhost") or ip_address(str(host)).is_loopback


@pytest.mark.asvs("V1.3.6", "V13.2.4", "V14.2.3")
def test_from_start_to_backup_nobody_is_called(
    store_url: str, tmp_path: Path, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("INSATS_DATA", str(data))
    monkeypatch.setenv("INSATS_DATABASE_URL", store_url)
    assert main(["demo", "--stage", "planned"]) == 0
    with evening(store_url, data) as night:
        alva = night.tablet("alva")
        alva.push(alva.person.seal(POLICE, alva.person.change("note_1", "text", "hej", at=now_ms())))
        _show_a_photo(alva)
        for path in ("/", "/api/v1/setup", "/api/v1/openapi.json"):
            assert night.client.get(path).status_code == 200
    main(["backup"])
    main(["check"])
    main(["doctor"])
    assert [call for call in calls if not is_ours(*call)] == []


def _show_a_photo(tablet: Any) -> None:
    data = photo()
    digest = hashlib.sha256(data).hexdigest()
    sent = tablet.send("POST", "/blobs/uploads", headers=promise(digest, len(data)), content=data)
    assert sent.status_code == 201
    value = {"sha256": digest, "mime": "image/jpeg", "size": len(data)}
    named = tablet.person.change("photo_01639815-0000-7000-8000-000000000001", "blob", value, at=now_ms())
    tablet.push(tablet.person.seal(POLICE, named))
    assert tablet.get(f"/blobs/{digest}/view").status_code == 200


def test_a_call_would_be_noticed(calls: list[Any]) -> None:
    with socket.socket() as line:
        line.settimeout(0.05)
        assert line.connect_ex((STRANGER, 9)) != 0
    assert [call for call in calls if not is_ours(*call)] == [("socket.connect", (STRANGER, 9))]


@pytest.mark.asvs("V3.7.2", "V14.2.3")
def test_no_page_names_a_stranger() -> None:
    named = {
        f"{path.name}: {found}"
        for path in DIST.rglob("*")
        if path.suffix in (".js", ".css", ".html", ".webmanifest", ".svg")
        for found in re.findall(r"""(?:https?:)?//[a-z0-9-]+\.[a-z0-9.-]+[^\s"'`)]*""", path.read_text())
        if not found.startswith(NAMES)
    }
    assert named == set()
