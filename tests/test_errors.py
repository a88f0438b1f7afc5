"""Every failure is a problem document, and the page about them lists exactly those that exist."""

import logging
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.errors import CATALOGUE, ChainGap, Internal, NotFound, Problem, TooMany, install

PAGE = Path(__file__).parents[1] / "docs" / "errors.md"


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    install(app)

    @app.get("/api/v1/number/{number}")
    def number(number: int) -> int:
        return number

    @app.get("/api/v1/crash")
    def crash() -> None:
        raise RuntimeError("the password is hunter2")

    @app.get("/api/v1/gap")
    def gap() -> None:
        raise ChainGap(expect=41)

    @app.get("/api/v1/busy")
    def busy() -> None:
        raise TooMany(retry_after=7)

    return TestClient(app, raise_server_exceptions=False)


def test_the_page_lists_exactly_the_catalogue() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    assert {code: int(status) for code, status, *_ in rows} == {k: v.status for k, v in CATALOGUE.items()}


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE)
def test_a_title_is_one_sentence_of_its_own(kind: type[Problem]) -> None:
    title = kind.title()
    assert re.fullmatch(r"[A-Z].+\.", title)
    assert [other.title() for other in CATALOGUE.values()].count(title) == 1


def test_a_document_has_the_members_of_rfc_9457_and_its_own() -> None:
    assert ChainGap("commit 44", expect=43).document() == {
        "type": "urn:insats:chain-gap",
        "title": ChainGap.title(),
        "status": 409,
        "detail": "commit 44",
        "expect": 43,
    }
    assert "detail" not in NotFound().document()


@pytest.mark.asvs("V4.1.1")
@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/api/v1/unknown", "not-found"),
        ("GET", "/api/v1/number/seven", "malformed"),
        ("DELETE", "/api/v1/number/7", "method-not-allowed"),
        ("GET", "/api/v1/gap", "chain-gap"),
        ("GET", "/api/v1/busy", "too-many"),
        ("GET", "/api/v1/crash", "internal"),
    ],
)
def test_every_failure_is_a_problem_document(client: TestClient, method: str, path: str, code: str) -> None:
    answer = client.request(method, path)
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (document["type"], document["status"]) == (f"urn:insats:{code}", answer.status_code)
    assert answer.status_code == CATALOGUE[code].status


@pytest.mark.asvs("V16.5.1", "V13.4.2")
def test_what_went_wrong_is_in_the_log_only(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "insats"):
        answer = client.get("/api/v1/crash?code=secret")
    assert "hunter2" not in answer.text
    reference = answer.json()["detail"].removeprefix("Reference ").removesuffix(".")
    assert reference in caplog.text
    assert "hunter2" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.asvs("V16.5.1")
def test_what_was_sent_is_not_repeated(client: TestClient) -> None:
    assert "seven" not in client.get("/api/v1/number/seven").text


def test_a_problem_brings_its_headers(client: TestClient) -> None:
    assert client.get("/api/v1/busy").headers["retry-after"] == "7"
    assert client.delete("/api/v1/number/7").headers["allow"] == "GET"


def test_nothing_of_an_internal_failure_is_told_by_default() -> None:
    assert set(Internal().document()) == {"type", "title", "status"}
