"""Fifty tablets at once: pushing while all of them listen, and coming back into the network with facts and photos."""

import json
import os
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from bench import client
from bench.server import Server, enrol, make_store, running
from bench.shapes import FORM, SHAPES, Tablet, packed
from bench.stores import empty_stores
from bench.wire import Answer, Heard, Plan

TABLETS = 50
ROUNDS = 20
"""Pushes of each tablet, one after the other; each is one commit of 30 answers."""
FACTS = 200
PHOTOS = 10
PHOTO_BYTES = 300_000
STREAM, SHAPE = SHAPES["form"]


@dataclass(frozen=True)
class Crowd:
    """One store. Times in milliseconds but those in `_s`, which are until the last tablet has its answers.

    A poke's time runs from the first byte of a push to the poke at another tablet. `peak_mb` is the largest resident size
    that the server's process had.
    """

    store: str
    pushes_per_s: int
    push_p50: float
    push_p99: float
    poke_p50: float
    poke_p99: float
    storm_s: float
    facts_s: float
    storm_p50: float
    storm_p99: float
    storm_requests: int
    storm_cpu_s: float
    peak_mb: int
    load: float

    def missed(self) -> list[str]:
        """The targets that are not met."""
        bounds = {"push_p99": 300, "poke_p50": 100, "storm_s": 3, "storm_p99": 450, "peak_mb": 200}
        return [
            f"{name} {getattr(self, name)} > {most}"
            for name, most in bounds.items()
            if getattr(self, name) > most
        ]


def measure(store: str) -> Crowd:
    """Both crowds, each against a server of its own."""
    with _tablets(store, ROUNDS, 1, 0) as (server, plans):
        pushing = client.run(server.port, "crowd", plans)
        peak = server.peak_bytes()
    with _tablets(store, 1, -(-FACTS // FORM), PHOTOS) as (server, plans):
        before = server.cpu_seconds()
        storm = client.run(server.port, "reconnect", plans)
        cpu, peak = server.cpu_seconds() - before, max(peak, server.peak_bytes())
    for answer in (a for heard in (pushing, storm) for each in heard.answers for a in each):
        _check(answer)
    assert all(
        a.header("Upload-Offset") == str(PHOTO_BYTES) for each in storm.answers for a in each[-PHOTOS:]
    )
    pushes, asked = ([a.seconds for each in heard.answers for a in each] for heard in (pushing, storm))
    pokes = list(poke_times(pushing))
    return Crowd(
        store,
        round(len(pushes) / pushing.seconds),
        _at(pushes, 50),
        _at(pushes, 99),
        _at(pokes, 50),
        _at(pokes, 99),
        round(storm.seconds, 2),
        round(max(sum(a.seconds for a in each[:2]) for each in storm.answers), 2),
        _at(asked, 50),
        _at(asked, 99),
        len(asked),
        round(cpu, 2),
        peak >> 20,
        round(os.getloadavg()[0], 2),
    )


@contextmanager
def _tablets(store: str, pushes: int, commits: int, photos: int) -> Iterator[tuple[Server, list[Plan]]]:
    """A server, and what each of fifty enrolled tablets is to send to it: so many pushes, commits in each, and photos."""
    with empty_stores(store, 1) as (folder, [url]):
        codes = make_store(url, folder, [STREAM], [f"u{n}" for n in range(TABLETS)])
        with running(url, folder) as server:
            yield server, [_plan(server, code, n, pushes, commits, photos) for n, code in enumerate(codes)]


def _plan(server: Server, code: str, number: int, pushes: int, commits: int, photos: int) -> Plan:
    tablet, random = Tablet(STREAM, Random(number)), Random(number)
    token = enrol(server, code, tablet)
    bodies = [packed(tablet.commit(SHAPE(tablet)) for _ in range(commits)) for _ in range(pushes)]
    return Plan(
        token, STREAM, bodies, [b"\xff\xd8\xff" + random.randbytes(PHOTO_BYTES - 3) for _ in range(photos)]
    )


def _check(answer: Answer) -> None:
    assert answer.status in (200, 201, 204), (answer.status, answer.body[:300])
    if b'"results"' in answer.body[:40]:
        told = json.loads(answer.body)
        assert not told["errors"], told["errors"][:2]
        assert all(r["seq"] for r in told["results"])


def poke_times(heard: Heard) -> Iterator[float]:
    """For every push and every other tablet, the seconds until that tablet was poked about it."""
    for tablet, (answers, sent) in enumerate(zip(heard.answers, heard.sent, strict=True)):
        for answer, start in zip(answers, sent, strict=True):
            seq = json.loads(answer.body)["results"][-1]["seq"]
            for other, pokes in enumerate(heard.pokes):
                if other != tablet:
                    yield pokes[bisect_left(pokes, seq, key=lambda poke: poke[1])][0] - start


def _at(seconds: Sequence[float], percent: int) -> float:
    """A percentile in milliseconds."""
    return round(1000 * sorted(seconds)[len(seconds) * percent // 100], 1)
