"""What a demo evening seized, reported and decided: counts, exhibits with their custody, reports, decisions."""

import re
from collections.abc import Iterator
from typing import Final

from app.domain import codes
from app.operations.demo.evenings import CrimeReport, Demo, Evening, Seizure, VisitPlan
from app.operations.demo.story import MINUTE, SHARED, Act, Stamped, act, stamp

POLICE: Final = "POL"
SEIZER: Final = "u.pol.beslag"
INVESTIGATOR: Final = "u.pol.ful"
_STATUS_AFTER: Final = {"seized": "TAGET", "confirmed": "PROVAT", "stored": "LAGER", "sent_to_lab": "NFC"}


def counts(evening: Evening) -> Iterator[Act]:
    """Tallies of what was seized: one running entry per person, replaced as the count goes on."""
    for visit in evening.visits:
        found = [s for s in evening.seizures if s.visit == visit.key]
        for i, seizure in enumerate(found):
            at = _seized_at(evening, visit, seizure, i)
            for user, qty in _shares(evening, visit, seizure):
                for step, counted in enumerate(_steps(qty)):
                    cells = tally(evening, visit, user, seizure, counted, at + step * MINUTE)
                    yield act(user, SHARED, cells)


def _seized_at(evening: Evening, visit: VisitPlan, seizure: Seizure, index: int) -> int:
    if seizure.at is not None:
        return evening.at(seizure.at) - 2 * MINUTE
    return evening.at(visit.arrive) + (18 + 5 * index) * MINUTE


