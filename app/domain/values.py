"""What a value may look like: checks, and the values of the protocol that are made of them.

A check is told a JSON value and says whether it has the form. None of them knows codes or the state of the store.
"""

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

Value: TypeAlias = Any
Check: TypeAlias = Callable[[Value], bool]

MAX_INT = 2**53 - 1
TEXT = 20_000
LINE = 500

ENTITY = re.compile(r"[a-z]{2,20}_[A-Za-z0-9@.:+-][A-Za-z0-9@.:+_-]{0,99}")
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
SHA256 = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_TOKEN = re.compile(r"[A-Za-z0-9_.@:+-]{1,120}")


def text(limit: int = LINE) -> Check:
    """Text of at most `limit` characters."""
    return lambda v: type(v) is str and len(v) <= limit


def integer(low: int = 0, high: int = MAX_INT) -> Check:
    """An integer; booleans are not integers here."""
    return lambda v: type(v) is int and low <= v <= high


def matching(pattern: re.Pattern[str]) -> Check:
    """Text that matches the whole pattern."""
    return lambda v: type(v) is str and pattern.fullmatch(v) is not None


def listing(check: Check, limit: int = 200) -> Check:
    """A list of at most `limit` items that each pass."""
    return lambda v: type(v) is list and len(v) <= limit and all(map(check, v))


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with exactly these keys."""
    known = {**required, **(optional or {})}

    def check(v: Value) -> bool:
        if type(v) is not dict or not required.keys() <= v.keys() <= known.keys():
            return False
        for k, x in v.items():  # noqa: SIM110 - a generator takes twice the time, and every count is one of these
            if not known[k](x):
                return False
        return True

    return check


def boolean(v: Value) -> bool:
    """True or false."""
    return type(v) is bool


def anything(_: Value) -> bool:
    """Any JSON value; used only in `ref`, which the server alone writes."""
    return True


code = matching(_TOKEN)
entity_id = matching(ENTITY)
commit_hash = matching(re.compile(f"sha256:{SHA256.pattern}"))
date = matching(_DATE)
clock_time = matching(_TIME)
"""Hours and minutes."""
sha256 = matching(SHA256)
instant = integer()
"""Milliseconds since 1970-01-01 UTC."""
both_languages = record({"sv": text(), "en": text()})
blob = record(
    {
        "sha256": sha256,
        "size": integer(1, 26_214_400),
        "mime": lambda v: v in ("image/jpeg", "image/heic"),
    }
)
void = record({"void": lambda v: v is True, "reason": text(), "of": matching(_TOKEN)})
tally_entry = record(
    {
        "visit": entity_id,
        "of": lambda v: v in ("seizure", "report", "photo"),
        "code": code,
        "qty": integer(),
        "unit": code,
    }
)
place = record(
    {"name": text()}, {"lat": integer(-90_000_000, 90_000_000), "lon": integer(-180_000_000, 180_000_000)}
)
restored_from = record(
    {
        "head": integer(),
        "chain": matching(re.compile(r"sha256:[0-9a-f]{64}")),
        "epoch": code,
        "backup": text(),
        "at": instant,
    }
)
"""A stream as a backup brought it back: its head and chain, the life of the store that ended, the file, when."""
earlier_visit = record(
    {"operation": code, "number": integer(), "date": date, "status": code},
    {"activity": code, "seizures": anything, "reports": integer(), "remarks": boolean},
)

SUBMITTED = 1_500
"""Changes that a submission names at most: as many as fit into a change of the largest size."""


def change_ids(v: Value) -> bool:
    """Ids of changes, sorted, each once."""
    is_id = matching(re.compile(UUID7))
    return listing(is_id, SUBMITTED)(v) and all(a < b for a, b in pairwise(v))


HANDED_OVER = 100
"""Items of a disclosure at most."""
_told = {"ground": code, "by": text(), "visit": entity_id, "hash": sha256}
_perhaps = {"proviso": text(2_000), "corrects": matching(re.compile(f"disclosure_{UUID7}"))}
_item = record({"e": entity_id, "f": code, "ids": change_ids, "hash": sha256})
_copy = record({"e": entity_id, "f": code, "ids": change_ids, "values": listing(anything)})
disclosure = record(
    {**_told, "to": code, "items": listing(_item, HANDED_OVER)}, {**_perhaps, "weighing": text(5_000)}
)
"""What a person hands over: to whom, on which ground, who decided, which cells as they were, the hash of the copy."""
disclosed = record(
    {
        **_told,
        "from": code,
        "actor": code,
        "at": instant,
        "disclosure": entity_id,
        "items": listing(_copy, HANDED_OVER),
    },
    _perhaps,
)
"""The copy for the recipient."""
delivered = record(
    {
        "to": code,
        "hash": sha256,
        "change": matching(re.compile(UUID7)),
        "items": listing(_copy, HANDED_OVER),
    }
)
"""The server's word to who handed over: the copy was made, and of what."""
