"""Nobody learns that another authority's things exist: every route, role, relation and place of the name, both stores.

A question about what is theirs and one about what nobody has must be answered alike: status, headers, body and the number of
statements, so that no clock tells either. docs/decisions/0015-walls.md has the reasons.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import orjson
import pytest
from sqlalchemy import ColumnElement, true

from app.photos import access
from app.sync import service
from tests.walls.town import (
    CALLERS,
    LISTS,
    QUESTIONS,
    RELATIONS,
    Caller,
    Question,
    Secret,
    Town,
    is_told,
    told,
    town,
)

STORES = 2
TRIES = 3
OPEN = {"GET /setup", "POST /setup", "GET /events", "GET /sessions", "POST /actors", "OPTIONS /blobs/uploads"}
"""Routes that name nothing of anybody's: an account's own, or of a fresh name. `/events` has tests of its own (tests/api)."""
ADMINISTRATORS = ("SYSADM", "MYNADM")
WATCHING = ("OPKO_POL", "OPKO_KOM")
"""Who sees the names of people with tablets, which have the canary in them too."""


@pytest.fixture(scope="module")
def here(module_store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """One town for all questions: asking changes nothing that an answer depends on."""
    with town(module_store_url, tmp_path_factory.mktemp("walls") / "data") as made:
        yield made


def is_theirs_to_keep(caller: Caller, question: Question, secret: Secret) -> bool:
    """Whether this administrator keeps the account that is asked about."""
    if caller.role not in ADMINISTRATORS or not ("people" in question.route or "tablets" in question.route):
        return False
    authority = {"author0": "KOM_ALK", "author1": "KOM_SAK", "author3": "POL"}.get(secret.author.user, "SKV")
    return caller.role == "SYSADM" or authority == caller.authority


def leaks(here: Town, caller: Caller, question: Question, secret: Secret) -> list[str]:
    """What is told of the secret that would not be told of nothing."""
    theirs, many, is_content = asked(here, caller, question, secret, question.name(secret))
    unknown, few, _ = asked(here, caller, question, secret, question.unknown(secret))
    found = [
        part for part, a, b in zip(("status", "body", "headers"), theirs, unknown, strict=True) if a != b
    ]
    if is_content:
        found.append("content")
    for _ in range(TRIES):  # what the server does by itself meanwhile is counted too, and only ever adds
        if many == few:
            break
        many = min(many, asked(here, caller, question, secret, question.name(secret))[1])
        few = min(few, asked(here, caller, question, secret, question.unknown(secret))[1])
    return found if many == few else [*found, f"statements {many} for {few}"]


def asked(here: Town, caller: Caller, question: Question, secret: Secret, name: str) -> tuple[Any, int, bool]:
    """What is told when asked for this name, by how many statements, and whether it gives anything of the content away."""
    if question.is_asked_again:
        question.ask(caller, name, secret)
    here.statements.clear()
    answer = question.ask(caller, name, secret)
    return told(answer, name), len(here.statements), is_told(answer.content)


def all_leaks(here: Town, caller: Caller) -> list[str]:
    return [
        f"{question} of {relation}: {', '.join(found)}"
        for question, (relation, secret) in product(QUESTIONS, here.outside(caller).items())
        if not is_theirs_to_keep(caller, question, secret)
        and (found := leaks(here, caller, question, secret))
    ]


@pytest.mark.asvs("V8.2.2", "V8.4.1")
@pytest.mark.parametrize("name", CALLERS)
def test_what_is_theirs_and_what_is_nobody_s_are_answered_alike(here: Town, name: str) -> None:
    assert all_leaks(here, here.callers[name]) == []


@pytest.mark.asvs("V8.4.1", "V15.3.1")
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("name", CALLERS)
def test_what_is_told_unasked_says_nothing_of_them(here: Town, name: str, path: str) -> None:
    """But for the chains of a caller who has written there: that they did is no secret to them."""
    caller = here.callers[name]
    content = caller.tablet.get(path).content
    if path == "/hello" and caller.is_here:
        content = orjson.dumps(
            {key: value for key, value in orjson.loads(content).items() if key != "chains"}
        )
    assert not is_told(content) or caller.role in (*ADMINISTRATORS, *WATCHING)
    for secret in here.outside(caller).values():
        told_of = [secret.stream, secret.digest, secret.upload, secret.commit]
        if caller.role not in ADMINISTRATORS and path != "/devices":
            told_of += [secret.author.user, secret.device, secret.author.person.id]
        assert [each for each in told_of if each.encode() in content] == []


@pytest.mark.asvs("V8.2.1")
def test_the_questions_are_many_and_leave_no_route_out(here: Town) -> None:
    cases = sum(
        not is_theirs_to_keep(caller, question, secret)
        for caller in here.callers.values()
        for question, secret in product(QUESTIONS, here.outside(caller).values())
    )
    assert STORES * (cases + len(CALLERS) * len(LISTS)) >= 2_000
    paths = here.client.get("/api/v1/openapi.json").json()["paths"]
    routes = {
        f"{method.upper()} {path.removeprefix('/api/v1')}" for path, ways in paths.items() for method in ways
    }
    listed = {f"GET {path.partition('?')[0]}" for path in LISTS}
    assert routes - OPEN - listed == {question.route for question in QUESTIONS} - listed


def test_who_belongs_there_is_told(here: Town) -> None:
    """The questions are ones that have an answer: whoever may know gets another one than for what nobody has."""
    for secret in here.secrets.values():
        author = Caller("author", "LAGLED", "", frozenset({secret.stream}), secret.author)
        asked_here = [q for q in QUESTIONS if is_read(q) and (has_photo(secret) or "blobs" not in q.route)]
        silent = [str(q) for q in asked_here if not leaks(here, author, q, secret)]
        assert silent == []


def is_read(question: Question) -> bool:
    return question.route.startswith(("GET /changes", "GET /streams", "GET /blobs", "POST /commits"))


def has_photo(secret: Secret) -> bool:
    return secret.stream.rpartition("/")[2] not in ("shared", "plan")


# The matrix finds what it is for ------------------------------------------------------------------------------------


@pytest.fixture
def breached(here: Town, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Town:
    """The town without one of its walls."""
    wall: Any = request.param
    wall(monkeypatch)
    return here


def no_revocation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was in a stream once reads it for ever."""
    open_to_all = service._PARTS.with_only_columns(*service._PARTS.selected_columns)
    member = service._member.c
    criteria = service._PARTS._where_criteria
    kept = [each for each in criteria if "revoked" not in str(each)]
    assert len(kept) < len(criteria)
    open_to_all._where_criteria = tuple(kept)
    assert member is not None
    monkeypatch.setattr(service, "_PARTS", open_to_all)


def photos_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who knows a digest gets the photo."""

    def anybody(_: str) -> ColumnElement[bool]:
        return true()

    monkeypatch.setattr(access, "_is_readable", anybody)


@pytest.mark.parametrize(
    ("breached", "name", "route"),
    [(no_revocation, "former", "GET /changes"), (photos_for_all, "INSP", "GET /blobs/{sha256}")],
    indirect=["breached"],
)
def test_a_missing_wall_is_found(breached: Town, name: str, route: str) -> None:
    assert [leak for leak in all_leaks(breached, breached.callers[name]) if leak.startswith(route)]


def test_every_relation_is_asked_about(here: Town) -> None:
    assert set(here.secrets) == set(RELATIONS)
    assert all(here.outside(here.callers[name]) for name in CALLERS)
