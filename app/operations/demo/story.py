"""What happened in a demo evening, told as acts: who wrote which cells when, as their tablets would have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from app.domain import codes
from app.operations import planning
from app.operations.demo.evenings import Demo, Evening, Sheet, VisitPlan

Json: TypeAlias = Any
Stamped: TypeAlias = tuple[int, str, str, Json]
"""(instant, entity, field, value)."""

MINUTE: Final = 60_000
DAY: Final = 86_400_000
SHARED: Final = "shared"


@dataclass(frozen=True)
class Act:
    """One commit: a user writes cells into `shared` or an authority's own stream of the evening."""

    user: str
    part: str
    cells: tuple[Stamped, ...]

    @property
    def at(self) -> int:
        """When it was finished."""
        return self.cells[-1][0]


def act(user: str, part: str, *parts: list[Stamped]) -> Act:
    """An act of several entities' cells."""
    return Act(user, part, tuple(cell for cells in parts for cell in cells))


def stamp(at: int, entity: str, values: Mapping[str, Json], pace: int = 0) -> list[Stamped]:
    """The cells of an entity, `pace` ms apart; a value that is None says nothing."""
    told = [(name, value) for name, value in values.items() if value is not None]
    return [(at + i * pace, entity, name, value) for i, (name, value) in enumerate(told)]


def visits(demo: Demo, evening: Evening) -> Iterator[Act]:
    """Everything but evidence that was recorded at the visits."""
    for visit in evening.visits:
        yield from _arrival(evening, visit)
        yield from _switches(demo, evening, visit)
        for sheet in visit.checklists:
            yield _filled_in(evening, visit, sheet)
        yield from _departure(evening, visit)


def progress(evening: Evening) -> Iterator[Act]:
    """The operation's status over the evening and after it."""
    steps = [
        ("GENOMG", evening.at(evening.start)),
        ("PAGAR", evening.at(evening.start) + 60 * MINUTE),
        ("AVSL", evening.at(evening.end) - 10 * MINUTE),
        ("EFTER", evening.at(evening.start) + DAY),
        ("UTV", evening.at(evening.start) + 14 * DAY),
    ]
    reached = [name for name, _ in steps].index(evening.status)
    for name, at in steps[: reached + 1]:
        yield act(evening.coordinator, SHARED, stamp(at, f"operation_{evening.id}", {"status": name}))


def log(evening: Evening) -> Iterator[Act]:
    """Safety notices and notes."""
    for i, notice in enumerate(evening.safety):
        at = evening.at(notice.at)
        told = {"level": notice.level, "text": notice.text, "injuries": notice.injuries, "at": at}
        entity = f"safety_{evening.own_id('safety', i)}"
        yield act(notice.by, SHARED, stamp(at, entity, {"visit": _visit(evening, notice.visit)} | told))
    for i, note in enumerate(evening.notes):
        at = evening.at(note.at, note.day)
        told = {"visit": _visit(evening, note.visit), "text": note.text, "at": at}
        yield act(note.by, note.authority, stamp(at, f"note_{evening.own_id('note', i)}", told))


def present(evening: Evening, visit: VisitPlan, authority: str) -> str:
    """The account that acts for an authority at a visit: whoever filled in its checklist, or is in the team."""
    for sheet in visit.checklists:
        if sheet.authority == authority:
            return sheet.by
    team = next(t for t in evening.teams if t.id == visit.team)
    prefix = f"u.{authority.lower().replace('_', '.')}"
    return next((m for m in team.members if m.startswith(prefix)), team.leader)


def _visit(evening: Evening, key: str) -> str:
    return f"visit_{evening.visit_id(key)}"


def _arrival(evening: Evening, visit: VisitPlan) -> Iterator[Act]:
    arrived, leader, entity = evening.at(visit.arrive), evening.leader(visit), _visit(evening, visit.key)
    yield act(leader, SHARED, stamp(arrived - 8 * MINUTE, entity, {"status": "PAVAG"}))
    secured = {"arrived": arrived, "status": "SAKRAT" if _has_police(visit) else "INNE"}
    yield act(leader, SHARED, stamp(arrived, entity, secured), _entered(evening, visit, arrived, police=True))
    inside = arrived + 4 * MINUTE
    status = stamp(inside, entity, {"status": "INNE"})
    yield act(leader, SHARED, status, _entered(evening, visit, inside, police=False))
    yield act(leader, SHARED, _arrival_sheet(evening, visit, inside + MINUTE))


