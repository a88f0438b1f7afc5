"""The demo evenings: the store says of them what their data say, through the one write path."""

import itertools
from collections import Counter
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from app.auth.tables import Actor, Membership, User
from app.clock import now_ms
from app.database import table
from app.domain import codes
from app.operations import tables
from app.operations.demo import photos
from app.operations.demo.evenings import Evening, demo
from app.operations.demo.load import Loaded, load_demo
from app.operations.staff import SERVER
from app.photos.store import BlobStore
from app.sync.tables import Commit, Stream
from tests.operations.conftest import House, Told, decoded, value

_member, _commit, _stream = table(Membership), table(Commit), table(Stream)
_actor, _user = table(Actor), table(User)
_visit, _photo, _decision = table(tables.Visit), table(tables.Photo), table(tables.Decision)
_tally, _exhibit, _report = table(tables.Tally), table(tables.Exhibit), table(tables.CrimeReport)

RECORDED = ("OP1", "OP2", "OP3")


def at(operation: str, part: str) -> Any:
    """The id of a stream, for SQL."""
    return select(_stream.c.id).where(_stream.c.name == f"op/{operation}/{part}").scalar_subquery()


@pytest.mark.parametrize("key", RECORDED)
def test_an_evening_counts_what_its_data_expect(told: Told, key: str) -> None:
    evening = demo().evening(key)
    assert evening.expected is not None
    found, expected = told.figures(evening.id), evening.expected
    assert found.visits == found.done == expected["sites"]
    assert found.seizures["SPELMASKIN"] == {"ST": expected["gaming_machines"]}
    assert found.seizures["NARK_TABL"] == {"TABL": expected["tablets"]}
    assert found.reports_total == expected["crime_reports"]
    assert found.reports == expected["by_category"]
    assert found.activity_mean_x100 == expected["activity_mean_x100"]
    assert found.photos == expected.get("photos_visits", 0)
    assert (found.conflicts, found.review) == (0, 0)


def test_the_read_models_say_the_same(told: Told) -> None:
    machines = _sum_by_evening(told, of="seizure", code="SPELMASKIN")
    assert [machines[told.operation(key)] for key in RECORDED] == [21, 15, 9]
    reports = _sum_by_evening(told, of="report")
    assert [reports[told.operation(key)] for key in RECORDED] == [14, 10, 7]


def _sum_by_evening(told: Told, **columns: str) -> dict[str, int]:
    query = select(_stream.c.name, func.sum(_tally.c.qty)).join(_stream, _stream.c.id == _tally.c.stream)
    query = query.where(*(_tally.c[name] == wanted for name, wanted in columns.items())).group_by(
        _stream.c.name
    )
    return {name.split("/")[1]: total for name, total in told.rows(query)}


def test_other_units_are_kept_in_their_base(told: Told) -> None:
    seizures = told.figures(told.operation("OP1")).seizures
    assert seizures["NARK_CANN"] == {"MG": 14_000}
    assert seizures["KONTANT_SEK"] == {"ORE": 1_840_000}
    assert seizures["SPRIT"] == {"ML": 22_000}
    assert seizures["CIGARETTER"] == {"PAKET": 85}


def test_machines_are_counted_by_two_people_who_add_up(told: Told) -> None:
    query = select(_tally.c.visit, func.count(), func.sum(_tally.c.qty)).where(
        _tally.c.stream == at(told.operation("OP3"), "shared"), _tally.c.code == "SPELMASKIN"
    )
    found = sorted((people, qty) for _, people, qty in told.rows(query.group_by(_tally.c.visit)))
    assert found == [(1, 2), (2, 3), (2, 4)]


@pytest.mark.parametrize("key", RECORDED)
def test_repeat_visits_follow_from_what_was_recorded_before(told: Told, key: str) -> None:
    evening = demo().evening(key)
    cells = told.cells(f"op/{evening.id}/shared")
    for visit in evening.visits:
        assert value(cells[f"visit_{evening.visit_id(visit.key)}"], "repeat") is visit.repeat
    assert evening.expected is not None
    assert sum(v.repeat for v in evening.visits) == evening.expected["repeat_sites"]


