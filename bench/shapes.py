"""What tablets send after an evening offline: two shapes of request, sealed and compressed before anything is measured."""

import gzip
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain import codes
from app.domain.change import Change, new_id
from app.domain.commit import Envelope, b64, point_of, seal

START = 1_527_260_400_000
FORM = 30
"""Answers to one checklist in one commit."""
COMMITS = 16
"""Commits in one request: 480 changes, below the 500 of the first mark."""
APP = "insats/0.1.0"

Shape: TypeAlias = Callable[["Tablet"], list[Change]]


@dataclass
class Tablet:
    """An actor with its clock and its chain in one stream."""

    stream: str
    random: Random
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    now: int = START
    last: str = ""
    n: int = 0
    prev: str = ""

    @property
    def point(self) -> str:
        """The public key as `POST /actors` wants it."""
        return b64(point_of(self.key.public_key()))

    def tap(self, e: str, f: str, v: Any) -> Change:
        """A first answer, some seconds after the one before."""
        self.now += self.random.randint(700, 9_000)
        self.last = new_id(self.now, [self.last] if self.last else [])
        return Change(self.last, e, f, v, self.now)

    def seal(self, changes: list[Change]) -> Envelope:
        """The next commit of the chain."""
        self.n += 1
        envelope = seal(
            self.key, self.stream, self.n, self.prev, changes, app=APP, sent=self.now + 90, off=-137
        )
        self.prev = envelope.hash
        return envelope

    def commit(self, changes: list[Change]) -> bytes:
        """The next commit of the chain as a line of a request."""
        return orjson.dumps(self.seal(changes).wire()) + b"\n"

    def requests(self, shape: Shape, count: int) -> Iterator[bytes]:
        """Gzip bodies of requests in the order of the chain."""
        for _ in range(count):
            yield packed(self.commit(shape(self)) for _ in range(COMMITS))


def packed(commits: Iterable[bytes]) -> bytes:
    """The gzip body of a request."""
    return gzip.compress(b"".join(commits), 6)


_QUESTIONS = [q for q in codes.questions().values() if q.options and q.type != "many"][:FORM]
_CATEGORIES = sorted(codes.ids("seizure_categories"))


def form(tablet: Tablet) -> list[Change]:
    """One checklist filled in for the first time: one entity."""
    checklist = f"checklist_{new_id(tablet.now)}.ALK"
    return [tablet.tap(checklist, q.id, tablet.random.choice(sorted(q.options))) for q in _QUESTIONS]


def counts(tablet: Tablet) -> list[Change]:
    """As many changes, each an entity of its own: first counts."""
    visit = f"visit_{new_id(tablet.now)}"
    return [_count(tablet, visit) for _ in range(FORM)]


def _count(tablet: Tablet, visit: str) -> Change:
    code = tablet.random.choice(_CATEGORIES)
    entry = {"visit": visit, "of": "seizure", "code": code, "qty": tablet.random.randint(1, 9), "unit": "ST"}
    return tablet.tap(f"tally_{new_id(tablet.now)}", "entry", entry)


OPERATION = "01639815-0000-7000-8000-000000000003"
SHAPES: dict[str, tuple[str, Shape]] = {
    "form": (f"op/{OPERATION}/KOM_ALK", form),
    "counts": (f"op/{OPERATION}/shared", counts),
}
"""Shape -> the stream it goes into and how it is made."""
