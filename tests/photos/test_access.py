"""Bytes are told about and given only where a stream of the caller names them (I9)."""

import pytest
from sqlalchemy import event

from app.auth.accounts import revoke
from app.clock import now_ms
from app.photos import access
from tests.auth.house import ALCOHOL, POLICE, Tablet, code_of, told
from tests.photos.album import Album, ask, create, deliver, jpeg, sha

DATA = jpeg()


@pytest.fixture
def bo(album: Album) -> Tablet:
    return album.tablet("bo")


@pytest.fixture
def cia(album: Album) -> Tablet:
    return album.tablet("cia")


@pytest.mark.asvs("V5.4.1", "V3.2.1")
def test_a_colleague_fetches_the_bytes_as_they_came(album: Album, alva: Tablet, bo: Tablet) -> None:
    deliver(alva, DATA)
    album.refer(POLICE, sha(DATA))
    answer = bo.send("GET", f"/blobs/{sha(DATA)}")
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == f'attachment; filename="{sha(DATA)}.jpg"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert {"private", "immutable"} <= set(answer.headers["cache-control"].split(", "))
    assert answer.headers["vary"] == "Authorization"


@pytest.mark.asvs("V8.2.2")
def test_a_foreign_blob_answers_exactly_like_an_unknown_one(album: Album, alva: Tablet, cia: Tablet) -> None:
    deliver(alva, DATA)
    album.refer(POLICE, sha(DATA))
    answers = [
        cia.send("GET", f"/blobs/{name}")
        for name in (sha(DATA), sha(b"unknown"), "nonsense", "%00", sha(DATA).upper())
    ]
    assert code_of(answers[0]) == "not-found"
    assert all(told(answer) == told(answers[0]) for answer in answers)
    assert ask(cia, sha(DATA), sha(b"unknown")) == {
        "missing": [sha(DATA), sha(b"unknown")],
        "partial": {},
        "verified": [],
        "stable": [],
    }


def test_creating_an_upload_of_a_foreign_blob_answers_like_any_other(
    album: Album, alva: Tablet, cia: Tablet
) -> None:
    deliver(alva, DATA)
    album.refer(POLICE, sha(DATA))
    foreign, fresh = create(cia, DATA), create(cia, jpeg(seed=2))
    assert foreign.status_code == fresh.status_code
    assert foreign.headers.keys() == fresh.headers.keys()
    assert foreign.headers["upload-offset"] == fresh.headers["upload-offset"] == "0"


def test_to_name_a_digest_in_one_s_own_stream_opens_nothing(album: Album, alva: Tablet, cia: Tablet) -> None:
    deliver(alva, DATA)
    album.refer(POLICE, sha(DATA))
    album.refer(ALCOHOL, sha(DATA))
    assert cia.send("GET", f"/blobs/{sha(DATA)}").status_code == 404
    assert ask(cia, sha(DATA))["missing"] == [sha(DATA)]


def test_to_have_the_bytes_and_name_them_opens_them(album: Album, alva: Tablet, cia: Tablet) -> None:
    deliver(alva, DATA)
    deliver(cia, DATA)
    assert cia.send("GET", f"/blobs/{sha(DATA)}").status_code == 404
    album.refer(ALCOHOL, sha(DATA))
    assert cia.send("GET", f"/blobs/{sha(DATA)}").content == DATA


def test_bytes_that_a_courier_brought_open_when_their_own_people_send_them_too(
    album: Album, alva: Tablet, cia: Tablet, bo: Tablet
) -> None:
    album.refer(POLICE, sha(DATA))
    deliver(cia, DATA)
    assert ask(alva, sha(DATA))["missing"] == [sha(DATA)]
    deliver(bo, DATA)
    assert ask(alva, sha(DATA))["verified"] == [sha(DATA)]


def test_what_the_server_wrote_opens_where_it_is_named(album: Album, bo: Tablet, cia: Tablet) -> None:
    album.db.write_now(lambda conn: album.store.add(conn, DATA, "image/jpeg", now_ms()))
    album.refer(POLICE, sha(DATA))
    assert bo.send("GET", f"/blobs/{sha(DATA)}").content == DATA
    assert cia.send("GET", f"/blobs/{sha(DATA)}").status_code == 404


def test_who_left_a_stream_knows_only_what_they_sent(album: Album, alva: Tablet, bo: Tablet) -> None:
    theirs = jpeg(seed=2)
    deliver(alva, DATA)
    deliver(bo, theirs)
    album.refer(POLICE, sha(DATA), sha(theirs))
    album.db.write_now(lambda conn: revoke(conn, POLICE, "bo", now_ms()))
    assert [bo.send("GET", f"/blobs/{sha(d)}").status_code for d in (DATA, theirs)] == [404, 404]
    assert ask(bo, sha(DATA), sha(theirs)) == {
        "missing": [sha(DATA)],
        "partial": {},
        "verified": [sha(theirs)],
        "stable": [],
    }
    assert alva.send("GET", f"/blobs/{sha(theirs)}").content == theirs


def test_lost_bytes_are_missing_and_can_be_sent_again(album: Album, alva: Tablet) -> None:
    deliver(alva, DATA)
    album.refer(POLICE, sha(DATA))
    album.store.path(sha(DATA)).unlink()
    assert alva.send("GET", f"/blobs/{sha(DATA)}").status_code == 404
    assert ask(alva, sha(DATA))["missing"] == [sha(DATA)]
    assert deliver(alva, DATA).status_code == 204
    assert alva.send("GET", f"/blobs/{sha(DATA)}").content == DATA


def test_references_are_noted_once_and_in_one_statement(album: Album) -> None:
    statements: list[str] = []
    for engine in {album.db._write_engine}:
        event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    album.refer(POLICE, *(sha(b"%d" % i) for i in range(300)))
    album.refer(POLICE, *(sha(b"%d" % i) for i in range(300)))
    assert album.count("blob_ref") == 300
    assert sum("INSERT INTO blob_ref" in s for s in statements) == 2
    album.db.write_now(lambda conn: access.record_refs(conn, []))


def test_without_a_token_nothing_is_told(album: Album) -> None:
    for method, path in (
        ("GET", f"/blobs/{sha(DATA)}"),
        ("POST", "/blobs/missing"),
        ("OPTIONS", "/blobs/uploads"),
    ):
        assert code_of(album.client.request(method, f"/api/v1{path}")) == "unauthenticated"