def _has_police(visit: VisitPlan) -> bool:
    return any(party.authority == "POL" for party in visit.parties)


def _entered(evening: Evening, visit: VisitPlan, at: int, *, police: bool) -> list[Stamped]:
    """Police go in first; the others when it is safe."""
    return [
        cell
        for party in visit.parties
        if (party.authority == "POL") == police
        for cell in stamp(at, _party(evening, visit, party.authority), {"entered": at})
    ]


def _party(evening: Evening, visit: VisitPlan, authority: str) -> str:
    return planning.party_id(evening.visit_id(visit.key), authority)


def _arrival_sheet(evening: Evening, visit: VisitPlan, at: int) -> list[Stamped]:
    notices = [n for n in evening.safety if n.visit == visit.key]
    answers = {
        "visit": _visit(evening, visit.key),
        "template": "ANK@1",
        "status": "UTK",
        "ANK01": visit.arrive,
        "ANK02": "OPPET",
        "ANK03": _regime(evening, visit),
        "ANK04": "JA" if _has_police(visit) else None,
        "ANK05": visit.persons,
        "ANK06": "JA",
        "ANK08": "NEJ",
        "ANK09": ["HOT"] if notices else ["INGEN"],
    }
    return stamp(at, _sheet(evening, visit, "ANK"), answers, 8_000)


def _regime(evening: Evening, visit: VisitPlan) -> str:
    """The regime under which the visit began: of the first party that had one, else of its first switch."""
    known = [party.regime for party in parties(evening, visit) if party.regime]
    return known[0] if known else visit.switches[0].regime


def parties(evening: Evening, visit: VisitPlan) -> list[planning.Party]:
    """The parties of a visit; a regime that the data leave out is the evening's default."""
    return [
        planning.Party(
            p.authority,
            p.regime if "regime" in p.model_fields_set else evening.regimes[p.authority],
            p.law,
        )
        for p in visit.parties
    ]


def _sheet(evening: Evening, visit: VisitPlan, template: str) -> str:
    return f"checklist_{evening.visit_id(visit.key)}.{template}"


def _switches(demo: Demo, evening: Evening, visit: VisitPlan) -> Iterator[Act]:
    for switch in visit.switches:
        told = {"regime": switch.regime, "law": switch.law, "decided_by": demo.name_of(switch.decided_by)}
        # One minute later where the switch is the entry itself: nobody switches before they are there.
        at = max(evening.at(switch.at), evening.at(visit.arrive) + MINUTE)
        party = _party(evening, visit, switch.authority)
        yield act(evening.leader(visit), SHARED, stamp(at, party, told))


def _filled_in(evening: Evening, visit: VisitPlan, sheet: Sheet) -> Act:
    begun, signed = evening.at(visit.arrive) + 9 * MINUTE, evening.at(visit.leave) - 4 * MINUTE
    entity = _sheet(evening, visit, sheet.template)
    answers = {name: _answer(name, value) for name, value in sheet.answers.items()}
    head = {"visit": _visit(evening, visit.key), "template": f"{sheet.template}@1"}
    filled = stamp(begun, entity, head | answers, 25_000)
    return act(sheet.by, sheet.authority, filled, stamp(signed, entity, {"status": sheet.status}))


def _answer(question: str, value: Json) -> Json:
    """Money is written down in kronor and kept in öre."""
    return value * 100 if codes.questions()[question].type == "money" else value


def _departure(evening: Evening, visit: VisitPlan) -> Iterator[Act]:
    left, leader = evening.at(visit.leave), evening.leader(visit)
    by_user: dict[str, list[Stamped]] = {}
    for party in visit.parties:
        user = leader if party.authority == "POL" else present(evening, visit, party.authority)
        at = left if user == leader else left - 2 * MINUTE
        by_user.setdefault(user, []).extend(
            stamp(at, _party(evening, visit, party.authority), {"left": at, "done": True})
        )
    for user in by_user.keys() - {leader}:
        yield act(user, SHARED, by_user[user])
    ending = {"left": left, "activity": visit.activity, "persons": visit.persons, "remarks": visit.remarks}
    sheet = {"ANK10": "JA" if visit.switches else "NEJ", "ANK11": visit.activity, "ANK12": visit.leave}
    yield act(
        leader,
        SHARED,
        by_user.get(leader, []),
        stamp(left, _sheet(evening, visit, "ANK"), sheet | {"status": "KLAR"}),
        stamp(left, _visit(evening, visit.key), ending | {"status": visit.status}),
    )
