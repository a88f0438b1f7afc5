"""Commit envelopes spoiled in every way that comes to mind, against the real check: `make fuzz N=10000000`.

What is accepted must be, byte for byte, a header and a body that the actor it names has signed. Nothing may be raised but
the two refusals that a client is told of. Each case follows from its seed alone.
"""

import base64
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeAlias

import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain.change import Change
from app.domain.commit import (
    Malformed,
    TooLarge,
    actor_id,
    b64,
    open_envelope,
    point_of,
    seal,
    sha256,
    sign,
    unb64,
)
from app.sync import custody

Wire: TypeAlias = dict[str, Any]
STREAMS: Final = (
    "ref",
    "op/01639815-0000-7000-8000-000000000003/shared",
    "op/01639815-0000-7000-8000-000000000003/POL",
)
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256: with (r, s) also (r, order − s) is a signature of the same text."""
PART: Final = 10_000
NUMBERS: Final = (
    -1,
    0,
    1,
    2,
    499,
    500,
    501,
    2**31,
    2**53 - 1,
    2**53,
    2**63 - 1,
    2**63,
    2**64,
    2**70,
    1.0,
    1e308,
    True,
)
TEXTS: Final = (
    "",
    "ES256",
    "none",
    "HS256",
    "ref",
    "op/x/POL",
    "é",
    "e\u0301",
    "\u202e",
    "\ufeff",
    "a_" + "0" * 32,
    "\n",
    "\\u0000",
)


@dataclass
class Signers:
    """Two honest people and a third who signs whatever helps, with all that each of them has truly signed."""

    keys: tuple[ec.EllipticCurvePrivateKey, ...] = field(
        default_factory=lambda: tuple(ec.derive_private_key(n, ec.SECP256R1()) for n in (11, 12, 13))
    )
    signed: set[tuple[str, str, str]] = field(default_factory=set)
    """Actor, header and body."""
    wires: list[Wire] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Let each of them seal chains of commits of several lengths."""
        self.points = {actor_id(point): point for point in (point_of(key.public_key()) for key in self.keys)}
        for key, stream in ((key, stream) for key in self.keys for stream in STREAMS):
            prev = ""
            for n, count in enumerate((1, 3, 0, 40), 1):
                changes = [_change(number) for number in range(count)]
                envelope = seal(key, stream, n, prev, changes, app="test/1", sent=7 * n, off=-n)
                prev = envelope.hash
                self.note(envelope.actor, envelope.h, envelope.b)
                self.wires.append(envelope.wire())

    def note(self, actor: str, h: str, b: str) -> None:
        """Somebody has signed this."""
        self.signed.add((actor, h, b))

    def sign_as_thief(self, h: str, b: str) -> str:
        """The third one's signature over a header of anybody's; theirs to give only where it names themselves."""
        thief = self.keys[2]
        header = _read(h)
        if header is not None and header.get("actor") == actor_id(point_of(thief.public_key())):
            self.note(header["actor"], h, b)
        return sign(thief, h.encode(errors="surrogatepass"))


def _change(number: int) -> Change:
    values: tuple[Any, ...] = ("hej", 3, None, ["å", {"x": True}], {"z": 1, "a": [2**53 - 1]})
    named = f"01639815-0000-7000-8000-{number:012x}"
    return Change(named, "note_1", "text", values[number % len(values)], 1000 + number)


def _read(h: str) -> dict[str, Any] | None:
    try:
        found = json.loads(h)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# Ways to spoil an envelope ------------------------------------------------------------------------------------------

Spoil: TypeAlias = Callable[[random.Random, Wire, Signers], Wire]


