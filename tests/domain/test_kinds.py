"""What may stand in each field of each kind of entity, and in which stream."""

from collections.abc import Iterator
from typing import Any

import pytest

from app.domain import codes
from app.domain.kinds import ANSWERS, KINDS, judge, kind_of, may_be_admitted
from app.domain.streams import StreamClass, authority_of, operation_of, stream_class
from app.domain.values import MAX_INT

HOMES: tuple[StreamClass, ...] = ("ref", "shared", "plan", "own")
OPERATION = "01639815-0000-7000-8000-000000000003"
HASH = "ab" * 32
BLOB = {"sha256": HASH, "size": 26_214_400, "mime": "image/jpeg"}
WORDS = {"sv": "Beslag", "en": "Seizure"}
ENTRY = {"visit": "visit_1", "of": "seizure", "code": "SPELAUTOMAT", "qty": 0, "unit": "ST"}
TEAM = {"id": "ALFA", "leader": "A", "members": ["B"], "vehicle": "3012"}
ABOUT = "01639815-0000-7000-8000-0000000000a1"
VERDICT = {"commit": f"sha256:{HASH}", "admit": True, "reason": "x" * 500}
SUBMITTED: dict[str, Any] = {
    "visit": "visit_1",
    "hash": HASH,
    "ids": [f"01639815-0000-7000-8000-{n:012x}" for n in range(1_500)],
}
_ITEM = {"e": "note_1", "f": "ALK01:note", "ids": [ABOUT]}
DISCLOSED = {
    "to": "POL",
    "ground": "G_170_6",
    "by": "x" * 500,
    "weighing": "x" * 5_000,
    "proviso": "x" * 2_000,
    "corrects": f"disclosure_{ABOUT}",
    "visit": "visit_1",
    "items": [_ITEM | {"hash": HASH}] * 100,
    "hash": HASH,
}
COPIED = {name: v for name, v in DISCLOSED.items() if name not in ("to", "weighing")} | {
    "from": "KOM_ALK",
    "actor": "a_1",
    "at": 1,
    "disclosure": f"disclosure_{ABOUT}",
    "items": [_ITEM | {"values": ["x", None, {"y": 1}]}],
}
DELIVERED = {"to": "POL", "hash": HASH, "change": ABOUT, "items": COPIED["items"]}
EARLIER = {"operation": OPERATION, "number": 1, "date": "2017-10-20", "status": "KLART"}

