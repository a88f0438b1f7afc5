"""A tablet becomes known by a one-time code, and a failed attempt tells nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from app.auth import service
from app.auth import tables as t
from app.auth.codes import ALPHABET, GROUP, GROUPS, code_hash, new_code, token_hash
from app.auth.router import FAILURES
from app.auth.service import NewDevice
from app.clock import now_ms
from app.errors import CodeInvalid
from tests.auth.house import HOUR, House, code_of, told

NOW = 1_527_260_400_000
DEVICE = NewDevice("d1", "Platta 1")
BODY = {"id": "d1", "label": "Platta 1"}


def redeemed(house: House, code: str, now: int) -> bool:
    try:
        house.db.write_now(lambda conn: service.redeem(conn, code, DEVICE, now, HOUR))
    except CodeInvalid:
        return False
    return True


@pytest.mark.asvs("V6.4.1", "V6.5.4", "V11.5.1")
def test_a_code_has_140_bits_in_groups_one_can_read_aloud() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert GROUPS * GROUP * (len(ALPHABET).bit_length() - 1) >= 128
    assert all(set(code) <= {*ALPHABET, "-"} and len(code.split("-")) == GROUPS for code in codes)


@pytest.mark.parametrize("typed", ["10AB-CD", "ioab cd", "LOAB-CD", "1 0 a b c d"])
def test_case_spaces_and_look_alikes_do_not_matter(typed: str) -> None:
    assert code_hash(typed) == code_hash("10ABCD")


@pytest.mark.asvs("V7.2.2", "V7.6.2")
def test_a_code_gives_a_token_and_the_person(house: House) -> None:
    answer = house.client.post("/api/v1/enrol", json={"code": house.code("cia"), "device": BODY})
    assert answer.status_code == 200
    assert answer.json()["user"] == {"id": "cia", "name": "Cia", "authority": "KOM_ALK", "role": "INSP"}
    session = house.row("session", token_hash(answer.json()["token"]))
    assert (session["user"], session["device"]) == ("cia", "d1")
    assert house.row("device", "d1")["label"] == "Platta 1"


@pytest.mark.asvs("V6.5.2", "V7.2.3")
def test_neither_code_nor_token_is_kept(house: House) -> None:
    code = house.code("cia")
    token = house.client.post("/api/v1/enrol", json={"code": code, "device": BODY}).json()["token"]
    with house.db._read_engine.connect() as conn:
        rows = [str(row) for table in (t.session, t.enrolment_code) for row in conn.execute(table.select())]
    assert rows
    assert not any(secret in row for row in rows for secret in (code, token))


@pytest.mark.asvs("V6.5.1")
def test_a_code_works_once(house: House) -> None:
    code = house.code("alva", now=NOW)
    assert redeemed(house, code, NOW)
    assert not redeemed(house, code, NOW)


@pytest.mark.asvs("V2.3.4")
def test_of_two_at_once_one_wins(house: House) -> None:
    code = house.code("alva", now=NOW)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: redeemed(house, code, NOW), range(8))) == 1


@pytest.mark.asvs("V6.5.5")
@pytest.mark.parametrize(("late", "works"), [(HOUR - 1, True), (HOUR, False)])
def test_a_code_ends_at_its_hour(house: House, late: int, works: bool) -> None:
    assert redeemed(house, house.code("alva", now=NOW), NOW + late) is works


@pytest.mark.asvs("V7.4.1")
def test_a_closed_account_cannot_enrol_and_its_code_stays_unused(house: House) -> None:
    code = house.code("bo", now=NOW)
    house.db.write_now(
        lambda conn: conn.execute(update(t.user).where(t.user.c.id == "bo").values(active=False))
    )
    assert not redeemed(house, code, NOW)
    assert house.row("enrolment_code", code_hash(code))["used"] is None


def test_unknown_used_and_expired_codes_answer_alike(house: House) -> None:
    used, expired = house.code("alva"), house.code("alva", now=now_ms() - 2 * HOUR)
    house.client.post("/api/v1/enrol", json={"code": used, "device": BODY})
    tries = [
        house.client.post("/api/v1/enrol", json={"code": c, "device": BODY}) for c in ("x", used, expired)
    ]
    assert [answer.status_code for answer in tries] == [401] * 3
    assert told(tries[0]) == told(tries[1]) == told(tries[2])


def test_a_tablet_that_enrols_again_keeps_its_id_and_may_change_hands(house: House) -> None:
    assert redeemed(house, house.code("alva", now=NOW), NOW)
    assert redeemed(house, house.code("cia", now=NOW), NOW + 5)
    device = house.row("device", "d1")
    assert (device["user"], device["authority"], device["created"]) == ("cia", "KOM_ALK", NOW)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x"},
        {"code": 7, "device": BODY},
        {"code": "x" * 101, "device": BODY},
        {"code": "x", "device": {"id": "", "label": "p"}},
        {"code": "x", "device": {"id": "d" * 65, "label": "p"}},
        {"code": "x", "device": {"id": "d/1", "label": "p"}},
        {"code": "x", "device": {"id": "d1", "label": " "}},
        {"code": "x", "device": {"id": "d1", "label": "p" * 81}},
        {"code": "x", "device": {"id": "d1", "label": "nul\u0000"}},
    ],
)
def test_a_body_of_another_form_is_malformed(house: House, body: object) -> None:
    assert code_of(house.client.post("/api/v1/enrol", json=body)) == "malformed"


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"code":"\\ud800","device":{"id":"d1","label":"p"}}'])
def test_a_body_that_is_not_json_is_malformed(house: House, body: bytes) -> None:
    assert code_of(house.client.post("/api/v1/enrol", content=body)) == "malformed"


def test_the_longest_names_are_taken(house: House) -> None:
    device = {"id": "d" * 64, "label": "å" * 80}
    answer = house.client.post("/api/v1/enrol", json={"code": house.code("bo"), "device": device})
    assert answer.status_code == 200


def test_a_body_may_have_64_kib(house: House) -> None:
    for size, code in ((65_536, "malformed"), (65_537, "too-large")):
        assert code_of(house.client.post("/api/v1/enrol", content=b" " * size)) == code


@pytest.mark.asvs("V6.3.1", "V6.6.3")
def test_guessing_is_slowed_down_and_says_for_how_long(house: House) -> None:
    guess = {"code": "x", "device": BODY}
    for _ in range(FAILURES):
        assert code_of(house.client.post("/api/v1/enrol", json=guess)) == "code-invalid"
    refused = house.client.post("/api/v1/enrol", json={"code": house.code("bo"), "device": BODY})
    assert code_of(refused) == "too-many"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
