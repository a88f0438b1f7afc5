"""Handing records over to another authority: what makes it lawful, and exactly what the recipient gets (docs/decisions/0015).

A disclosure is one change in the stream of who hands over. It names what was on the screen by change ids and hashes, so that
the copy is of that and of nothing else. Twin: `static/src/domain/disclosure.ts`; both pass `tests/vectors/disclosure.json`.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from app.domain import codes
from app.domain.change import Change, canonical
from app.domain.merge import ID, VALUE, Cells, is_void

Said: TypeAlias = Mapping[str, Any]
"""The value of a disclosure (`kinds.KINDS["disclosure"]`)."""
Lack: TypeAlias = Literal["to", "ground", "by", "weighing", "items"]
"""What is missing or wrong in a disclosure."""

KIND, COPY, MARK = "disclosure", "disclosed", "delivered"
"""What a person says; the server's copy for the recipient; the server's mark for who handed over."""
OF = "of"
"""The one field of each of the three."""
DISCLOSABLE = frozenset({"checklist", "photo", "exhibit", "custody", "report", "decision", "note"})
"""Kinds of which fields can be handed over: what an authority records itself. What it was handed is not among them."""
LIMIT_COPY = 40_000
"""Bytes of the items of a copy, as canonical JSON: with what else it tells it fits into one change."""


def lawful_grounds(sender: str, recipient: str, day: str) -> list[codes.Item]:
    """The grounds of this release on which one authority may hand over to the other on a day (ISO date)."""
    if sender == recipient or not {sender, recipient} <= codes.ids("authorities"):
        return []
    return [
        ground
        for ground in codes.items("disclosure_grounds")
        if ground.get("valid_from", "") <= day <= ground.get("valid_to", "9999")
        and _names(ground["from"], sender)
        and _names(ground["to"], recipient)
    ]


def recipients_of(sender: str | None) -> frozenset[str]:
    """The authorities that one of them could hand anything to."""
    known = codes.ids("authorities")
    return known - {sender} if sender in known else frozenset()


def needs_weighing(ground: codes.Item, sender: str, recipient: str) -> bool:
    """Whether the reasons must be written down: the ground weighs interests, or it leaves crime fighting (OSL 18:1)."""
    return bool(ground.get("weighing", False)) or (_fights_crime(sender) and not _fights_crime(recipient))


def lacks(said: Said, sender: str, participants: Collection[str], day: str) -> list[Lack]:
    """What keeps a disclosure by `sender` on a day from being lawful; empty where nothing does.

    `participants` are the authorities that take part in the evening: nobody else would ever get the copy.
    """
    recipient = said["to"]
    found: list[Lack] = []
    if recipient == sender or recipient not in participants:
        found.append("to")
    ground = next((g for g in lawful_grounds(sender, recipient, day) if g["id"] == said["ground"]), None)
    if ground is None:
        found.append("ground")
    if not said["by"].strip():
        found.append("by")
    if ground and needs_weighing(ground, sender, recipient) and not said.get("weighing", "").strip():
        found.append("weighing")
    if not _are_items(said["items"]):
        found.append("items")
    return found


def copied(items: Sequence[Mapping[str, Any]], entities: Mapping[str, Cells]) -> list[dict[str, Any]] | None:
    """`[{e, f, ids, values}]` for the recipient, values in the order of the ids; None where something is not as it was named.

    Every live change of a cell is named, or a conflict would be handed over as if there were none.
    """
    made = []
    for item in items:
        cells = entities.get(item["e"], {})
        heads = sorted(cells.get(item["f"], ()), key=lambda head: str(head[ID]))
        ids, values = [head[ID] for head in heads], [head[VALUE] for head in heads]
        if is_void(cells) or ids != item["ids"] or value_hash(values) != item["hash"]:
            return None
        made.append({"e": item["e"], "f": item["f"], "ids": ids, "values": values})
    return made


def value_hash(values: Sequence[Any]) -> str:
    """SHA-256 (hex) of the live values of a cell in the order of their change ids."""
    return hashlib.sha256(canonical(values).encode()).hexdigest()


def copy_hash(copy: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 (hex) of the canonical copy."""
    return hashlib.sha256(canonical(copy).encode()).hexdigest()


def is_too_long(copy: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a copy does not fit into one change and has to be handed over in parts."""
    return len(canonical(copy).encode()) > LIMIT_COPY


def copy_value(change: Change, sender: str, actor: str, copy: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the recipient is told: all of the disclosure but the weighing, which stays with who made it.

    It follows from the disclosure alone, so that making it twice makes the same.
    """
    said = change.v
    told = {
        name: said[name] for name in ("ground", "by", "visit", "hash", "proviso", "corrects") if name in said
    }
    told |= {"from": sender, "actor": actor, "at": change.at, "disclosure": change.e, "items": list(copy)}
    return told


def mark_value(change: Change, copy: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What who handed over is told once the copy is there: the same copy, which stays when the record goes on."""
    return {"to": change.v["to"], "hash": change.v["hash"], "change": change.id, "items": list(copy)}


def copy_entity(disclosure: str, sender: str) -> str:
    """The entity of the copy: the sender in its name, since two authorities choose their ids without each other."""
    return f"{COPY}_{sender}.{disclosure.partition('_')[2]}"


def mark_entity(disclosure: str) -> str:
    """The entity of the server's mark in the stream of who handed over."""
    return f"{MARK}_{disclosure.partition('_')[2]}"


def derived_id(change: str, purpose: str) -> str:
    """A UUIDv7 of the same moment that follows from a change's id: what is made of it twice has one id, and counts once."""
    tail = hashlib.sha256(f"{purpose} {change}".encode()).hexdigest()
    variant = "89ab"[int(tail[3], 16) & 3]
    return f"{change[:13]}-7{tail[:3]}-{variant}{tail[4:7]}-{tail[7:19]}"


def _names(listed: Sequence[str], authority: str) -> bool:
    return authority in listed or "ANY" in listed or "ANY_AUTHORITY" in listed


def _fights_crime(authority: str) -> bool:
    return any(item["id"] == authority and item["le"] for item in codes.items("authorities"))


def _are_items(items: Sequence[Mapping[str, Any]]) -> bool:
    """At least one, each cell once, each of a kind that can be handed over, none about its being deleted."""
    cells = {(item["e"], item["f"]) for item in items}
    fit = all(i["e"].partition("_")[0] in DISCLOSABLE and i["f"] != "@" and i["ids"] for i in items)
    return 0 < len(items) == len(cells) and fit