def test_every_change_was_applied(told: Told) -> None:
    assert told.rows(select(_commit.c.hash).where(_commit.c.exceptions != "{}")) == []
    assert told.rows(select(_commit.c.hash).where(_commit.c.forked.is_(True))) == []


def test_loading_again_changes_nothing(told: Told) -> None:
    before = _everything(told)
    assert load_demo(told.db, told.data, now_ms(), exercise=True) == Loaded()
    assert load_demo(told.db, told.data, now_ms(), "planned") == Loaded()
    assert _everything(told) == before


def _everything(told: Told) -> list[Any]:
    streams = told.rows(select(_stream.c.name, _stream.c.head, _stream.c.chain).order_by(_stream.c.name))
    members = select(_member).where(_member.c.user != SERVER).order_by(_member.c.stream, _member.c.user)
    return [*streams, *told.rows(members), *told.rows(select(_actor.c.id).order_by(_actor.c.id))]


def test_an_account_that_was_closed_stays_closed(told: Told) -> None:
    mine = _user.c.id == "u.komm"
    told.db.write_now(lambda conn: conn.execute(_user.update().where(mine).values(active=False)).rowcount)
    load_demo(told.db, told.data, now_ms(), exercise=True)
    assert told.rows(select(_user.c.active).where(mine))[0].active is False
    told.db.write_now(lambda conn: conn.execute(_user.update().where(mine).values(active=True)).rowcount)


def test_the_exercise_is_for_today_and_nothing_is_recorded_in_it(told: Told) -> None:
    assert told.loaded == Loaded(planned=4, recorded=3, photos=104)
    found = told.figures(told.operation("EXERCISE"))
    assert (found.visits, found.done, found.reports_total, found.photos) == (7, 0, 0, 0)
    operation = told.cells(f"op/{told.operation('EXERCISE')}/shared")[
        f"operation_{told.operation('EXERCISE')}"
    ]
    assert value(operation, "status") == "PAGAR"


def test_a_site_brings_what_earlier_evenings_shared(told: Told) -> None:
    sites = told.cells(f"op/{told.operation('EXERCISE')}/shared")
    history = value(sites["site_S02"], "history")
    assert [(v["number"], v["date"]) for v in history] == [
        (3, "2018-05-25"),
        (2, "2018-02-16"),
        (1, "2017-12-01"),
    ]
    assert [v["seizures"]["SPELMASKIN"] for v in history] == [{"ST": 3}, {"ST": 5}, {"ST": 6}]
    assert [v["reports"] for v in history] == [3, 2, 2]
    first = told.cells(f"op/{told.operation('OP1')}/shared")
    assert "history" not in first["site_S02"]


def test_who_has_a_part_in_which_stream(told: Told) -> None:
    op = told.operation("OP3")
    assert _parts(told, "u.pol.a1", op) == {"shared": "writer", "POL": "writer"}
    assert _parts(told, "u.kom.alk", op) == {"shared": "writer", "KOM_ALK": "writer"}
    assert _parts(told, "u.pol.koord", op) == {"shared": "writer", "plan": "writer"}
    assert _parts(told, "u.kom.sak", op) == {"shared": "writer", "plan": "writer"}
    assert _parts(told, "u.komm", op) == _parts(told, "u.skriv", op) == {"shared": "reader", "plan": "reader"}
    assert _parts(told, "u.rtj", op) == {}, "the rescue service was on call and took no part"
    readers = select(_member.c.user).where(_member.c.stream == "ref", _member.c.role == "reader")
    assert {row.user for row in told.rows(readers)} == {user.id for user in demo().users}


def _parts(told: Told, user: str, operation: str) -> dict[str, str]:
    query = select(_member.c.stream, _member.c.role).where(_member.c.user == user)
    mine = [(r.stream, r.role) for r in told.rows(query) if r.stream.startswith(f"op/{operation}/")]
    return {stream.rpartition("/")[2]: role for stream, role in mine}


