"""Views come from a process that is confined, may die, and is never waited for by custody."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from app.errors import PhotoNotShown, Unavailable
from app.photos import views as module
from app.photos.decoder import EDGE, MEMORY, view_of
from app.photos.views import ROOT, Decoder, Views
from tests.auth.house import POLICE, Tablet, code_of
from tests.photos.album import Album, ask, create_with, jpeg, sha
from tests.photos.hostile import GOOD, flat, photo


@pytest.fixture
def shot(tmp_path: Path) -> Path:
    """A good photo on the disk."""
    return written(tmp_path / "good", GOOD)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A photo whose decoding takes a second."""
    return written(tmp_path / "slow", flat(8192, 8192, progressive=True, subsampling=0))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@contextmanager
def making(wall_s: float = 20) -> Iterator[Views]:
    views = Views(wall_s)
    try:
        yield views
    finally:
        views.close()


def confined(code: str) -> subprocess.CompletedProcess[str]:
    """What becomes of code that runs as confined as a fork of the decoder."""
    start = "import os, resource, socket, sys\nfrom app.photos import decoder\ndecoder.warm_up()\n"
    env = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        (sys.executable, "-c", start + code), env=env, capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Decoder]:
    """Every decoder that this test starts."""
    found: list[Decoder] = []

    class Noted(Decoder):
        def __init__(self) -> None:
            super().__init__()
            found.append(self)

    monkeypatch.setattr(module, "Decoder", Noted)
    return found


async def fork_of_the_first(started: list[Decoder]) -> int:
    """The id of the fork that decodes, as soon as there is one."""
    for _ in range(4000):
        fork = fork_of(started[0].pid) if started else None
        if fork:
            return fork
        await asyncio.sleep(0.005)
    raise AssertionError("no decoder forked")


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def fork_of(pid: int) -> int | None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else None


# What is in a view ------------------------------------------------------------------------------------------


@pytest.mark.asvs("V15.3.1")
def test_a_view_has_no_place_no_name_and_no_comment() -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Kamerafabriken", 1
    exif.get_ifd(0x8825)[2] = (59.0, 19.0, 58.0)
    data = photo(exif=exif, comment=b"hemligt", dpi=(300, 300))
    assert b"Kamerafabriken" in data
    assert b"hemligt" in data
    view = view_of(data)
    assert not any(word in view for word in (b"Exif", b"Kamerafabriken", b"hemligt", b"ICC_PROFILE", b"http"))
    with Image.open(BytesIO(view)) as image:
        assert dict(image.getexif()) == {}


@pytest.mark.parametrize(("orientation", "corner"), [(1, (0, 0)), (3, (63, 31)), (6, (31, 0)), (8, (0, 63))])
def test_a_view_stands_upright_by_itself(orientation: int, corner: tuple[int, int]) -> None:
    picture, exif, file = Image.new("RGB", (64, 32), "black"), Image.Exif(), BytesIO()
    picture.paste("white", (0, 0, 8, 8))
    exif[0x0112] = orientation
    picture.save(file, "JPEG", exif=exif, quality=95)
    with Image.open(BytesIO(view_of(file.getvalue()))) as view:
        assert view.size == ((64, 32) if orientation < 5 else (32, 64))
        assert view.convert("L").getpixel(corner) > 200  # type: ignore[operator]


@pytest.mark.parametrize(
    ("size", "shown"), [((480, 360), (480, 360)), ((4096, 1024), (EDGE, 512)), ((100, 4096), (50, EDGE))]
)
def test_a_view_is_made_smaller_and_never_larger(size: tuple[int, int], shown: tuple[int, int]) -> None:
    with Image.open(BytesIO(view_of(flat(*size)))) as view:
        assert view.size == shown


# What the decoder may do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attempt",
    [
        "open('/etc/hostname')",
        "socket.socket()",
        "os.pipe()",
        "os.close(1); os.open('/etc/hostname', os.O_RDONLY)",
    ],
)
def test_a_confined_process_opens_nothing(attempt: str) -> None:
    ended = confined(f"decoder.confine()\ntry:\n    {attempt}\nexcept OSError as e:\n    os._exit(e.errno)")
    assert ended.returncode == 24, ended.stderr  # EMFILE


