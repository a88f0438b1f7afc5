"""The files beside a backup: photo bytes by their hash, and the server's keys by their names."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.domain.commit import actor_id, point_of, unb64
from app.sync.identity import SEALING, SIGNING, keep_key, read_key

FACTS = {SIGNING: "key", SEALING: "seal"}
"""By which server facts (base64url of the public point) a store names the keys that its tablets have pinned."""


BUSY = 75
"""Exit status of a backup that found another one under way (EX_TEMPFAIL)."""


class Busy(Exception):
    """Another process is making a backup in this folder."""


class KeyMissing(Exception):
    """A key that tablets have pinned is not at hand, or another lies in its place; the message says which."""


@dataclass
class Photos:
    """What became of copying: digests whose bytes are in the target, and a line for each that could not be had."""

    kept: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other backups, and clear away what a killed one left. Busy if one is under way."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"another backup is being made in {folder}") from None
        for left in folder.rglob("*.part"):
            left.unlink()
        yield


def place_of(root: Path, sha256: str) -> Path:
    """Where a digest's bytes lie below a folder of photos. Data folders and backups of any age are read by this."""
    return root / sha256[:2] / sha256[2:4] / sha256


def copy_photos(source: Path, target: Path, *, verify: bool = False) -> Photos:
    """Copy what the target does not hold yet; every copy is hashed as it lies there. `verify` hashes the others too."""
    photos = Photos()
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if len(path.name) == 64 and path.is_file():
            copy = target / path.relative_to(source)
            if (copy.exists() and not verify) or _is_good(copy) or _copy(path, copy):
                photos.kept.append(path.name)
            else:
                photos.faults.append(f"photo {path.name}: its bytes in {source} do not hash to its name")
    return photos


def _copy(path: Path, copy: Path) -> bool:
    """Whether the bytes at `path` hash to their name and are now durable at `copy`."""
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = copy.with_suffix(".part")
    shutil.copyfile(path, draft)
    if not _is_good(draft, path.name):
        draft.unlink()
        return False
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(copy)
    return True


def _is_good(path: Path, sha256: str | None = None) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == (sha256 or path.name)


def keep_keys(data: Path, folder: Path) -> None:
    """Copy the server's keys to `keys/<name>.pem`, once each: without them no tablet would believe the restored one."""
    for name in FACTS:
        if (data / name).exists():
            key = read_key(data / name)
            copy = _named(folder, point_of(key.public_key()))
            if not copy.exists():
                copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                keep_key(copy, (data / name).read_bytes())


def fetch_keys(folder: Path, data: Path, facts: dict[str, str]) -> None:
    """Put the keys that a store names into a data folder. KeyMissing if one cannot be had; other keys are not replaced."""
    for name, fact in FACTS.items():
        if fact not in facts:
            continue
        point, path = unb64(facts[fact]), data / name
        if not path.exists():
            copy = _named(folder, point)
            if not copy.exists():
                raise KeyMissing(f"{copy} is missing: tablets know the server by it")
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            keep_key(path, copy.read_bytes())
        if point_of(read_key(path).public_key()) != point:
            raise KeyMissing(f"{path} is not the key that the backup's tablets know the server by")


def wrong_keys(data: Path, facts: dict[str, str]) -> Iterator[str]:
    """A line for each key of a data folder that is not the one tablets were told of."""
    for name, fact in FACTS.items():
        if fact in facts and (
            not (data / name).exists() or point_of(read_key(data / name).public_key()) != unb64(facts[fact])
        ):
            yield f"{name}: it is not the key that tablets have been told of; they will refuse this server"


def _named(folder: Path, point: bytes) -> Path:
    return folder / "keys" / f"{actor_id(point)}.pem"


def sync_folders(folder: Path) -> None:
    """Make the names that were given below a folder survive a power cut."""
    for each in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