def test_what_an_authority_keeps_to_itself_is_in_its_own_stream_only(told: Told) -> None:
    kinds = Counter(e.partition("_")[0] for e in told.cells(f"op/{told.operation('OP3')}/shared"))
    assert kinds.keys() == {"operation", "site", "visit", "party", "checklist", "tally", "safety", "actor"}
    own = told.cells(f"op/{told.operation('OP3')}/POL")
    assert {e.partition("_")[0] for e in own} == {
        "checklist",
        "exhibit",
        "custody",
        "report",
        "photo",
        "note",
    }


def test_exhibits_have_their_numbers_points_serials_and_seals(told: Told) -> None:
    op = told.operation("OP3")
    own = told.cells(f"op/{op}/POL")
    sealed = own["exhibit_seal.DEMO-77101"]
    assert value(sealed, "number") == "2018-0000-BG00002"
    assert value(sealed, "qty") == 12
    assert value(sealed, "status") == "NFC"
    serials = [value(c, "serials") for e, c in own.items() if e.startswith("exhibit_") and "serials" in c]
    assert sorted(itertools.chain(*serials)) == [f"FIKT-000{i}" for i in range(1, 10)]
    rows = told.rows(select(_exhibit.c.status).where(_exhibit.c.stream == at(op, "POL")))
    assert Counter(r.status for r in rows) == {"LAGER": 3, "NFC": 2}


def test_the_steps_of_custody_are_in_order(told: Told) -> None:
    own = told.cells(f"op/{told.operation('OP3')}/POL")
    steps = [c for e, c in own.items() if e.startswith("custody_")]
    mine = sorted(
        (value(c, "at"), value(c, "event")) for c in steps if value(c, "exhibit") == "exhibit_seal.DEMO-77101"
    )
    assert [e for _, e in mine] == ["seized", "sealed", "reported", "confirmed", "stored", "sent_to_lab"]
    assert mine[0][0] == demo().evening("OP3").at("17:52")


def test_a_change_of_regime_names_who_decided_it(told: Told) -> None:
    evening = demo().evening("OP3")
    party = told.cells(f"op/{evening.id}/shared")[f"party_{evening.visit_id('V2')}.POL"]
    assert value(party, "regime") == "HUSRANNSAKAN"
    assert value(party, "decided_by") == "Demo Polis Förundersökningsledare"
    assert value(party, "law") == "RB 28:3"
    assert party["regime"][0][4] == evening.at("17:12")


def test_times_are_those_of_the_evening(told: Told) -> None:
    evening = demo().evening("OP3")
    visit = told.cells(f"op/{evening.id}/shared")[f"visit_{evening.visit_id('V1')}"]
    assert value(visit, "arrived") == 1_527_259_800_000  # 25 May 2018 14:50 UTC
    assert value(visit, "left") - value(visit, "arrived") == 55 * 60_000
    assert visit["status"][0][4] == value(visit, "left")


def test_fees_are_kept_in_ore(told: Told) -> None:
    fees = select(func.sum(_decision.c.amount)).where(
        _decision.c.stream == at(told.operation("OP3"), "SKV"),
        _decision.c.outcome.in_(["SKV_KAPL", "SKV_KAKR"]),
    )
    assert told.rows(fees)[0][0] == 15_000 * 100
    own = told.cells(f"op/{told.operation('OP3')}/POL")
    machine_money = [value(c, "SPE10") for e, c in own.items() if e.endswith(".SPE")]
    assert sorted(machine_money) == [112_000, 248_000, 635_000]


def test_signed_checklists_answer_what_is_required(told: Told) -> None:
    required = {t.ref: {q.id for q in t.questions if q.required} for t in codes.templates()}
    streams = told.rows(select(_stream.c.name).where(_stream.c.name.like("op/%")))
    sheets = [
        cells
        for row in streams
        for entity, cells in told.cells(row.name).items()
        if entity.startswith("checklist_") and value(cells, "status") in ("SIGN", "KLAR")
    ]
    assert len(sheets) == 9 + 8 + 7 + 14
    assert [(value(c, "visit"), required[value(c, "template")] - c.keys()) for c in sheets] == [
        (value(c, "visit"), set()) for c in sheets
    ]


def test_offences_were_in_force_that_evening() -> None:
    for evening in demo().evenings:
        for report in evening.reports:
            offence = next(o for o in codes.items("offences") if o["id"] == report.offence)
            assert offence.get("valid_from", "") <= evening.date <= offence.get("valid_to", "9999"), (
                report.offence
            )


