"""The fields of each kind of entity, what values they take and in which class of stream they may live.

A value is judged by its bytes and this release alone, never by the state of the store, so that the verdict on a change is the
same whenever it arrives. `null` clears any field. Codes are judged against the code lists of the release.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from app.domain import codes, sensitive
from app.domain.streams import StreamClass
from app.domain.values import (
    ENTITY,
    MAX_INT,
    TEXT,
    UUID7,
    Check,
    Value,
    anything,
    blob,
    boolean,
    both_languages,
    change_ids,
    clock_time,
    code,
    commit_hash,
    date,
    delivered,
    disclosed,
    disclosure,
    earlier_visit,
    entity_id,
    instant,
    integer,
    listing,
    place,
    record,
    restored_from,
    sha256,
    tally_entry,
    text,
    void,
)

_NOTE = ":note"


@dataclass(frozen=True)
class Kind:
    """A kind of entity: the stream classes it may live in and the check of each field.

    `codes` names, for fields that hold codes, the list they come from: an unknown code is held for a person (a newer
    client may know it), while a value of the wrong form is rejected. `ids` is the form of ids that say what the entity
    is about, `fits` says whether a value is about the same as its entity's id.
    """

    homes: frozenset[StreamClass]
    fields: Mapping[str, Check]
    codes: Mapping[str, str] = field(default_factory=dict)
    ids: re.Pattern[str] | None = None
    fits: Callable[[str, Value], bool] | None = None


def _is_of_its_visit(entity: str, value: Value) -> bool:
    return bool(value["visit"] == f"visit_{entity.partition('_')[2]}")


REF: frozenset[StreamClass] = frozenset({"ref"})
SHARED: frozenset[StreamClass] = frozenset({"shared"})
PLAN: frozenset[StreamClass] = frozenset({"plan"})
OWN: frozenset[StreamClass] = frozenset({"own"})
EVERYWHERE = REF | SHARED | PLAN | OWN

KINDS: dict[str, Kind] = {
    "restore": Kind(EVERYWHERE, {"from": restored_from}),
    "codelist": Kind(REF, {"items": anything}),
    "template": Kind(
        REF,
        {
            "sv": text(),
            "en": text(),
            "authorities": listing(code),
            "premises": listing(code),
            "share": code,
            "note": text(TEXT),
            "questions": anything,
        },
    ),
    "operation": Kind(
        SHARED,
        {
            "number": integer(),
            "title": both_languages,
            "date": date,
            "start": clock_time,
            "end": clock_time,
            "status": code,
            "authorities": listing(code),
            "on_call": listing(code),
            "purpose": both_languages,
            "staging": place,
            "teams": listing(
                record({"id": code, "leader": text(), "members": listing(text()), "vehicle": text()})
            ),
        },
        {"status": "status_operation", "authorities": "authorities", "on_call": "authorities"},
    ),
    "site": Kind(
        SHARED,
        {
            "name": text(),
            "type": code,
            "address": text(),
            "area": text(),
            "lat": integer(-90_000_000, 90_000_000),
            "lon": integer(-180_000_000, 180_000_000),
            "fictitious": boolean,
            "history": listing(earlier_visit),
        },
        {"type": "premises_types"},
    ),
    "visit": Kind(
        SHARED,
        {
            "site": entity_id,
            "order": integer(),
            "team": text(),
            "status": code,
            "arrived": instant,
            "left": instant,
            "activity": code,
            "persons": integer(0, 100_000),
            "remarks": boolean,
            "repeat": boolean,
        },
        {"status": "status_visit", "activity": "status_site_activity"},
    ),
    "party": Kind(
        SHARED,
        {
            "visit": entity_id,
            "authority": code,
            "regime": code,
            "law": text(),
            "decided_by": text(),
            "present": listing(code),
            "entered": instant,
            "left": instant,
            "done": boolean,
        },
        {"authority": "authorities", "regime": "legal_regimes", "present": "authorities"},
    ),
    "checklist": Kind(
        SHARED | OWN,
        {"visit": entity_id, "template": code, "status": code},
        {"status": "status_checklist"},
    ),
    "tally": Kind(SHARED, {"entry": tally_entry}),
    "safety": Kind(
        SHARED,
        {
            "visit": entity_id,
            "level": lambda v: v in ("low", "medium", "high"),
            "text": text(TEXT),
            "injuries": integer(0, 1000),
            "at": instant,
        },
    ),
    "actor": Kind(
        SHARED, {"name": text(), "user": text(), "authority": code, "role": code, "device": text()}
    ),
    "target": Kind(
        PLAN, {"site": entity_id, "status": code, "note": text(TEXT)}, {"status": "status_target"}
    ),
    "photo": Kind(
        OWN,
        {
            "visit": entity_id,
            "blob": blob,
            "thumb": blob,
            "caption": text(TEXT),
            "about": entity_id,
            "question": code,
            "taken": instant,
            "width": integer(1, 100_000),
            "height": integer(1, 100_000),
        },
    ),
    "exhibit": Kind(
        OWN,
        {
            "visit": entity_id,
            "category": code,
            "qty": integer(),
            "unit": code,
            "description": text(TEXT),
            "place": text(),
            "seal": text(),
            "holder": text(),
            "finder": text(),
            "number": text(),
            "points": listing(integer(1, 100_000)),
            "serials": listing(text()),
            "offence": code,
            "ground": text(),
            "purpose": text(TEXT),
            "occurred": text(TEXT),
            "at": instant,
            "status": code,
        },
        {
            "category": "seizure_categories",
            "unit": "units",
            "offence": "offences",
            "status": "status_seizure_item",
        },
    ),
    "custody": Kind(
        OWN,
        {
            "exhibit": entity_id,
            "event": code,
            "at": instant,
            "by": text(),
            "to": text(),
            "place": text(),
            "law": text(),
        },
    ),
    "report": Kind(
        OWN,
        {
            "visit": entity_id,
            "offence": code,
            "number": text(),
            "summary": text(TEXT),
            "at": instant,
            "status": code,
            "exhibits": listing(entity_id),
        },
        {"offence": "offences", "status": "status_crime_report"},
    ),
    "decision": Kind(
        OWN,
        {
            "visit": entity_id,
            "outcome": code,
            "status": code,
            "decided": date,
            "amount": integer(),
            "note": text(TEXT),
        },
        {"outcome": "outcomes", "status": "status_decision"},
    ),
    "admission": Kind(
        SHARED | PLAN | OWN,
        {"verdict": record({"commit": commit_hash, "admit": boolean, "reason": text()})},
        ids=re.compile(f"admission_{UUID7}"),
    ),
    "submission": Kind(
        SHARED | OWN,
        {"of": record({"visit": entity_id, "hash": sha256, "ids": change_ids})},
        fits=_is_of_its_visit,
    ),
    "approval": Kind(
        SHARED | OWN,
        {"of": record({"visit": entity_id, "seq": integer(), "hash": sha256})},
        fits=_is_of_its_visit,
    ),
    "note": Kind(OWN, {"visit": entity_id, "text": text(TEXT), "at": instant}),
    "disclosure": Kind(OWN, {"of": disclosure}, ids=re.compile(f"disclosure_{UUID7}")),
    "disclosed": Kind(OWN, {"of": disclosed}, ids=re.compile(f"disclosed_[A-Z][A-Z_]*[.]{UUID7}")),
    "delivered": Kind(OWN, {"of": delivered}, ids=re.compile(f"delivered_{UUID7}")),
}


ABOUT = frozenset({"admission", "submission", "approval"})
"""Kinds that say something about what was recorded: two that differ are two opinions, no conflict that somebody settles."""


def kind_of(entity: str) -> str:
    """The kind of an entity id: what stands before its first underscore."""
    return entity.partition("_")[0]


Fault: TypeAlias = tuple[Literal["held", "rejected"], str]
Rule: TypeAlias = Callable[[Value], Fault | None]


def judge(home: StreamClass, entity: str, cell: str, value: Value) -> Fault | None:
    """Whether a value may stand in a cell: None if so, else the verdict and its code."""
    name = _kind_in(entity) if len(entity) <= _LONGEST_ENTITY else None
    if name is None:
        return _REJECTED
    kind = KINDS.get(name)
    if kind is None:
        return ("held", "unknown_kind")
    if home not in kind.homes:
        return ("rejected", "wrong_stream")
    if kind.ids is not None and kind.ids.fullmatch(entity) is None:
        return _REJECTED
    rule = _rules(name).get(cell)
    if rule is None:
        is_answer = name == "checklist" and value is not None
        return ("held", "unknown_question" if is_answer else "unknown_field")
    if value is None:
        return None
    fault = rule(value)
    if fault is None and kind.fits is not None and cell != "@" and not kind.fits(entity, value):
        return _REJECTED
    return fault


def may_be_admitted(home: StreamClass, entity: str, cell: str, value: Value) -> bool:
    """Whether a person may let in what was held: unknown things pass, what this release would reject does not.

    `@` has one form everywhere, also in kinds that this release does not know.
    """
    if cell == "@" and value is not None and not void(value):
        return False
    fault = judge(home, entity, cell, value)
    return fault is None or fault[0] == "held"


_PROSE = frozenset({"text", "note", "caption", "description", "summary", "purpose", "occurred"})
"""Fields that hold what a person says in words of their own, in whichever kind (`template` is the server's own)."""
_LONGEST_ENTITY = 121
_REJECTED: Fault = ("rejected", "schema")


@lru_cache(1024)
def _kind_in(entity: str) -> str | None:
    """The kind of an entity id, None where the text is none; the changes of a form all name the same entity."""
    return kind_of(entity) if ENTITY.fullmatch(entity) else None


@cache
def _rules(kind: str) -> Mapping[str, Rule]:
    """How each cell of a kind is judged. A checklist's cells are its own fields and every question of this release."""
    known = KINDS[kind]
    fields = {name: _rule(check, known.codes.get(name)) for name, check in known.fields.items()}
    fields |= {
        name: _prose(known.fields[name]) for name in _PROSE & known.fields.keys() if kind != "template"
    }
    if kind == "disclosure":  # its weighing and its proviso are prose too
        fields["of"] = _prose(known.fields["of"])
    if kind != "checklist":
        return {"@": _rule(void), **fields}
    questions = codes.questions().values()
    notes = {question.id + _NOTE: _prose(text(TEXT)) for question in questions}
    answers = {q.id: _prose(_answer(q)) if q.type == "text" else _rule(_answer(q)) for q in questions}
    return notes | answers | {"@": _rule(void), **fields}


def _rule(check: Check, codes_of: str | None = None) -> Rule:
    if codes_of is None:
        return lambda value: None if check(value) else _REJECTED

    def rule(value: Value) -> Fault | None:
        if not check(value):
            return _REJECTED
        return None if _all_known(codes_of, value) else ("held", "unknown_code")

    return rule


def _prose(check: Check) -> Rule:
    """Text in a person's own words: what seems to come from social services or health care waits for somebody who decides."""

    def rule(value: Value) -> Fault | None:
        if not check(value):
            return _REJECTED
        said = value.values() if type(value) is dict else [value]
        is_free = all(sensitive.field_of(each) is None for each in said if type(each) is str)
        return None if is_free else ("held", "sensitive_data")

    return rule


def _all_known(name: str, value: Value) -> bool:
    known = codes.ids(name)
    return all(v in known for v in value) if type(value) is list else value in known


def _answer(question: codes.Question) -> Check:
    check, options = ANSWERS[question.type], question.options
    return lambda value: check(value, options)


ANSWERS: dict[str, Callable[[Value, frozenset[str]], bool]] = {
    "yn": lambda v, options: v in options if type(v) is str else False,
    "yna": lambda v, options: v in options if type(v) is str else False,
    "grade": lambda v, options: v in options if type(v) is str else False,
    "one": lambda v, options: v in options if type(v) is str else False,
    "many": lambda v, options: (
        type(v) is list
        and len(v) == len(set(map(str, v)))
        and all(type(x) is str and x in options for x in v)
    ),
    "num": lambda v, _: integer(-MAX_INT)(v),
    "money": lambda v, _: integer()(v),
    "text": lambda v, _: text(TEXT)(v),
    "date": lambda v, _: date(v),
    "time": lambda v, _: clock_time(v),
    "photo": lambda v, _: entity_id(v),
    "doc": lambda v, _: text(TEXT)(v),
}
"""How each type of question is answered. `num` is an integer in the question's unit, `money` is in öre."""