CAME = {"head": 7, "chain": f"sha256:{64 * '0'}", "epoch": "7f3c9a", "backup": "insats-1.ndjson.gz", "at": 1}
GOOD: dict[str, Any] = {
    "restore.from": CAME,
    "codelist.items": [{"id": "X"}],
    "template.sv": "Ankomst",
    "template.en": "Arrival",
    "template.authorities": ["POL"],
    "template.premises": ["ANY"],
    "template.share": "GEM",
    "template.note": "x" * 20_000,
    "template.questions": [],
    "operation.number": MAX_INT,
    "operation.title": WORDS,
    "operation.date": "2018-05-25",
    "operation.start": "17:00",
    "operation.end": "23:59",
    "operation.status": "PAGAR",
    "operation.authorities": ["POL", "KOM_ALK"],
    "operation.on_call": [],
    "operation.purpose": WORDS,
    "operation.staging": {"name": "Torget", "lat": 58_590_000, "lon": 16_190_000},
    "operation.teams": [TEAM],
    "site.name": "Ö" * 500,
    "site.type": "BAR",
    "site.address": "",
    "site.area": "Centrum",
    "site.lat": -90_000_000,
    "site.lon": 180_000_000,
    "site.fictitious": True,
    "site.history": [EARLIER, EARLIER | {"activity": "HOG", "seizures": {}, "reports": 1, "remarks": False}],
    "visit.site": "site_1",
    "visit.order": 0,
    "visit.team": "ALFA",
    "visit.status": "INNE",
    "visit.arrived": 1_527_260_400_000,
    "visit.left": 1_527_260_400_000,
    "visit.activity": None,
    "visit.persons": 100_000,
    "visit.remarks": False,
    "visit.repeat": True,
    "party.visit": "visit_1",
    "party.authority": "POL",
    "party.regime": None,
    "party.law": "PL 13",
    "party.decided_by": "",
    "party.present": ["POL", "SKV"],
    "party.entered": 1,
    "party.left": 2,
    "party.done": True,
    "checklist.visit": "visit_1",
    "checklist.template": "ALK@1",
    "checklist.status": None,
    "tally.entry": ENTRY,
    "safety.visit": "visit_1",
    "safety.level": "high",
    "safety.text": "Hund",
    "safety.injuries": 1000,
    "safety.at": 1,
    "actor.name": "Alva",
    "actor.user": "u.pol.a1",
    "actor.authority": "POL",
    "actor.role": "INSP",
    "actor.device": "Platta 1",
    "target.site": "site_1",
    "target.status": None,
    "target.note": "",
    "photo.visit": "visit_1",
    "photo.blob": BLOB,
    "photo.thumb": BLOB | {"size": 1, "mime": "image/heic"},
    "photo.caption": "",
    "photo.about": "exhibit_seal.A-1",
    "photo.question": "ALK12",
    "photo.taken": 1,
    "photo.width": 100_000,
    "photo.height": 1,
    "exhibit.visit": "visit_1",
    "exhibit.category": None,
    "exhibit.qty": 0,
    "exhibit.unit": "ST",
    "exhibit.description": "",
    "exhibit.place": "",
    "exhibit.seal": "A-1",
    "exhibit.holder": "",
    "exhibit.finder": "",
    "exhibit.number": "",
    "exhibit.points": [1, 100_000],
    "exhibit.serials": ["x"],
    "exhibit.offence": None,
    "exhibit.ground": "RB 27:1",
    "exhibit.purpose": "",
    "exhibit.occurred": "",
    "exhibit.at": 1,
    "exhibit.status": None,
    "custody.exhibit": "exhibit_1",
    "custody.event": "OVERLAMNAD",
    "custody.at": 1,
    "custody.by": "",
    "custody.to": "",
    "custody.place": "",
    "custody.law": "",
    "report.visit": "visit_1",
    "report.offence": None,
    "report.number": "5000-K1-18",
    "report.summary": "",
    "report.at": 1,
    "report.status": None,
    "report.exhibits": ["exhibit_1"],
    "decision.visit": "visit_1",
    "decision.outcome": None,
    "decision.status": None,
    "decision.decided": "2018-06-01",
    "decision.amount": 0,
    "decision.note": "",
    "admission.verdict": VERDICT,
    "submission.of": SUBMITTED,
    "approval.of": {"visit": "visit_1", "seq": 0, "hash": HASH},
    "note.visit": "visit_1",
    "note.text": "",
    "note.at": 1,
    "disclosure.of": DISCLOSED,
    "disclosed.of": COPIED,
    "delivered.of": DELIVERED,
}
"""A value of each field at the edge of what is allowed; None: whatever stands in its code list."""

BAD: dict[str, list[Any]] = {
    "restore.from": [{}, CAME | {"head": -1}, CAME | {"chain": "x"}, CAME | {"why": "x"}],
    "operation.title": [{"sv": "x"}, WORDS | {"de": "x"}, {"sv": 1, "en": "x"}],
    "operation.date": ["2018-13-01", "2018-5-25", "2018-05-25T00:00"],
    "operation.start": ["24:00", "7:00", "17:60"],
    "operation.authorities": ["POL", ["POL", 1]],
    "operation.staging": [{"lat": 1, "lon": 1}, {"name": "x", "lat": 90_000_001}],
    "operation.teams": [[TEAM] * 201, [TEAM | {"x": 1}]],
    "site.name": ["x" * 501],
    "site.lat": [90_000_001, -90_000_001],
    "site.lon": [180_000_001],
    "visit.site": ["site", "Site_1", "site_"],
    "visit.persons": [100_001],
    "tally.entry": [
        ENTRY | {"qty": -1},
        ENTRY | {"qty": True},
        ENTRY | {"of": "x"},
        ENTRY | {"note": ""},
        {},
    ],
    "safety.level": ["severe"],
    "safety.injuries": [1001],
    "photo.blob": [
        BLOB | {"size": 26_214_401},
        BLOB | {"size": 0},
        BLOB | {"mime": "image/png"},
        BLOB | {"sha256": "AB" * 32},
    ],
    "photo.width": [0, 100_001],
    "exhibit.points": [[0], [1.5], ["1"]],
    "admission.verdict": [
        VERDICT | {"reason": "x" * 501},
        VERDICT | {"commit": HASH},
        VERDICT | {"admit": 1},
        {"commit": VERDICT["commit"], "admit": False},
    ],
    "submission.of": [
        SUBMITTED | {"ids": [ABOUT, ABOUT]},
        SUBMITTED | {"ids": [ABOUT.replace("a1", "a2"), ABOUT]},
        SUBMITTED | {"ids": ["1"]},
        SUBMITTED | {"ids": [*SUBMITTED["ids"], ABOUT.replace("0163", "f163")]},
        SUBMITTED | {"visit": "visit_2"},
    ],
    "approval.of": [
        {"visit": "visit_1", "seq": -1, "hash": HASH},
        {"visit": "visit_2", "seq": 1, "hash": HASH},
        {"visit": "visit_1", "seq": 1, "hash": HASH[1:]},
    ],
    "note.text": ["x" * 20_001],
    "disclosure.of": [
        DISCLOSED | {"items": [_ITEM]},
        DISCLOSED | {"items": [_ITEM | {"hash": HASH}] * 101},
        DISCLOSED | {"items": [_ITEM | {"hash": HASH, "ids": [ABOUT, ABOUT]}]},
        DISCLOSED | {"weighing": "x" * 5_001},
        DISCLOSED | {"proviso": "x" * 2_001},
        DISCLOSED | {"corrects": "note_1"},
        DISCLOSED | {"why": ""},
        {name: v for name, v in DISCLOSED.items() if name != "by"},
    ],
    "disclosed.of": [COPIED | {"weighing": "x"}, COPIED | {"items": [_ITEM]}],
    "delivered.of": [DELIVERED | {"change": "1"}, DELIVERED | {"items": [_ITEM]}],
}
"""Values just beyond the edge."""

