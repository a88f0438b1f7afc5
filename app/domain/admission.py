"""Decisions about held changes: what one says, and what several of them come to (docs/decisions/0006)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from app.domain.change import Change
from app.domain.merge import ACTOR, ID, VALUE, Head

Decided: TypeAlias = Literal["admitted", "denied"]

KIND = "admission"
FIELD = "verdict"


@dataclass(frozen=True)
class Verdict:
    """What a person says about one held change of one commit; `id` is the change that says so, by `actor`."""

    id: str
    actor: str
    change: str
    commit: str
    admit: bool
    reason: str


def entity_of(change: str) -> str:
    """The entity in which a held change is decided."""
    return f"{KIND}_{change}"


def verdict_of(entity: str, field: str, change: str, actor: str, value: Any) -> Verdict | None:
    """What a change to an admission says; None where it says nothing: `@`, or a value that was cleared."""
    if field != FIELD or value is None:
        return None
    target = entity.removeprefix(f"{KIND}_")
    return Verdict(change, actor, target, value["commit"], value["admit"], value["reason"])


def verdict_in(change: Change, actor: str) -> Verdict | None:
    """What a change to an admission says, as `verdict_of`."""
    return verdict_of(change.e, change.f, change.id, actor, change.v)


def verdicts_in(entity: str, cells: Mapping[str, list[Head]]) -> Iterator[Verdict]:
    """What the live changes of an admission say, in the order of their ids."""
    for head in cells.get(FIELD, ()):
        verdict = verdict_of(entity, FIELD, head[ID], head[ACTOR], head[VALUE])
        if verdict is not None:
            yield verdict


def decide(before: Decided | None, verdict: Verdict) -> Decided | None:
    """What a verdict makes of a held change; None where it changes nothing.

    Admitted stays admitted: it has been merged, and whoever wants it gone writes a change that replaces it. Of verdicts
    in any order the outcome is therefore the same.
    """
    if before == "admitted" or (before == "denied" and not verdict.admit):
        return None
    return "admitted" if verdict.admit else "denied"