def _shares(evening: Evening, visit: VisitPlan, seizure: Seizure) -> list[tuple[str, int]]:
    """Machines are counted by two people who go through different rooms; everything else by one."""
    seizer = seizure.by or SEIZER
    if seizure.category != "SPELMASKIN" or seizure.qty < 2:
        return [(seizer, seizure.qty)]
    return [(seizer, seizure.qty - seizure.qty // 3 or 1), (evening.leader(visit), seizure.qty // 3)]


def _steps(qty: int) -> list[int]:
    """A running count is written down on its way and at its end."""
    return [qty // 2, qty] if qty > 1 else [qty] if qty else []


def tally(
    evening: Evening, visit: VisitPlan, user: str, seizure: Seizure, qty: int, at: int
) -> list[Stamped]:
    """A person's running entry of a category at a visit; `qty` in the unit named, stored in its base."""
    entry = {
        "visit": f"visit_{evening.visit_id(visit.key)}",
        "of": "seizure",
        "code": seizure.category,
        "qty": qty * codes.unit(seizure.unit).factor,
        "unit": seizure.unit,
    }
    entity = f"tally_{evening.own_id('tally', visit.key, user, seizure.category, seizure.unit)}"
    return stamp(at, entity, {"entry": entry})


def exhibits(demo: Demo, evening: Evening) -> Iterator[Act]:
    """Itemised seizures and every step of their custody."""
    for seizure in evening.seizures:
        if seizure.key is not None and seizure.at is not None:
            at = evening.at(seizure.at)
            yield act(seizure.by or SEIZER, POLICE, _exhibit(demo, evening, seizure, at))
    for chain in evening.custody:
        entity = exhibit_id(evening, next(s for s in evening.seizures if s.key == chain.exhibit))
        for i, event in enumerate(chain.events):
            at = evening.at(event.at, event.day)
            told = {
                "exhibit": entity,
                "event": event.event,
                "at": at,
                "by": demo.name_of(event.by),
                "to": demo.name_of(event.to) if event.to and event.to.startswith("u.") else event.to,
                "place": event.place,
                "law": event.law,
            }
            step = stamp(at, f"custody_{evening.own_id('custody', chain.exhibit, i)}", told)
            yield act(event.by, POLICE, step, stamp(at, entity, {"status": _STATUS_AFTER.get(event.event)}))


def exhibit_id(evening: Evening, seizure: Seizure) -> str:
    """By the seal label where there is one, so that everybody who scans it writes the same entity."""
    if seizure.seal is not None:
        return "exhibit_seal." + re.sub("[^A-Z0-9-]", "", seizure.seal.upper())
    return f"exhibit_{evening.own_id('exhibit', seizure.key)}"


def _exhibit(demo: Demo, evening: Evening, seizure: Seizure, at: int) -> list[Stamped]:
    """What RB 27:13 demands (purpose, what occurred, exact description) and what is recorded besides."""
    told = {
        "visit": f"visit_{evening.visit_id(seizure.visit)}",
        "category": seizure.category,
        "qty": seizure.qty * codes.unit(seizure.unit).factor,
        "unit": seizure.unit,
        "description": seizure.description,
        "place": seizure.place,
        "seal": seizure.seal,
        "finder": demo.name_of(seizure.by or SEIZER),
        "number": seizure.number,
        "points": list(seizure.points) or None,
        "serials": list(seizure.serials) or None,
        "offence": seizure.offence,
        "ground": seizure.ground,
        "purpose": "Bevisning och förverkande",
        "occurred": seizure.occurred,
        "at": at,
    }
    return stamp(at, exhibit_id(evening, seizure), told)


def reports(demo: Demo, evening: Evening) -> Iterator[Act]:
    """Crime reports in the police's stream; beside each, its count by press category in the shared one."""
    for visit in evening.visits:
        drawn_up = [(i, r) for i, r in enumerate(evening.reports) if r.visit == visit.key]
        at = evening.at(visit.leave) - 6 * MINUTE
        leader = evening.leader(visit)
        if drawn_up:
            yield act(leader, POLICE, *(_report(demo, evening, visit, i, r, at) for i, r in drawn_up))
            yield act(leader, SHARED, *(_report_tally(evening, visit, i, r, at) for i, r in drawn_up))
    followed = [(i, r) for i, r in enumerate(evening.reports) if r.status != "UPPR"]
    if followed:
        at = evening.at(evening.end) - 5 * MINUTE
        cells = [stamp(at, report_id(evening, i), {"status": r.status}) for i, r in followed]
        yield act(INVESTIGATOR, POLICE, *cells)


def report_id(evening: Evening, index: int) -> str:
    """The entity of the evening's report with this index."""
    return f"report_{evening.own_id('report', index)}"


def _report(
    demo: Demo, evening: Evening, visit: VisitPlan, index: int, report: CrimeReport, at: int
) -> list[Stamped]:
    offence = next(o for o in codes.items("offences") if o["id"] == report.offence)
    by_key = {s.key: s for s in evening.seizures}
    told = {
        "visit": f"visit_{evening.visit_id(visit.key)}",
        "offence": report.offence,
        "number": report.number,
        "summary": f"{offence['sv']}. {demo.site(visit.site).name}.",
        "at": at,
        "status": "UPPR",
        "exhibits": [exhibit_id(evening, by_key[key]) for key in report.exhibits] or None,
    }
    return stamp(at, report_id(evening, index), told)


def _report_tally(
    evening: Evening, visit: VisitPlan, index: int, report: CrimeReport, at: int
) -> list[Stamped]:
    entry = {
        "visit": f"visit_{evening.visit_id(visit.key)}",
        "of": "report",
        "code": codes.press_of(report.offence),
        "qty": 1,
        "unit": "ST",
    }
    return stamp(at, f"tally_{evening.own_id('report', index)}", {"entry": entry})


def decisions(evening: Evening) -> Iterator[Act]:
    """Outcomes in the stream of the authority that decided, on the day it did; open ones at the end."""
    for i, decision in enumerate(evening.decisions):
        told = {
            "visit": f"visit_{evening.visit_id(decision.visit)}",
            "outcome": decision.outcome,
            "decided": decision.decided,
            "amount": None if decision.amount is None else decision.amount * 100,
            "note": decision.note,
            "status": decision.status,
        }
        if decision.decided is None:
            at = evening.at(evening.end)
        elif decision.decided == evening.date:
            at = evening.at(evening.visit(decision.visit).leave)
        else:
            at = evening.at("10:00", decision.decided)
        yield act(
            decision.by, decision.authority, stamp(at, f"decision_{evening.own_id('decision', i)}", told)
        )
