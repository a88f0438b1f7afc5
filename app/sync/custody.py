"""Reading and checking what a client sent: everything about a push that takes time and needs no lock."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from app.domain.change import Change, Refused, read_line
from app.domain.commit import Envelope, Malformed, TooLarge, is_authentic, open_envelope, public_key
from app.domain.streams import class_of


class NotNdjson(ValueError):
    """Nothing in a request can be read; the argument says what is wrong with its first line."""


@dataclass(frozen=True)
class Fault:
    """An envelope error: it stops its chain at that commit, everything else stands."""

    line: int
    code: str
    detail: str
    actor: str | None = None
    stream: str | None = None
    n: int | None = None
    expect: int | None = None


@dataclass
class Checked:
    """A commit whose form has been read; `lines` are its changes or the reason why one is refused.

    `is_authentic` is None where nobody has registered the actor's key. `received` is when this server had it before,
    if the tablet proved it with a receipt: what a restore lost comes back with its own time.
    """

    line: int
    envelope: Envelope
    lines: list[Change | Refused]
    is_authentic: bool | None
    received: int | None = None


def open_lines(lines: Sequence[bytes]) -> tuple[list[tuple[int, Envelope]], list[Fault]]:
    """Read the envelopes of a request; `line` counts from 1. NotNdjson where not one line is JSON."""
    opened, faults, unread = [], [], 0
    for number, line in enumerate(lines, 1):
        try:
            opened.append((number, open_envelope(orjson.loads(line))))
        except orjson.JSONDecodeError as error:
            faults.append(Fault(number, "malformed", str(error)))
            unread += 1
        except Malformed as error:
            faults.append(Fault(number, "malformed", str(error)))
        except TooLarge as error:
            faults.append(Fault(number, "too-large", str(error)))
    if unread == len(lines):
        raise NotNdjson(faults[0].detail if faults else "no lines")
    return opened, faults


def check(
    opened: Sequence[tuple[int, Envelope]],
    keys: Mapping[str, bytes],
    received_in: Callable[[str], Mapping[str, int]] | None = None,
) -> list[Checked]:
    """Verify signatures and read the changes: everything that takes time and no lock.

    `received_in` reads a receipt of this server: commit hash -> received.
    """
    loaded = {actor: _loaded(point) for actor, point in keys.items()}
    checked = [_check_one(line, envelope, loaded) for line, envelope in opened]
    if received_in is not None:
        _date(checked, received_in)
    return checked


_loaded = lru_cache(1024)(public_key)


def _date(checked: Sequence[Checked], received_in: Callable[[str], Mapping[str, int]]) -> None:
    """Give back the time they were first received to commits that come with their receipt; many share one."""
    proofs: dict[str, Mapping[str, int]] = {}
    for commit in checked:
        receipt = commit.envelope.r
        if receipt is None or not commit.is_authentic:
            continue
        if receipt not in proofs:
            proofs[receipt] = received_in(receipt)
        commit.received = proofs[receipt].get(commit.envelope.hash)


def _check_one(line: int, envelope: Envelope, keys: Mapping[str, Any]) -> Checked:
    key = keys.get(envelope.actor)
    if key is None or not is_authentic(envelope, key):
        return Checked(line, envelope, [], None if key is None else False)
    home = class_of(envelope.stream)
    body = envelope.b.encode().split(b"\n")[:-1]
    lines = [read_line(text, i, home) for i, text in enumerate(body, 1)]
    return Checked(line, envelope, _without_repeats(lines), True)


def _without_repeats(lines: list[Change | Refused]) -> list[Change | Refused]:
    """Refuse every change whose id stands twice in the commit: verdicts and `skip` name changes by id alone."""
    ids = [x.id if isinstance(x, Change) else x.key for x in lines]
    if len(set(ids)) == len(ids):
        return lines
    count = Counter(ids)
    return [x if count[i] == 1 else Refused(i, "rejected", "schema") for i, x in zip(ids, lines, strict=True)]