def test_a_confined_process_writes_no_file(tmp_path: Path) -> None:
    there = written(tmp_path / "there", b"")
    confined(f"file = os.open({str(there)!r}, os.O_WRONLY)\ndecoder.confine()\nos.write(file, b'x')")
    assert there.read_bytes() == b""


@pytest.mark.asvs("V15.2.2")
def test_a_confined_process_has_so_much_memory_and_no_more() -> None:
    ended = confined(
        f"decoder.confine()\ntry:\n    bytearray({MEMORY})\nexcept MemoryError:\n    os._exit(7)"
    )
    assert ended.returncode == 7, ended.stderr


def test_a_confined_process_has_so_much_time_and_no_more() -> None:
    ended = confined("decoder.CPU_S = 1\ndecoder.confine()\nwhile True: pass")
    assert ended.returncode in (-signal.SIGKILL, -signal.SIGXCPU)


def test_the_largest_photo_fits_into_the_memory_with_room_to_spare(slow: Path) -> None:
    ended = confined(
        f"data, status = open({str(slow)!r}, 'rb').read(), os.open('/proc/self/status', os.O_RDONLY)\n"
        "decoder.confine()\nfound = decoder.verdict(data)\n"
        "os.write(1, os.pread(status, 4096, 0))\nos._exit(found[:1] != b'V')"
    )
    assert ended.returncode == 0, ended.stderr
    (peak,) = (line.split()[1] for line in ended.stdout.splitlines() if line.startswith("VmPeak:"))
    assert int(peak) * 1024 < MEMORY * 3 // 4


def test_no_memory_is_the_machine_s_fault_and_no_verdict() -> None:
    ended = confined(
        "def none(data): raise MemoryError\ndecoder.jpeg_size = none\n"
        "try:\n    decoder.verdict(b'\\xff\\xd8\\xff')\nexcept MemoryError:\n    os._exit(7)"
    )
    assert ended.returncode == 7, ended.stderr