FIELDS = [(kind, name) for kind, described in KINDS.items() for name in described.fields]
CODED = [
    (kind, name, source) for kind, described in KINDS.items() for name, source in described.codes.items()
]
OTHER_TYPES: list[Any] = ["not one of them", 7, True, [7], {"x": 7}]


def entity_of(kind: str) -> str:
    """An entity of this kind, with an id of the form that it must have."""
    sender = "KOM_ALK." if kind == "disclosed" else ""
    return f"{kind}_{sender}{ABOUT if KINDS[kind].ids else 1}"


def home_of(kind: str) -> StreamClass:
    return min(KINDS[kind].homes)


def is_anything(kind: str, name: str) -> bool:
    return kind in ("codelist", "template") and name in ("items", "questions")


def bad_values(kind: str, name: str, good: Any) -> Iterator[Any]:
    """Values of other JSON types than the good one, and those beyond its edge."""
    yield from BAD.get(f"{kind}.{name}", [])
    yield from (v for v in OTHER_TYPES if type(v) is not type(good))
    if type(good) is int:
        yield from (MAX_INT + 1, 1.0)


def good_value(kind: str, name: str) -> Any:
    value = GOOD[f"{kind}.{name}"]
    return min(codes.ids(KINDS[kind].codes[name])) if value is None else value


def test_every_field_has_its_example() -> None:
    assert sorted(GOOD) == sorted(f"{kind}.{name}" for kind, name in FIELDS)
    assert BAD.keys() <= GOOD.keys()


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=lambda v: v)
def test_a_field_takes_its_values_and_null_and_nothing_else(kind: str, name: str) -> None:
    home, good = home_of(kind), good_value(kind, name)
    assert judge(home, entity_of(kind), name, good) is None
    assert judge(home, entity_of(kind), name, None) is None
    if not is_anything(kind, name):
        for bad in bad_values(kind, name, good):
            assert judge(home, entity_of(kind), name, bad) == ("rejected", "schema"), bad


@pytest.mark.parametrize(("kind", "name", "source"), CODED, ids=lambda v: v)
def test_every_code_of_the_release_is_taken_and_another_is_held(kind: str, name: str, source: str) -> None:
    is_list = isinstance(good_value(kind, name), list)
    for code in sorted(codes.ids(source)):
        assert judge(home_of(kind), entity_of(kind), name, [code] if is_list else code) is None
    newer: Any = ["POL", "NYARE"] if is_list else "NYARE"
    assert judge(home_of(kind), entity_of(kind), name, newer) == ("held", "unknown_code")


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_lives_in_its_own_streams_only(kind: str, home: StreamClass) -> None:
    name = next(iter(KINDS[kind].fields))
    fault = judge(home, entity_of(kind), name, good_value(kind, name))
    assert fault == (None if home in KINDS[kind].homes else ("rejected", "wrong_stream"))


@pytest.mark.parametrize("kind", KINDS)
def test_any_entity_can_be_deleted_and_restored(kind: str) -> None:
    home = home_of(kind)
    gone = {"void": True, "reason": "dubbelt", "of": HASH}
    assert judge(home, entity_of(kind), "@", gone) is None
    assert judge(home, entity_of(kind), "@", None) is None
    for bad in (
        True,
        gone | {"void": False},
        {"void": True},
        gone | {"of": ""},
        gone | {"x": 1},
    ):
        assert judge(home, entity_of(kind), "@", bad) == ("rejected", "schema")