def test_there_are_104_photos_and_42_are_of_an_exhibit(told: Told) -> None:
    rows = told.rows(select(_photo.c.sha256, _photo.c.thumb_sha256, _photo.c.about, _photo.c.visit))
    assert len(rows) == len({r.sha256 for r in rows}) == 104
    assert sum(r.about is not None for r in rows) == 42
    evening = demo().evening("OP3")
    by_visit = Counter(r.visit for r in rows)
    assert [by_visit[f"visit_{evening.visit_id(v.key)}"] for v in evening.visits] == [
        9,
        22,
        14,
        2,
        15,
        31,
        11,
    ]


def test_photos_are_real_files_of_moderate_size(told: Told) -> None:
    blobs = BlobStore(told.data)
    for row in told.rows(select(_photo.c.sha256, _photo.c.thumb_sha256)):
        assert _shape(blobs.path(row.sha256), limit=120_000) == ("JPEG", (1280, 960))
        assert _shape(blobs.path(row.thumb_sha256), limit=20_000) == ("JPEG", (320, 240))


def _shape(file: Path, limit: int) -> tuple[str | None, tuple[int, int]]:
    assert file.stat().st_size <= limit
    with Image.open(file) as image:
        return image.format, image.size


def test_a_picture_is_the_same_every_time_and_marked_as_demo() -> None:
    tale = demo()
    wanted = photos.photos(tale, tale.evening("OP3"))[::15]
    first, second = photos.draw(wanted), photos.draw(wanted)
    assert first == second
    with Image.open(BytesIO(first[wanted[0].key].original)) as image:
        red, green, blue = image.convert("RGB").getpixel((1060, 880))  # type: ignore[misc]
    assert red > 200, "the yellow mark in the corner"
    assert green > 150
    assert blue < 90


def test_a_planned_evening_waits_to_be_recorded(house: House) -> None:
    assert load_demo(house.db, house.data, now_ms(), "planned") == Loaded(planned=3, recorded=2)
    op = demo().evening("OP3").id
    rows = house.rows(select(_visit.c.status).where(_visit.c.stream == at(op, "shared")))
    assert [r.status for r in rows] == ["PLANERAT"] * 7
    shared = house.cells(f"op/{op}/shared")
    assert value(shared[f"operation_{op}"], "status") == "PAGAR"
    assert {e.partition("_")[0] for e in shared} == {"operation", "site", "visit", "party", "actor"}
    assert house.cells(f"op/{op}/POL") == {}
    _can_be_recorded_later(house, demo().evening("OP3"))


def _can_be_recorded_later(house: House, evening: Evening) -> None:
    assert load_demo(house.db, house.data, now_ms()) == Loaded(recorded=1, photos=104)
    found = house.figures(evening.id)
    assert found.seizures["SPELMASKIN"] == {"ST": 9}
    assert (found.reports_total, found.photos, found.conflicts) == (7, 104, 0)


def test_targets_in_reserve_are_known_to_planners_alone(told: Told) -> None:
    op = told.operation("OP3")
    targets = told.cells(f"op/{op}/plan")
    assert sorted(value(c, "site") for c in targets.values()) == ["site_S09", "site_S12"]
    assert {"site_S09", "site_S12"}.isdisjoint(told.cells(f"op/{op}/shared"))


def test_the_operation_tells_teams_and_purpose(told: Told) -> None:
    op = told.operation("OP3")
    operation = told.cells(f"op/{op}/shared")[f"operation_{op}"]
    assert value(operation, "status") == "EFTER"
    assert value(operation, "on_call") == ["RTJ", "SOC"]
    assert value(operation, "teams")[0]["leader"] == "Demo Polis Alfa"
    assert value(operation, "staging")["lat"] == 58_597_600
    row = told.rows(select(table(tables.Operation)).where(table(tables.Operation).c.id == f"operation_{op}"))[
        0
    ]
    assert decoded(row.authorities) == ["POL", "KOM_SAK", "KOM_ALK", "KOM_MIL", "KOM_BYG", "SKV", "KFM"]
