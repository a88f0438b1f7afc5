"""Streams by their names: which class one is of, whose it is, and which evening's (docs/sync.md, section 1)."""

import re
from typing import Literal, TypeAlias

from app.domain.values import UUID7

StreamClass: TypeAlias = Literal["ref", "shared", "plan", "own"]

_STREAM = re.compile(
    rf"ref|op/(?P<operation>{UUID7})"
    r"/(?P<part>shared|plan|[A-Z][A-Z_]{1,15})"
)


def stream_class(stream: str) -> StreamClass | None:
    """The class of a stream by its name, or None where the name is not one of ours."""
    match = _STREAM.fullmatch(stream)
    if match is None:
        return None
    if stream == "ref":
        return "ref"
    part = match["part"]
    return "shared" if part == "shared" else "plan" if part == "plan" else "own"


def class_of(stream: str) -> StreamClass:
    """The class of a stream whose name was checked before; ValueError for another."""
    found = stream_class(stream)
    if found is None:
        raise ValueError(f"{stream!r} names no stream")
    return found


def operation_of(stream: str) -> str | None:
    """The id of the operation whose stream this is; None for `ref` and for names that are not ours."""
    match = _STREAM.fullmatch(stream)
    return match["operation"] if match else None


def authority_of(stream: str) -> str | None:
    """The authority whose own stream this is, else None."""
    match = _STREAM.fullmatch(stream)
    return match["part"] if match and match["part"] not in (None, "shared", "plan") else None
