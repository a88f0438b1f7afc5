"""Nothing that anybody recorded, nor what lets anybody in, is in a line of the log; not even when the store fails."""

import hashlib
import logging
import random
import sqlite3

import pytest
from sqlalchemy import text

from app.clock import now_ms
from app.sync.courier import MEDIA_TYPE
from tests.api.evening import Evening, Tablet
from tests.api.test_courier import sealed
from tests.sync.world import POLICE
from tests.walls.town import promise

CANARY = "KANARIEFÅGEL i burken"
NOTE = "note_01639815-0000-7000-8000-000000000001"


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    """Every line of every library, and every statement; the rows that SQLAlchemy shows one level below are content itself."""
    caplog.set_level(logging.DEBUG)
    for name in ("insats", "uvicorn", "asyncio", "psycopg"):
        caplog.set_level(logging.DEBUG, name)
    caplog.set_level(logging.INFO, "sqlalchemy")


def push(tablet: Tablet) -> int:
    change = tablet.person.change(NOTE, "text", CANARY, at=now_ms())
    status: int = tablet.push(tablet.person.seal(POLICE, change)).status_code
    return status


@pytest.mark.asvs("V16.2.5")
def test_a_whole_story_leaves_no_secret_in_the_log(
    night: Evening, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    code = night.code("alva")
    alva = night.tablet("alva")
    enrolled = night.client.post("/api/v1/enrol", json={"code": code, "device": {"id": "d", "label": CANARY}})
    assert enrolled.status_code == 200
    assert push(alva) == 200
    photo = b"\xff\xd8\xff\xe0" + random.Random(1).randbytes(900)
    digest = hashlib.sha256(photo).hexdigest()
    assert alva.send("POST", "/blobs/uploads", headers=promise(digest, 904), content=photo).status_code == 201
    frame = sealed(alva, f'{{"kind":"commits"}}\n{CANARY}'.encode())
    alva.send("POST", "/courier", content=frame, headers={"Content-Type": MEDIA_TYPE})
    night.client.post("/api/v1/enrol", json={"code": code, "device": {"id": "d", "label": CANARY}})
    night.client.post("/api/v1/enrol", content=CANARY.encode())
    night.client.get(f"/api/v1/{CANARY}")
    night.raw("GET", "/hello", headers={"Authorization": f"Bearer {alva.token}x"})
    secrets = [CANARY, code, code.replace("-", ""), alva.token, enrolled.json()["token"]]
    _expect_none(caplog, capfd, secrets)


@pytest.mark.asvs("V16.2.5", "V16.3.4")
def test_a_store_that_fails_in_the_middle_says_nothing_of_what_was_to_be_stored(
    night: Evening, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    alva = night.tablet("alva")
    assert push(alva) == 200
    night.db.write_now(lambda conn: conn.execute(text('ALTER TABLE "commit" RENAME COLUMN body TO lost')))
    assert push(alva) == 500
    lines = [
        record for record in caplog.records if record.name == "insats" and record.levelno >= logging.ERROR
    ]
    assert lines, "the failure itself is in the log"
    _expect_none(caplog, capfd, [CANARY, CANARY.split()[0], alva.token, alva.person.id])


def _expect_none(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], secrets: list[str]
) -> None:
    out, err = capfd.readouterr()
    formatter = logging.Formatter("%(name)s %(message)s")
    lines = [formatter.format(record) for record in caplog.records if not record.name.startswith("httpx")]
    told = "\n".join([*lines, out, err])
    assert [line[:300] for line in told.split("\n") if any(secret in line for secret in secrets)] == []


def test_the_log_would_show_it(caplog: pytest.LogCaptureFixture) -> None:
    """What is looked through is what is written: an error with its cause, down to what the driver says."""
    try:
        sqlite3.connect(":memory:").execute(f'SELECT "{CANARY}"."x"')
    except sqlite3.Error:
        logging.getLogger("insats").exception("a failure")
    told = "\n".join(logging.Formatter().format(record) for record in caplog.records)
    assert CANARY in told