def test_what_a_newer_client_may_know_is_held_and_not_rejected() -> None:
    assert judge("own", "drone_1", "height", 7) == ("held", "unknown_kind")
    assert judge("own", "note_1", "mood", "calm") == ("held", "unknown_field")
    assert judge("own", "note_1", "mood", None) == ("held", "unknown_field")
    assert judge("own", "checklist_1", "ALK999", "JA") == ("held", "unknown_question")
    assert judge("own", "checklist_1", "ALK999:note", "x") == ("held", "unknown_question")


def test_an_admission_says_in_its_id_which_change_it_is_about() -> None:
    for entity in ("admission_1", f"admission_{ABOUT}x", f"admission_{ABOUT.replace('-7', '-4', 1)}"):
        assert judge("own", entity, "verdict", VERDICT) == ("rejected", "schema")
        assert judge("own", entity, "verdict", None) == ("rejected", "schema")


@pytest.mark.parametrize(
    ("entity", "cell", "value", "may_be"),
    [
        ("note_1", "text", "hej", True),
        ("drone_1", "height", 7, True),
        ("note_1", "mood", {"a": [1]}, True),
        ("visit_1", "status", "INNE", False),  # not its stream
        ("note_1", "text", 7, False),
        ("drone_1", "@", 7, False),
        ("drone_1", "@", {"void": True, "reason": "", "of": HASH}, True),
        ("drone_1", "@", None, True),
    ],
)
def test_a_person_may_admit_what_is_unknown_and_not_what_is_wrong(
    entity: str, cell: str, value: Any, may_be: bool
) -> None:
    assert may_be_admitted("own", entity, cell, value) is may_be


ANSWERED: dict[str, tuple[list[Any], list[Any]]] = {
    "num": ([0, -3, MAX_INT], [1.5, "3", True, MAX_INT + 1]),
    "money": ([0, MAX_INT], [-1, "3", True]),
    "text": (["", "x" * 20_000], ["x" * 20_001, 3, []]),
    "date": (["2018-05-25"], ["25/5", 20180525]),
    "time": (["00:00", "23:59"], ["24:00", 1200]),
    "photo": (["photo_1"], ["1", 1, HASH]),
    "doc": (["https", ""], [1]),
}
"""Good and bad answers of the types of question that have no options."""


@pytest.mark.parametrize("question", codes.questions().values(), ids=lambda q: q.id)
def test_every_question_takes_the_answers_of_its_type(question: codes.Question) -> None:
    options = sorted(question.options)
    good: list[Any]
    bad: list[Any]
    if question.type == "many":
        good, bad = [[], options[:1], options], [options[0], [options[0]] * 2, ["NYTT"], [1], {}]
    elif options:
        good, bad = list(options), ["NYTT", 1, True, options[:1]]
    else:
        good, bad = ANSWERED[question.type]
    for value in (*good, None):
        assert judge("own", "checklist_1", question.id, value) is None, value
    for value in bad:
        assert judge("own", "checklist_1", question.id, value) == ("rejected", "schema"), value


def test_every_type_of_question_is_judged_and_used() -> None:
    assert {q.type for q in codes.questions().values()} <= ANSWERS.keys()
    assert ANSWERED.keys() <= ANSWERS.keys()


def test_an_answer_can_carry_a_remark() -> None:
    assert judge("own", "checklist_1", "ALK01:note", "enligt uppgift") is None
    assert judge("own", "checklist_1", "ALK01:note", None) is None
    assert judge("own", "checklist_1", "ALK01:note", 7) == ("rejected", "schema")


@pytest.mark.parametrize(
    ("name", "home", "operation", "authority"),
    [
        ("ref", "ref", None, None),
        (f"op/{OPERATION}/shared", "shared", OPERATION, None),
        (f"op/{OPERATION}/plan", "plan", OPERATION, None),
        (f"op/{OPERATION}/KOM_ALK", "own", OPERATION, "KOM_ALK"),
        (f"op/{OPERATION}/P", None, None, None),
        (f"op/{OPERATION}/pol", None, None, None),
        (f"op/{OPERATION}/shared/", None, None, None),
        (f"op/{OPERATION}", None, None, None),
        (f"op/{OPERATION.replace('-7', '-4', 1)}/POL", None, None, None),
        (f"op/{OPERATION}/POL\n", None, None, None),
        ("REF", None, None, None),
        ("", None, None, None),
    ],
)
def test_a_stream_says_what_it_holds_by_its_name(
    name: str, home: StreamClass | None, operation: str | None, authority: str | None
) -> None:
    assert (stream_class(name), operation_of(name), authority_of(name)) == (home, operation, authority)


def test_the_kind_of_an_entity_is_in_its_id() -> None:
    assert kind_of("exhibit_seal.A_1") == "exhibit"