def flip_a_bit(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """One bit of header, body or signature."""
    part = r.choice("hbs")
    data = bytearray(wire[part].encode())
    if data:
        data[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return wire | {part: data.decode(errors=r.choice(("replace", "surrogateescape", "ignore")))}


def cut(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """The end, the beginning or the middle is missing."""
    part = r.choice("hbs")
    text = wire[part]
    a, b = sorted((r.randrange(len(text) + 1), r.randrange(len(text) + 1)))
    return wire | {part: r.choice((text[:a], text[b:], text[:a] + text[b:]))}


def add(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """Something stands before, after or inside."""
    part = r.choice("hbs")
    text, extra = (
        wire[part],
        r.choice((" ", "\n", "\0", "{}", "\ufeff", "=", "\ud800", r.choice(TEXTS), "x" * 200)),
    )
    at = r.choice((0, len(text), r.randrange(len(text) + 1)))
    return wire | {part: text[:at] + extra + text[at:]}


def mix(r: random.Random, wire: Wire, signers: Signers) -> Wire:
    """Parts of two commits."""
    other = r.choice(signers.wires)
    return {part: r.choice((wire, other))[part] for part in "hbs"}


def re_encode(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """The same header, written otherwise."""
    header = json.loads(wire["h"])
    if r.random() < 0.5:
        header = dict(r.sample(list(header.items()), len(header)))
    separators = r.choice(((",", ":"), (", ", ": "), (" ,", ":")))
    return wire | {"h": json.dumps(header, ensure_ascii=r.random() < 0.5, separators=separators)}


def double_a_key(r: random.Random, wire: Wire, signers: Signers) -> Wire:
    """Two members of one name: whoever reads the first and whoever reads the last must not part."""
    header = json.loads(wire["h"])
    name = r.choice(list(header))
    other = json.loads(r.choice(signers.wires)["h"]).get(name)
    member = f"{json.dumps(name)}:{json.dumps(other)}"
    text = wire["h"]
    return wire | {"h": r.choice((f"{{{member},{text[1:]}", f"{text[:-1]},{member}}}"))}


def alter(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """A member of the header with another value, or without one."""
    header = json.loads(wire["h"])
    name = r.choice([*header, "x", "__proto__"])
    if r.random() < 0.2:
        header.pop(name, None)
    else:
        header[name] = r.choice((*NUMBERS, *TEXTS, None, [], {}, _nested(r)))
    return wire | {"h": json.dumps(header)}


def _nested(r: random.Random) -> Any:
    value: Any = 1
    for _ in range(r.choice((1, 15, 17, 200, 300, 900))):
        value = [value] if r.random() < 0.5 else {"a": value}
    return value


def stolen(r: random.Random, wire: Wire, signers: Signers) -> Wire:
    """Altered, with a body to match, and signed by a key that is not that of the actor it names."""
    header, body = json.loads(wire["h"]), wire["b"]
    if r.random() < 0.7:
        body = r.choice((body * 2, "", '{"id":"x"}\n', body[:-1], r.choice(signers.wires)["b"]))
    header |= {"body": sha256(body), "changes": r.choice((body.count("\n"), 0, 500))}
    if r.random() < 0.5:
        header["key"] = b64(point_of(signers.keys[2].public_key()))
    if r.random() < 0.3:
        header["actor"] = r.choice(list(signers.points))
    h = json.dumps(header)
    return {"h": h, "b": body, "s": signers.sign_as_thief(h, body)}


def respell_signature(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """The same signature or its twin, in another spelling or out of range."""
    raw = unb64(wire["s"])
    first, second = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
    a, b = r.choice(
        (
            (first, ORDER - second),
            (second, first),
            (0, 0),
            (first, 0),
            (ORDER, second),
            (first, ORDER),
            (1, 1),
        )
    )
    other = (a % 2**256).to_bytes(32) + (b % 2**256).to_bytes(32)
    spellings = (
        b64(other),
        wire["s"] + "=",
        wire["s"] + "==",
        wire["s"][:-1] + r.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        base64.b64encode(raw).decode(),
        raw.hex(),
        "",
        b64(raw + b"\0"),
        b64(raw[:-1]),
    )
    return wire | {"s": r.choice(spellings)}


def other_form(r: random.Random, wire: Wire, _: Signers) -> Wire:
    """Not the object of three strings that it should be."""
    part = r.choice("hbs")
    wrong: tuple[Any, ...] = (None, 1, True, [], {}, [wire[part]], {"h": wire["h"]})
    return r.choice(({**wire, part: r.choice(wrong)}, {k: v for k, v in wire.items() if k != part}, {}))


SPOILS: Final[tuple[Spoil, ...]] = (
    flip_a_bit,
    cut,
    add,
    mix,
    re_encode,
    double_a_key,
    alter,
    stolen,
    respell_signature,
    other_form,
)


# The check ----------------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What became of the cases: how many were accepted and refused, and the seeds of those that should not have been so."""

    accepted: int = 0
    refused: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take in what another part came to."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.wrong += other.wrong


def case(seed: int, signers: Signers) -> Wire:
    """The spoiled envelope of a seed; one in twenty is left as it was."""
    r = random.Random(seed)
    wire = dict(r.choice(signers.wires))
    for _ in range(r.choice((0, *[1] * 15, 2, 2, 2, 3))):
        spoil = r.choice(SPOILS)
        try:
            wire = spoil(r, wire, signers)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            return wire  # it is too spoiled for more
    return wire


def judge(wire: Wire, signers: Signers) -> bool:
    """Whether the server takes this as authentic; raises what the server would."""
    try:
        envelope = open_envelope(wire)
    except (Malformed, TooLarge):
        return False
    (checked,) = custody.check([(1, envelope)], signers.points)
    if not checked.is_authentic:
        return False
    if (envelope.actor, envelope.h, envelope.b) not in signers.signed:
        raise AssertionError("accepted, and nobody has signed it")
    return True


def run(start: int, count: int) -> Tally:
    """The cases of `count` seeds from `start` on."""
    signers, tally = Signers(), Tally()
    for seed in range(start, start + count):
        wire = case(seed, signers)
        try:
            is_accepted = judge(wire, signers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the server would have answered 500
            tally.wrong.append(f"seed {seed}: {type(error).__name__}: {error}")
            continue
        tally.accepted += is_accepted
        tally.refused += not is_accepted
    return tally


def parts(start: int, count: int) -> Iterator[tuple[int, int]]:
    """The seeds in parts that one process takes at a time."""
    for first in range(start, start + count, PART):
        yield first, min(PART, start + count - first)


def main() -> int:
    """Every core at it; exit status 1 if anything was wrong."""
    count, start = int(sys.argv[1] if len(sys.argv) > 1 else 1_000_000), time.monotonic()
    tally = Tally()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(partial(_run_part), parts(0, count)):
            tally.add(found)
    seconds = time.monotonic() - start
    told = {"cases": count, "accepted": tally.accepted, "refused": tally.refused, "wrong": len(tally.wrong)}
    print(orjson.dumps(told | {"seconds": round(seconds)}).decode())
    for line in tally.wrong[:20]:
        print(line)
    return 1 if tally.wrong else 0


def _run_part(part: tuple[int, int]) -> Tally:
    return run(*part)


if __name__ == "__main__":
    sys.exit(main())
