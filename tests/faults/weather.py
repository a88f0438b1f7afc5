"""What may go wrong with a request on its way, and plans of when: told by a seed, so that a run can be repeated."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

DELIVERED_WHOLE: Final = frozenset(
    {
        "pass",
        "lose the answer",
        "cut the answer",
        "half-close",
        "shorten the answer",
        "twice",
        "late again",
        "slow",
    }
    | {"corrupt the answer", "502 after all", "garbage after all"}
)
"""Faults after which the server has had the whole request."""
FAULTS: Final = (
    *("refuse", "cut the request", "portal", "502", "garbage", "hang", "corrupt the request"),
    *sorted(DELIVERED_WHOLE - {"pass"}),
)


@dataclass(frozen=True)
class Request:
    """A request as it came. `tablet` is what the client calls itself in `X-Tablet`."""

    method: str
    path: str
    headers: dict[str, str]
    head: bytes
    body: bytes

    @property
    def tablet(self) -> str:
        """Who sends it."""
        return self.headers.get("x-tablet", "")


@dataclass(frozen=True)
class Fault:
    """What happens to a request: `at` is where, as a share of its bytes or of the answer's; `seconds` how long."""

    kind: str = "pass"
    at: float = 0.5
    seconds: float = 0.0


Plan = Callable[[Request], Fault]


def weather(seed: int, share: float, seconds: float = 0.3) -> Plan:
    """Bad luck for this share of all requests, the same for each tablet's nth request in every run with the seed."""
    counts: Counter[str] = Counter()

    def plan(request: Request) -> Fault:
        counts[request.tablet] += 1
        chance = Random(f"{seed} {request.tablet} {counts[request.tablet]}")
        if chance.random() >= share:
            return Fault()
        return Fault(chance.choice(FAULTS), chance.random(), chance.random() * seconds)

    return plan


def calm(_: Request) -> Fault:
    """Nothing goes wrong."""
    return Fault()
