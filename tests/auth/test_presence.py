"""What tablets say of themselves is written together, and neither lost nor overtaken by something older."""

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event

from app import database
from app.auth import presence as presence_module
from app.auth.presence import Presence, Word, write_words
from app.auth.service import Pending, Person, SessionRow
from app.clock import now_ms
from app.database import Database
from app.errors import Unavailable
from tests.auth.house import HOUR, House, Tablet

PEOPLE = ("alva", "bo", "cia")


def presence_of(house: House) -> Presence:
    heard: Presence = house.app.state.presence
    return heard


def session(tablet: Tablet) -> SessionRow:
    person = Person(tablet.user, tablet.user, "POL", "INSP")
    return SessionRow(person, tablet.device, tablet.device, now_ms(), (0, 0), None, None)


def settle(house: House) -> None:
    asyncio.run(presence_of(house).settle())


def say(tablet: Tablet, header: str) -> None:
    """An inspector's request to a page that only supervisors have: answered, and no board was asked for."""
    assert tablet.send("GET", "/devices", headers={"Insats-Pending": header}).status_code == 404


@contextmanager
def device_writes(db: Database) -> Iterator[list[str]]:
    heard: list[str] = []

    def note(*args: Any) -> None:
        if "UPDATE device" in args[2]:
            heard.append(args[2])

    event.listen(db._write_engine, "before_cursor_execute", note)
    yield heard
    event.remove(db._write_engine, "before_cursor_execute", note)


def test_a_crowd_s_words_are_one_statement_with_the_newest_of_each(house: House) -> None:
    crowd = {user: house.tablet(user) for user in ("bo", "cia")}
    with device_writes(house.db) as writes:
        for left in range(9, -1, -1):
            for tablet in crowd.values():
                say(tablet, f"changes={left};blobs={left + 1};oldest=60;free=70")
        assert writes == []
        settle(house)
        settle(house)
    assert len(writes) == 1
    for tablet in crowd.values():
        row = house.row("device", tablet.device)
        assert (row["pending_changes"], row["pending_blobs"], row["free"]) == (0, 1, 70)
        assert row["last_seen"] - 60_000 == row["oldest"]
        assert row["user"] == tablet.user


def test_what_it_said_before_the_flush_is_compared_with_what_it_says_now(house: House) -> None:
    bo = house.tablet("bo")
    say(bo, "changes=1;blobs=0")
    say(bo, "changes=0;blobs=0")  # as the store has it, which was overtaken
    settle(house)
    assert house.row("device", bo.device)["pending_changes"] == 0


def test_a_request_without_a_word_leaves_what_it_held(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence_module, "HEARTBEAT_MS", 0)
    bo = house.tablet("bo")
    say(bo, "changes=4;blobs=2;oldest=60;free=70")
    say(bo, "mumble")
    settle(house)
    first = house.row("device", bo.device)
    say(bo, "mumble")
    settle(house)
    row = house.row("device", bo.device)
    told = ("pending_changes", "pending_blobs", "oldest", "free")
    assert [row[name] for name in told] == [first[name] for name in told]
    assert (row["pending_changes"], row["pending_blobs"], row["free"]) == (4, 2, 70)
    assert row["last_seen"] > first["last_seen"]


def test_an_older_word_of_another_worker_does_not_count(house: House) -> None:
    bo, now = house.tablet("bo"), now_ms()
    newer, older = Word(bo.device, "bo", now + 2, 1, 1), Word(bo.device, "bo", now + 1, 9, 9)
    for word in (newer, older):
        house.db.write_now(partial(write_words, words=[word], now=now + 3))
    row = house.row("device", bo.device)
    assert (row["pending_changes"], row["last_seen"]) == (1, now + 2)


def test_a_clock_that_was_set_back_does_not_silence_a_tablet(house: House) -> None:
    bo, now = house.tablet("bo", now=now_ms() + HOUR), now_ms()
    say(bo, "changes=5;blobs=0")
    settle(house)
    row = house.row("device", bo.device)
    assert row["pending_changes"] == 5
    assert now <= row["last_seen"] < now + HOUR


def test_a_flush_that_fails_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bo = house.tablet("bo")

    async def full(_: Any) -> None:
        raise Unavailable

    say(bo, "changes=5;blobs=0")
    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR, "insats"):
        patched.setattr(house.db, "write", full)
        settle(house)
    assert "tried again" in caplog.text
    assert house.row("device", bo.device)["pending_changes"] == 0
    settle(house)
    assert house.row("device", bo.device)["pending_changes"] == 5


def test_what_is_said_during_a_flush_waits_for_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bo, real = house.tablet("bo"), house.db.write

    async def slow(work: Any) -> None:
        await real(work)
        await asyncio.to_thread(say, bo, "changes=2;blobs=0")

    say(bo, "changes=5;blobs=0")
    with monkeypatch.context() as patched:
        patched.setattr(house.db, "write", slow)
        settle(house)
    assert house.row("device", bo.device)["pending_changes"] == 5
    settle(house)
    assert house.row("device", bo.device)["pending_changes"] == 2


def test_no_more_tablets_wait_than_there_is_room_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence_module, "WAITING", 1)
    alva, bo = house.tablet("alva"), house.tablet("bo")
    for left in (7, 6):
        say(bo, f"changes={left};blobs=0")
        say(alva, f"changes={left};blobs=0")
    settle(house)
    assert [house.row("device", each.device)["pending_changes"] for each in (alva, bo)] == [0, 6]
    say(alva, "changes=5;blobs=0")
    settle(house)
    assert house.row("device", alva.device)["pending_changes"] == 5


def test_a_crowd_is_written_at_most_twice_a_second_and_then_the_board_is_poked(house: House) -> None:
    crowd = [session(house.tablet(user)) for user in PEOPLE]
    written: list[float] = []

    async def evening() -> list[float]:
        loop = asyncio.get_running_loop()
        heard = Presence(house.db, lambda: written.append(loop.time()))
        job = asyncio.create_task(heard.keep_writing())
        for left in range(60, 0, -1):
            for each in crowd:
                heard.hear(each, Pending(left, 0), now_ms())
            await asyncio.sleep(0.02)
        job.cancel()
        return written

    times = asyncio.run(evening())
    assert 2 <= len(times) <= 4
    assert all(b - a >= presence_module.FLUSH_S for a, b in pairwise(times))


def test_two_workers_do_not_wait_for_each_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "ATTEMPTS", 1)
    devices = [house.tablet(user).device for user in PEOPLE]
    start = now_ms()

    def worker(number: int) -> None:
        order = devices if number else devices[::-1]
        for step in range(30):
            words = [Word(device, "bo", start + step, step, number) for device in order]
            house.db.write_now(partial(write_words, words=words, now=start + HOUR))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(worker, (0, 1)))
    assert {house.row("device", device)["pending_changes"] for device in devices} == {29}
    assert all(house.row("device", device)["last_seen"] == start + 29 for device in devices)
