"""Writers that remember what they were promised: every acknowledged commit, chunk and photo is in a ledger."""

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from app.clock import now_ms
from app.domain.commit import Envelope
from tests.api.evening import Tablet
from tests.photos.album import b64, jpeg, sha
from tests.sync.world import POLICE, SHARED, VISIT

CHUNK = 64_000
BATCH = 4
"""Commits that one request takes along at most."""
TUS = {"Tus-Resumable": "1.0.0"}
REFUSALS = frozenset({500, 502, 503})
"""Answers that acknowledge nothing; everything else that is no success fails the test."""


class Broken(AssertionError):
    """The server broke a promise."""


@dataclass
class Photo:
    """A photo on its way; `acknowledged` bytes of it must never be asked for again."""

    data: bytes
    acknowledged: int = 0
    url: str = ""

    @property
    def sha256(self) -> str:
        """Its name."""
        return sha(self.data)


@dataclass
class Writer:
    """Counts and answers without end, sends what was not acknowledged again, and now and then what was."""

    tablet: Tablet
    chance: Random
    taps: int = 0
    shown: str = ""
    outbox: deque[Envelope] = field(default_factory=deque)
    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)
    photos: deque[Photo] = field(default_factory=deque)
    delivered: dict[str, Photo] = field(default_factory=dict)
    refused: int = 0
    resent: int = 0
    waits_ms: list[float] = field(default_factory=list)
    last: list[Envelope] = field(default_factory=list)

    def work(self, stop: threading.Event, up: threading.Event, pause_s: float) -> None:
        """Until told to stop; only while the server is said to be up."""
        while not stop.is_set():
            if not up.wait(0.1):
                continue
            try:
                self.step()
            except httpx.TransportError:
                time.sleep(0.01)
            stop.wait(pause_s * self.chance.random())

    def step(self) -> None:
        """Record something and send what there is to send."""
        self.record(POLICE if self.chance.random() < 0.3 else SHARED)
        self.send()
        if not self.photos and self.chance.random() < 0.1:
            self.take()
        if self.photos:
            self.carry(self.photos[0])

    def record(self, stream: str) -> None:
        """One commit: a tap on the running count with an answer everybody gives, or a note to one's own."""
        person = self.tablet.person
        if stream == POLICE:
            note = person.change(f"note_{now_ms()}.{person.id[:9]}", "text", "hej", at=now_ms())
            self.outbox.append(person.seal(POLICE, note))
            return
        self.taps += 1
        entry = {"visit": VISIT, "of": "seizure", "code": "SPELAUTOMAT", "qty": self.taps, "unit": "ST"}
        seen = [self.shown] if self.shown else []
        tap = person.change(f"tally_{person.id}", "entry", entry, *seen, at=now_ms())
        self.shown = tap.id
        answer = person.change(VISIT, "persons", self.chance.randint(0, 99), at=now_ms())
        self.outbox.append(person.seal(SHARED, tap, answer))

    def send(self, **headers: str) -> httpx.Response | None:
        """One request with the oldest of the outbox; None where there was nothing to send."""
        batch = [*self.outbox][:BATCH]
        repeats = self.last if self.last and self.chance.random() < 0.1 else []
        if not batch:
            return None
        began = time.monotonic()
        answer: httpx.Response = self.tablet.push(*repeats, *batch, headers=headers)
        self.waits_ms.append(1000 * (time.monotonic() - began))
        if answer.status_code in REFUSALS:
            self._refused(answer)
            return answer
        self._note(answer, [*repeats, *batch])
        for _ in batch:
            self.outbox.popleft()
        self.last = batch
        return answer

    def _note(self, answer: httpx.Response, sent: list[Envelope]) -> None:
        told = answer.json()
        _insist(answer.status_code == 200 and not told["errors"], answer.text[:500])
        _insist([r["hash"] for r in told["results"]] == [e.hash for e in sent], "results in another order")
        for result in told["results"]:
            known = self.ledger.setdefault(result["hash"], result)
            _insist(known == result, f"two verdicts on one commit: {known} and {result}")
            _insist(result["changes"] == {} and not result["forked"], f"not plainly applied: {result}")

    def _refused(self, answer: httpx.Response) -> None:
        self.refused += 1
        kind = answer.headers.get("content-type", "")
        _insist(kind == "application/problem+json", f"{answer.status_code} {kind}: {answer.text[:200]}")

    def take(self, size: int | None = None) -> Photo:
        """A photo of a few chunks."""
        many = size or self.chance.randint(1, 3) * CHUNK - self.chance.randint(0, 1000)
        photo = Photo(jpeg(many, self.chance.getrandbits(60)))
        self.photos.append(photo)
        return photo

    def carry(self, photo: Photo, **headers: str) -> httpx.Response:
        """The next request for a photo: create its upload, ask where it stands, or send a chunk."""
        answer = self._create(photo, headers) if not photo.url else self._continue(photo, headers)
        if answer.status_code in REFUSALS:
            if answer.content:
                self._refused(answer)
            return answer
        if answer.status_code == 404:
            _insist(
                photo.acknowledged == 0 or self._is_known(photo), "acknowledged bytes of a photo are gone"
            )
            photo.url = ""
            return answer
        _insist(answer.status_code in (200, 201, 204, 409), f"{answer.status_code} {answer.text[:200]}")
        reached = int(answer.headers["upload-offset"])
        _insist(reached >= photo.acknowledged, f"a photo went back from {photo.acknowledged} to {reached}")
        photo.acknowledged = reached
        if reached == len(photo.data):
            self.delivered[photo.sha256] = photo
            self.photos.remove(photo)
        return answer

    def _create(self, photo: Photo, headers: dict[str, str]) -> httpx.Response:
        about = {
            "Upload-Length": str(len(photo.data)),
            "Upload-Metadata": f"sha256 {b64(photo.sha256.encode())}",
        }
        answer: httpx.Response = self.tablet.send("POST", "/blobs/uploads", headers=TUS | about | headers)
        photo.url = answer.headers.get("location", "").removeprefix("/api/v1")
        return answer

    def _continue(self, photo: Photo, headers: dict[str, str]) -> httpx.Response:
        at, part = photo.acknowledged, photo.data[photo.acknowledged : photo.acknowledged + CHUNK]
        about = {
            "Upload-Offset": str(at),
            "Upload-Checksum": f"sha256 {b64(hashlib.sha256(part).digest())}",
            "Content-Type": "application/offset+octet-stream",
        }
        answer: httpx.Response = self.tablet.send(
            "PATCH", photo.url, headers=TUS | about | headers, content=part
        )
        return answer

    def _is_known(self, photo: Photo) -> bool:
        told = self.tablet.send("POST", "/blobs/missing", json={"sha256": [photo.sha256]}).json()
        return photo.sha256 in told["verified"]

    def settle(self, left_s: Callable[[], float]) -> None:
        """Send all that is left; the server stays alive now. `left_s` tells the time left."""
        while not self._is_settled():
            _insist(
                left_s() > 0, "what was recorded does not get through although nothing is killed any more"
            )

    def _is_settled(self) -> bool:
        try:
            self.tablet.client.get("/healthz")  # connections to the server before this one break now
            self.send()
            for photo in [*self.photos]:
                self.carry(photo)
        except httpx.TransportError:
            return False
        return not self.outbox and not self.photos


def _insist(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)