def test_the_decoder_gets_no_secret_and_no_descriptor(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSATS_SECRET", "hemligt")
    with making() as views, shot.open("rb") as mine:
        os.set_inheritable(mine.fileno(), True)
        asyncio.run(views.view("a", shot))
        (decoder,) = views._idle
        environment = Path(f"/proc/{decoder.pid}/environ").read_bytes()
        assert environment == f"PYTHONPATH={ROOT}\0".encode()
        assert sorted(f.name for f in Path(f"/proc/{decoder.pid}/fd").iterdir()) == ["0", "1", "2"]
        assert os.getsid(decoder.pid) == decoder.pid


# When it dies -----------------------------------------------------------------------------------------------


def test_a_decoder_that_is_killed_in_the_middle_decides_nothing(
    shot: Path, slow: Path, started: list[Decoder]
) -> None:
    async def kill(views: Views) -> None:
        asked = asyncio.create_task(views.view("slow", slow))
        fork = await fork_of_the_first(started)
        os.kill(fork, signal.SIGKILL)
        with pytest.raises(Unavailable):
            await asked
        assert is_gone(started[0].pid)
        assert (await views.view("good", shot)).startswith(b"\xff\xd8")
        with pytest.raises(Unavailable):
            await views.view("slow", slow)  # not at once again
        assert len(started) == 2
        views._resting["slow"] = time.monotonic()
        assert (await views.view("slow", slow)).startswith(b"\xff\xd8")

    with making() as views:
        asyncio.run(kill(views))


def test_a_decoder_that_died_between_two_photos_is_no_photo_s_fault(
    shot: Path, slow: Path, started: list[Decoder]
) -> None:
    async def kill(views: Views) -> None:
        asked = asyncio.create_task(views.view("slow", slow))
        await fork_of_the_first(started)
        os.kill(started[0].pid, signal.SIGKILL)
        assert (await asked).startswith(b"\xff\xd8"), "the fork goes on"
        for _ in range(2):
            assert (await views.view("good", shot)).startswith(b"\xff\xd8")
        assert len(started) == 2
        assert is_gone(started[0].pid)

    with making() as views:
        asyncio.run(kill(views))


def test_a_decoder_that_hangs_is_ended(shot: Path) -> None:
    async def hang(views: Views) -> None:
        await views.view("good", shot)
        (decoder,) = views._idle
        os.kill(decoder.pid, signal.SIGSTOP)
        start = time.monotonic()
        with pytest.raises(Unavailable):
            await views.view("other", shot)
        assert 2.9 < time.monotonic() - start < 15
        assert is_gone(decoder.pid)
        assert await views.view("good", shot)

    with making(wall_s=3) as views:
        asyncio.run(hang(views))


def test_who_gives_up_waiting_leaves_no_process_behind(slow: Path, started: list[Decoder]) -> None:
    async def leave(views: Views) -> None:
        asked = asyncio.create_task(views.view("slow", slow))
        await fork_of_the_first(started)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        assert is_gone(started[0].pid)
        assert await views.view("slow", slow), "to leave is nobody's fault"

    with making() as views:
        asyncio.run(leave(views))


def test_a_decoder_ends_with_its_server() -> None:
    decoder = Decoder()
    decoder._line.close()
    assert decoder._process.wait(20) == 0


def test_a_process_that_cannot_start_is_a_reason_to_come_back(
    shot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with making() as views, pytest.raises(Unavailable):
        asyncio.run(views.view("good", shot))


@pytest.mark.parametrize("said", [b"", b"V", b"V<html>", b"X\xff\xd8\xff", b"V\xff\xd8\xff" + bytes(5 << 20)])
def test_a_decoder_that_talks_nonsense_is_not_believed(
    shot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    package = tmp_path / "app" / "photos"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    answer = written(tmp_path / "answer", said)
    (package / "decoder.py").write_text(
        "import socket\nline = socket.socket(fileno=0)\nphoto = socket.socket(fileno=socket.recv_fds(line, 1, 1)[1][0])\n"
        f"while photo.recv(1 << 20): pass\nphoto.sendall(open({str(answer)!r}, 'rb').read())\n"
    )
    monkeypatch.setattr(module, "ROOT", tmp_path)
    with making() as views, pytest.raises(Unavailable):
        asyncio.run(views.view("good", shot))


# Many at once -----------------------------------------------------------------------------------------------


def test_two_are_made_at_once_and_the_others_wait(shot: Path) -> None:
    async def crowd(views: Views) -> None:
        made = await asyncio.gather(*(views.view(str(i), shot) for i in range(50)))
        assert len(set(made)) == 1
        assert len(views._idle) == 2

    with making() as views:
        asyncio.run(crowd(views))


def test_so_many_may_wait_and_no_more(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 3)

    async def crowd(views: Views) -> list[object]:
        return await asyncio.gather(*(views.view(str(i), shot) for i in range(6)), return_exceptions=True)

    with making() as views:
        told = asyncio.run(crowd(views))
    assert [isinstance(t, Unavailable) for t in told] == [False] * 5 + [True]


def test_a_refusal_costs_no_process(tmp_path: Path, shot: Path) -> None:
    async def refuse(views: Views) -> None:
        await views.view("good", shot)
        (decoder,) = views._idle
        for name in ("bad", "bad", "worse"):
            with pytest.raises(PhotoNotShown):
                await views.view(name, written(tmp_path / name, jpeg()))
        assert views._idle == [decoder]

    with making() as views:
        asyncio.run(refuse(views))


# Beside custody ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [photo(16, 16), jpeg(900)], ids=["a photo", "bytes that do not decode"])
def test_custody_does_not_ask_the_decoder(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert create_with(alva, data, data).headers["upload-offset"] == str(len(data))
    assert ask(alva, sha(data))["verified"] == [sha(data)]
    album.refer(POLICE, sha(data))
    view = alva.send("GET", f"/blobs/{sha(data)}/view")
    assert (view.status_code, code_of(view)) == (503, "unavailable")
    assert int(view.headers["retry-after"]) > 0
    assert alva.send("GET", f"/blobs/{sha(data)}").content == data


def test_a_view_is_for_those_who_may_read_the_photo(album: Album, alva: Tablet) -> None:
    bo, cia = album.tablet("bo"), album.tablet("cia")
    data = photo(16, 16)
    assert create_with(alva, data, data).status_code == 201
    album.refer(POLICE, sha(data))
    assert bo.send("GET", f"/blobs/{sha(data)}/view").status_code == 200
    foreign, unknown = (cia.send("GET", f"/blobs/{name}/view") for name in (sha(data), sha(b"unknown")))
    assert (foreign.status_code, code_of(foreign)) == (404, "not-found")
    assert (foreign.json(), dict(foreign.headers)) == (unknown.json(), dict(unknown.headers))
