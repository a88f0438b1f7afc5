"""Every answer, of whatever route and however it ends, carries the headers that keep a browser from being used against us."""

from pathlib import Path

import pytest

from app.main import HSTS, SECURITY_HEADERS
from tests.api.evening import Evening, evening

ASKED = (
    ("GET", "/", 200),
    ("GET", "/sw.js", 200),
    ("GET", "/manifest.webmanifest", 200),
    ("GET", "/nothing.js", 404),
    ("GET", "/healthz", 200),
    ("GET", "/api/v1/setup", 200),
    ("GET", "/api/v1/hello", 401),
    ("GET", "/api/v1/nothing", 404),
    ("PUT", "/api/v1/hello", 405),
    ("POST", "/api/v1/enrol", 400),
    ("POST", "/api/v1/commits", 401),
    ("GET", f"/api/v1/blobs/{'a' * 64}", 401),
)


@pytest.mark.asvs("V3.4.3", "V3.4.4", "V3.4.5", "V3.4.6")
@pytest.mark.parametrize(("method", "path", "status"), ASKED)
def test_every_answer_carries_them(night: Evening, method: str, path: str, status: int) -> None:
    answer = night.client.request(method, path, content=b"{}" if method == "POST" else None)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "Strict-Transport-Security" not in answer.headers
    assert "server" not in answer.headers


@pytest.mark.asvs("V3.4.1")
@pytest.mark.parametrize(("method", "path", "status"), ASKED)
def test_where_people_come_by_tls_they_stay_there(
    store_url: str, tmp_path: Path, method: str, path: str, status: int
) -> None:
    with evening(store_url, tmp_path / "data", public_url="https://insats.example") as night:
        answer = night.client.request(method, path, content=b"{}" if method == "POST" else None)
        assert (answer.status_code, answer.headers["Strict-Transport-Security"]) == (
            status,
            HSTS["Strict-Transport-Security"],
        )


def test_an_answer_that_fails_inside_carries_them_too(
    night: Evening, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(night.db, "read", broken)
    answer = night.client.get("/healthz")
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
