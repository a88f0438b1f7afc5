"""Disks to fill and to pull the plug of: real ones, so they take root, `mount` and `mke2fs`.

Where they cannot be had a test fails and says what to do. Only a machine that says of itself that it cannot mount
(`INSATS_DISKS=none`) is spared.
"""

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.postgres import public_temporary, temporary_folder

BLOCK = 4096
TABLET_MB = 32_768
SETTING, NONE = "INSATS_DISKS", "none"
HELP = f"run the tests as root where mounting is allowed, or set {SETTING}={NONE} on a machine that shall go without"


class NoDisk(Exception):
    """A disk could not be made or mounted; the message says what to do."""


def _run(*command: str | Path) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True)
    except FileNotFoundError as error:
        raise NoDisk(f"{error}: {HELP}") from None
    except subprocess.CalledProcessError as error:
        raise NoDisk(f"{error.stderr.decode()}: {HELP}") from None


@contextmanager
def _mounted(*what: str | Path) -> Iterator[Path]:
    if os.environ.get(SETTING) == NONE:
        pytest.skip(f"{SETTING}={NONE}: this machine goes without disks of its own")
    with temporary_folder(public_temporary()) as folder:
        place = Path(folder, "disk")
        place.mkdir()
        _run("mount", *what, place)
        try:
            place.chmod(0o755)
            yield place
        finally:
            _run("umount", "--lazy", place)


@dataclass
class Disk:
    """A disk to fill. `fill` leaves so many bytes free until `free` is called."""

    place: Path

    def fill(self, leaving: int) -> None:
        """Take all but some bytes, a block more or less, without writing them."""
        with (self.place / "ballast").open("ab") as file:
            step = rest = self._left(leaving)
            while rest > 0 and step >= BLOCK:
                try:
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, min(step, rest))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 2
                rest = self._left(leaving)

    def rests(self, seconds: float) -> bool:
        """Whether nothing more is taken or given back for so long."""
        before = self._left(0)
        time.sleep(seconds)
        return self._left(0) == before

    def free(self) -> None:
        """Give the space back."""
        (self.place / "ballast").unlink()

    def _left(self, leaving: int) -> int:
        return shutil.disk_usage(self.place).free - leaving


@contextmanager
def small_disk(megabytes: int) -> Iterator[Disk]:
    """A disk of that size in memory, gone afterwards."""
    with _mounted("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs") as place:
        yield Disk(place)


@contextmanager
def tablet_disk() -> Iterator[Disk]:
    """A disk as large as a tablet's, of which only what is written takes any room."""
    with temporary_folder(public_temporary()) as folder:
        image = Path(folder, "image")
        _make_ext4(image, TABLET_MB)
        with _mounted("-o", "loop", image) as place:
            yield Disk(place)


def _make_ext4(image: Path, megabytes: int) -> None:
    with image.open("wb") as file:
        file.truncate(megabytes << 20)
    _run("mke2fs", "-q", "-t", "ext4", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1", image)


@dataclass
class Plug:
    """A file system whose disk is a file: `pull` copies what has reached that disk and mounts the copy."""

    image: Path
    place: Path

    def sync(self) -> None:
        """Bring all there is now to the disk."""
        _run("sync", "--file-system", self.place)

    @contextmanager
    def pull(self) -> Iterator[Path]:
        """The file system as it is after a power cut at this moment: what was not synced is not there."""
        copy = self.image.with_name("after")
        _run("cp", "--sparse=always", self.image, copy)
        try:
            with _mounted("-o", "loop", copy) as place:
                yield place
        finally:
            copy.unlink()


@contextmanager
def disk_with_a_plug(megabytes: int) -> Iterator[Plug]:
    """An ext4 on a file. Nothing reaches the file by itself within the length of a test: only what is synced does."""
    with temporary_folder(public_temporary()) as folder:
        image = Path(folder, "image")
        _make_ext4(image, megabytes)
        with _mounted("-o", "loop,commit=300", image) as place:
            yield Plug(image, place)
