"""A change: the smallest thing anybody records, and how its bytes are read.

Reading is strict and depends on the bytes alone: what this module rejects it rejects for ever (docs/sync.md, section 3).
"""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from app.domain import kinds
from app.domain.streams import StreamClass
from app.domain.values import MAX_INT

LIMIT_BYTES = 65_536
LIMIT_DEPTH = 16
LIMIT_REPLACES = 500
LIMIT_TIME = 2**48 - 1
"""The largest instant that a UUIDv7 can hold, in milliseconds."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@dataclass(slots=True)
class Change:
    """A value asserted on a cell; `replaces` are the changes of the cell that its author saw."""

    id: str
    e: str
    f: str
    v: Any
    at: int
    replaces: tuple[str, ...] = ()

    def content(self) -> str:
        """What two changes with one id are compared by: value and time, canonically."""
        return canonical([self.v, self.at])


def is_id(value: object) -> bool:
    """Whether the value is a UUIDv7 in its one accepted spelling."""
    return type(value) is str and _ID.fullmatch(value) is not None


def canonical(value: Any) -> str:
    """The one JSON text of a value: keys by code point, no white space, non-ASCII as it is.

    orjson sorts keys by their UTF-8 bytes, which is code point order.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def new_id(now: int, after: Iterable[str] = ()) -> str:
    """A UUIDv7 for `now` (ms), larger than every id in `after` whatever the clock says.

    The one exception is the very last id, which nothing can be larger than; it is not counted. A step above an id is taken
    at random, so that two tablets behind the same fast clock do not take the same one.
    """
    floor = max((number for number in map(_number, after) if number < _LAST), default=-1)
    fresh = min(max(now, 0), LIMIT_TIME) << 74 | secrets.randbits(74)
    number = fresh if fresh > floor else floor + 1 + secrets.randbelow(min(1 << 62, _LAST - floor))
    text = f"{number >> 74:012x}7{number >> 62 & 0xFFF:03x}{number & _TAIL | 1 << 63:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_LAST = (1 << 122) - 1
_TAIL = (1 << 62) - 1


def _number(change_id: str) -> int:
    """An id without its version and variant, which are the same in all."""
    digits = int(change_id.replace("-", ""), 16)
    return digits >> 80 << 74 | (digits >> 64 & 0xFFF) << 62 | digits & _TAIL


def line_of(change: Change) -> str:
    """The change as one line of a commit body, ending in a line feed."""
    data: dict[str, Any] = {"id": change.id, "e": change.e, "f": change.f, "v": change.v, "at": change.at}
    if change.replaces:
        data["replaces"] = list(change.replaces)
    return orjson.dumps(data).decode() + "\n"


@dataclass(slots=True)
class Refused:
    """A line that is not applied: the id it is reported under, its verdict and code; `change` where a person may admit it."""

    key: str
    verdict: str
    code: str
    change: Change | None = None


def read_line(line: bytes, number: int, home: StreamClass | None) -> Change | Refused:
    """Read one line of a commit body; `number` names a line that has no readable id (`#3`).

    Without a `home` the form alone counts: so is read what the log says was applied, whatever this release knows.
    """
    nameless = f"#{number}"
    try:
        data = orjson.loads(line)
    except orjson.JSONDecodeError:
        return Refused(nameless, "rejected", "schema")
    if type(data) is not dict or not is_id(data.get("id")):
        return Refused(nameless, "rejected", "schema")
    key: str = data["id"]
    if len(line) > LIMIT_BYTES:
        return Refused(key, "rejected", "too_large")
    change = _shaped(data)
    if change is None or (b"\\u0000" in line and _has_nul(data)):
        return Refused(key, "rejected", "schema")
    if type(change.v) is not str and not _is_plain(change.v):
        return Refused(key, "rejected", "schema")
    fault = None if home is None else kinds.judge(home, change.e, change.f, change.v)
    if fault is not None:
        return Refused(key, *fault, change if fault[0] == "held" else None)
    return change


_MEMBERS = itemgetter("id", "e", "f", "v", "at")


def _shaped(data: dict[str, Any]) -> Change | None:
    """The change if it has the five members, `replaces` perhaps and no other, each of its type."""
    try:
        key, e, f, v, at = _MEMBERS(data)
    except KeyError:
        return None
    if type(e) is not str or type(f) is not str or type(at) is not int or not 0 <= at <= LIMIT_TIME:
        return None
    if len(data) == 5:
        return Change(key, e, f, v, at)
    replaces = data.get("replaces")
    if len(data) > 6 or type(replaces) is not list or len(replaces) > LIMIT_REPLACES:
        return None
    return Change(key, e, f, v, at, tuple(replaces)) if all(map(is_id, replaces)) else None


def _is_plain(value: Any, depth: int = 1) -> bool:
    """No floats, no integers that a browser cannot hold, not too deep."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-MAX_INT <= value <= MAX_INT)
    if depth > LIMIT_DEPTH:
        return False
    if kind is not list and kind is not dict:
        return False
    for each in value if kind is list else value.values():  # noqa: SIM110 - a generator takes twice the time
        if not _is_plain(each, depth + 1):
            return False
    return True


def _has_nul(value: Any) -> bool:
    if type(value) is str:
        return "\0" in value
    if type(value) is list:
        return any(map(_has_nul, value))
    if type(value) is dict:
        return any("\0" in k or _has_nul(v) for k, v in value.items())
    return False
