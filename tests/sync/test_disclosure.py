"""Handing over between authorities on a real store: the exact copy, its trace on both sides, and nothing else."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from app.domain import disclosure
from app.domain.change import Change, canonical, new_id
from app.domain.commit import Envelope
from app.operations import readmodels
from app.operations.readmodels import refresh
from app.photos import tables as photos
from app.photos.access import readable
from app.sync.disclosures import Handed
from app.sync.rebuild import rebuild
from tests.sync.test_admission import admission, faults, held, statements, told
from tests.sync.world import ALCOHOL, NOW, OPERATION, POLICE, SHARED, VISIT, Person, World

NOTE, EXHIBIT = "note_01639815-0000-7000-8000-000000000001", "exhibit_1"
OPERATION_ENTITY = f"operation_{OPERATION}"
UNLAWFUL = {"verdict": "held", "code": "unlawful_disclosure"}
STALE = {"verdict": "held", "code": "stale_disclosure"}
NOBODY = {"verdict": "held", "code": "no_authority"}
LAWFUL = {
    "to": "KOM_ALK",
    "ground": "G_ALK_9_8",
    "by": "Fia Lind, undersökningsledare",
    "weighing": "Skadar inte utredningen.",
    "proviso": "Får bara användas i tillståndsärendet.",
    "visit": VISIT,
}


@pytest.fixture
def evening(world: World) -> World:
    """The police have a note and an exhibit; the alcohol inspectors take part, and others do not."""
    invited = world.dan.change(OPERATION_ENTITY, "authorities", ["POL", "KOM_ALK", "SKV"])
    world.push(world.dan.seal(SHARED, invited))
    note = [world.bo.change(NOTE, "visit", VISIT), world.bo.change(NOTE, "text", "Fem spelmaskiner")]
    secret = world.bo.change(EXHIBIT, "description", "hemligt")
    assert told(world.push(world.bo.seal(POLICE, *note, secret))) == [{}]
    return world


def items_of(world: World, *cells: tuple[str, str], stream: str = POLICE) -> list[dict[str, Any]]:
    """What somebody who has pulled everything names."""
    heads = world.cells(stream)
    found = []
    for entity, name in cells:
        live = sorted(heads[entity][name])
        values = [head[1] for head in live]
        found.append(
            {"e": entity, "f": name, "ids": [h[0] for h in live], "hash": disclosure.value_hash(values)}
        )
    return found


def saying(world: World, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The value of a disclosure of these items."""
    heads = world.cells(POLICE)
    copy = [
        {"e": i["e"], "f": i["f"], "ids": i["ids"], "values": [h[1] for h in sorted(heads[i["e"]][i["f"]])]}
        for i in items
    ]
    return {**LAWFUL, "items": list(items), "hash": disclosure.copy_hash(copy)}


def disclose(
    world: World, who: Person | None = None, stream: str = POLICE, **said: Any
) -> tuple[Envelope, Change]:
    """Seal a disclosure of the note's text."""
    who = who or world.alva
    value = saying(world, items_of(world, (NOTE, "text"))) | said
    change = who.change(f"disclosure_{new_id(NOW)}", "of", {k: v for k, v in value.items() if v is not None})
    return who.seal(stream, change), change


def copies(world: World, stream: str = ALCOHOL) -> dict[str, Any]:
    """What was handed over to the owner of a stream."""
    return {e: c["of"] for e, c in world.cells(stream).items() if e.startswith("disclosed_")}


def test_the_recipient_gets_the_exact_copy_and_nothing_else(evening: World) -> None:
    before = evening.cells(ALCOHOL)
    envelope, change = disclose(evening)
    answer = evening.push(envelope)
    assert told(answer) == [{}]
    assert answer.heads.keys() == {POLICE, ALCOHOL}, "both are poked"
    new = {e: c for e, c in evening.cells(ALCOHOL).items() if e not in before}
    name = f"disclosed_POL.{change.e.removeprefix('disclosure_')}"
    assert new.keys() == {name}
    assert new[name].keys() == {"of"}
    ((key, value, actor, at, _, _),) = new[name]["of"]
    text = evening.cells(POLICE)[NOTE]["text"][0]
    item = {"e": NOTE, "f": "text", "ids": [text[0]], "values": ["Fem spelmaskiner"]}
    assert value == {
        "from": "POL",
        "actor": evening.alva.id,
        "at": NOW,
        "disclosure": change.e,
        "ground": "G_ALK_9_8",
        "by": LAWFUL["by"],
        "proviso": LAWFUL["proviso"],
        "visit": VISIT,
        "hash": disclosure.copy_hash([item]),
        "items": [item],
    }
    assert (actor, at) == (evening.server.kid, NOW)
    assert key == disclosure.derived_id(change.id, "disclosed")
    told_all = canonical(evening.cells(ALCOHOL)) + canonical(evening.cells(SHARED))
    assert LAWFUL["weighing"] not in told_all
    assert "hemligt" not in told_all
    assert EXHIBIT not in told_all
    mark = evening.cells(POLICE)[f"delivered_{change.e.removeprefix('disclosure_')}"]["of"]
    assert [(h[1], h[2]) for h in mark] == [
        ({"to": "KOM_ALK", "hash": value["hash"], "change": change.id, "items": [item]}, evening.server.kid)
    ]
    assert faults(evening) == []


def test_sent_again_it_is_handed_over_once(evening: World) -> None:
    envelope, _ = disclose(evening)
    first = evening.push(envelope)
    heads, custody = evening.cells(ALCOHOL), evening.in_custody()
    assert evening.push(envelope).results == first.results
    assert evening.push(envelope, envelope).heads == {}
    assert evening.cells(ALCOHOL) == heads
    assert len(evening.in_custody()) == len(custody)


def test_the_same_disclosure_in_another_commit_is_a_duplicate(evening: World) -> None:
    """As when a key was forgotten and the change is sealed again by another actor of the user."""
    envelope, change = disclose(evening)
    evening.push(envelope)
    heads = evening.cells(ALCOHOL)
    again = evening.alva.seal(POLICE, change)
    assert told(evening.push(again)) == [{change.id: {"verdict": "duplicate"}}]
    assert evening.cells(ALCOHOL) == heads


@pytest.mark.parametrize(
    "said",
    [
        {"ground": "G_10_15A"},  # in force from December 2025
        {"ground": "G_170_6"},  # a municipality's duty, not the police's
        {"ground": "NONE"},
        {"to": "POL"},
        {"to": "KOM_MIL"},  # has no part in the evening
        {"to": "ABC"},
        {"by": " "},
        {"weighing": None},
        {"weighing": " \n"},
        {"items": []},
    ],
    ids=str,
)
def test_what_the_law_does_not_carry_is_held_and_nothing_is_copied(
    evening: World, said: dict[str, Any]
) -> None:
    before = evening.cells(ALCOHOL)
    envelope, change = disclose(evening, **said)
    assert told(evening.push(envelope)) == [{change.id: UNLAWFUL}]
    assert evening.cells(ALCOHOL) == before
    assert change.e not in evening.cells(POLICE)
    assert envelope.hash in evening.in_custody()
    assert [(row[0], row[1], row[2]) for row in held(evening)] == [(change.id, "unlawful_disclosure", None)]
    assert faults(evening) == []


def test_nobody_without_the_right_hands_anything_over(evening: World) -> None:
    before = evening.cells(ALCOHOL)
    for who in (evening.bo, evening.dan, evening.cia):
        envelope, change = disclose(evening, who)
        assert told(evening.push(envelope)) == [{change.id: NOBODY}]
    assert evening.cells(ALCOHOL) == before


@pytest.mark.parametrize("code", ["stale", "unknown", "hash", "conflict", "void"])
def test_what_is_not_as_it_was_on_the_screen_is_held(evening: World, code: str) -> None:
    items = items_of(evening, (NOTE, "text"))
    value = saying(evening, items)
    first = items[0]["ids"][0]
    if code == "stale":
        evening.push(evening.bo.seal(POLICE, evening.bo.change(NOTE, "text", "Sex", first)))
    elif code == "conflict":
        evening.push(evening.bo.seal(POLICE, evening.bo.change(NOTE, "text", "Sex")))
    elif code == "void":
        gone = {"void": True, "reason": "fel", "of": "x"}
        evening.push(evening.bo.seal(POLICE, evening.bo.change(NOTE, "@", gone)))
    elif code == "unknown":
        value["items"][0]["ids"] = [new_id(NOW)]
    else:
        value["hash"] = "ab" * 32
    change = evening.alva.change(f"disclosure_{new_id(NOW)}", "of", value)
    assert told(evening.push(evening.alva.seal(POLICE, change))) == [{change.id: STALE}]
    assert copies(evening) == {}


def test_a_conflict_is_handed_over_as_one(evening: World) -> None:
    evening.push(evening.bo.seal(POLICE, evening.bo.change(NOTE, "text", "Sex")))
    envelope, _ = disclose(evening)
    assert told(evening.push(envelope)) == [{}]
    ((head,),) = copies(evening).values()
    assert head[1]["items"][0]["values"] == ["Fem spelmaskiner", "Sex"]


def test_what_was_handed_over_cannot_be_altered_or_taken_back(evening: World) -> None:
    envelope, change = disclose(evening)
    evening.push(envelope)
    other = evening.alva.change(change.e, "of", change.v | {"proviso": "annat"}, change.id)
    gone = evening.alva.change(change.e, "@", {"void": True, "reason": "ångrat", "of": "x"})
    assert told(evening.push(evening.alva.seal(POLICE, other, gone))) == [
        {other.id: UNLAWFUL, gone.id: UNLAWFUL}
    ]
    assert len(copies(evening)) == 1
    corrected, _ = disclose(evening, corrects=change.e)
    assert told(evening.push(corrected)) == [{}]
    assert {head[1].get("corrects") for (head,) in copies(evening).values()} == {None, change.e}


def test_a_forged_copy_or_mark_is_held_for_everybody(evening: World) -> None:
    envelope, change = disclose(evening)
    evening.push(envelope)
    ((name, heads),) = copies(evening).items()
    forged = name[:-1] + ("0" if name[-1] != "0" else "1")
    for who, stream in ((evening.cia, ALCOHOL), (evening.bo, ALCOHOL), (evening.alva, POLICE)):
        lie = who.change(forged, "of", heads[0][1])
        assert told(evening.push(who.seal(stream, lie))) == [{lie.id: NOBODY}]
    mark = evening.alva.change(
        f"delivered_{new_id(NOW)}", "of", {"to": "SKV", "hash": "ab" * 32, "change": change.id, "items": []}
    )
    assert told(evening.push(evening.alva.seal(POLICE, mark))) == [{mark.id: NOBODY}]
    assert len(copies(evening)) == 1


def test_who_may_hand_over_can_let_in_what_a_colleague_was_not_allowed_to(evening: World) -> None:
    envelope, change = disclose(evening, evening.bo)
    evening.push(envelope)
    answer = evening.push(admission(evening.alva, envelope, change))
    assert told(answer) == [{}]
    assert answer.heads.keys() == {POLICE, ALCOHOL}
    ((head,),) = copies(evening).values()
    assert head[1]["actor"] == evening.bo.id
    assert faults(evening) == []


def test_no_admission_hands_over_what_is_unlawful_or_stale(evening: World) -> None:
    """It stays on the desk, and in custody once it is denied."""
    bad, change = disclose(evening, evening.bo, ground="G_10_15A")
    stale, later = disclose(evening, evening.bo)
    first = evening.cells(POLICE)[NOTE]["text"][0][0]
    evening.push(bad, stale, evening.bo.seal(POLICE, evening.bo.change(NOTE, "text", "Sex", first)))
    evening.push(admission(evening.alva, bad, change), admission(evening.alva, stale, later))
    assert copies(evening) == {}
    assert {row[2] for row in held(evening)} == {None}
    evening.push(admission(evening.alva, stale, later, admit=False, reason="ändrad"))
    assert {row[2] for row in held(evening)} == {None, "denied"}
    assert faults(evening) == []


def test_data_of_social_services_is_held_until_a_person_has_read_it(evening: World) -> None:
    """In a note, and in the reasons of a disclosure: in custody whole, admitted as anything else that is held."""
    note = evening.bo.change("note_5", "text", "Omhändertagen enligt LVU")
    envelope = evening.bo.seal(POLICE, note)
    code = {"verdict": "held", "code": "sensitive_data"}
    assert told(evening.push(envelope)) == [{note.id: code}]
    assert "note_5" not in evening.cells(POLICE)
    assert envelope.hash in evening.in_custody()
    evening.push(admission(evening.alva, envelope, note))
    assert evening.cells(POLICE)["note_5"]["text"][0][1] == note.v
    bad, change = disclose(evening, weighing="Se SoL-utredningen")
    assert told(evening.push(bad)) == [{change.id: code}]
    assert copies(evening) == {}
    fia = evening.enrol("fia", "POL", "FUL", SHARED, POLICE)
    evening.push(admission(fia, bad, change))
    assert len(copies(evening)) == 1
    assert faults(evening) == []


def test_several_in_one_push_are_copied_and_in_order(evening: World) -> None:
    """What a commit before it changed counts, in the same request."""
    first = evening.cells(POLICE)[NOTE]["text"][0][0]
    amended = evening.bo.change(NOTE, "text", "Sex", first)
    before, old = disclose(evening)
    item = {"e": NOTE, "f": "text", "ids": [amended.id], "hash": disclosure.value_hash(["Sex"])}
    copy = [{"e": NOTE, "f": "text", "ids": [amended.id], "values": ["Sex"]}]
    said = {**LAWFUL, "items": [item], "hash": disclosure.copy_hash(copy)}
    after = evening.alva.change(f"disclosure_{new_id(NOW)}", "of", said)
    late = evening.alva.change(f"disclosure_{new_id(NOW)}", "of", old.v)
    answer = evening.push(
        before,
        evening.bo.seal(POLICE, amended),
        evening.alva.seal(POLICE, after),
        evening.alva.seal(POLICE, late),
    )
    assert told(answer) == [{}, {}, {}, {late.id: STALE}]
    values = [head[1]["items"][0]["values"] for (head,) in copies(evening).values()]
    assert sorted(values) == [["Fem spelmaskiner"], ["Sex"]]


def test_a_large_evening_is_handed_over_in_commits_that_fit(evening: World) -> None:
    """Thirty copies of 36 kB are more than one commit may hold."""
    text = "å" * 18_000
    note = evening.bo.change("note_2", "text", text)
    evening.push(evening.bo.seal(POLICE, note))
    changes = [
        evening.alva.change(
            f"disclosure_{new_id(NOW)}", "of", saying(evening, items_of(evening, ("note_2", "text")))
        )
        for _ in range(30)
    ]
    assert told(evening.push(evening.alva.seal(POLICE, *changes))) == [{}]
    assert len(copies(evening)) == 30
    assert faults(evening) == []


def test_a_copy_that_fits_into_no_change_is_held(evening: World) -> None:
    notes = [evening.bo.change(f"note_{n}", "text", "x" * 15_000) for n in range(2, 5)]
    evening.push(evening.bo.seal(POLICE, *notes))
    cells = [(note.e, "text") for note in notes]
    change = evening.alva.change(
        f"disclosure_{new_id(NOW)}", "of", saying(evening, items_of(evening, *cells))
    )
    assert told(evening.push(evening.alva.seal(POLICE, change))) == [{change.id: UNLAWFUL}]


def test_made_again_from_the_log_all_is_the_same(evening: World) -> None:
    envelope, _ = disclose(evening)
    evening.push(envelope)
    before = evening.rows()
    evening.db.write_now(lambda conn: rebuild(conn, [refresh], readmodels.clear))
    assert evening.rows() == before
    assert faults(evening) == []


def test_a_copy_that_came_before_its_disclosure_counts_once(evening: World) -> None:
    """`insats deliver` after a restore brings the old copy, and the disclosure that makes it anew, in any order."""
    envelope, change = disclose(evening)
    items = [{k: v for k, v in item.items() if k != "hash"} for item in change.v["items"]]
    values = [evening.cells(POLICE)[i["e"]][i["f"]][0][1] for i in items]
    copy = [item | {"values": [value]} for item, value in zip(items, values, strict=True)]
    old = Handed(POLICE, ALCOHOL, "POL", evening.alva.id, change, copy)
    evening.db.write_now(lambda conn: evening.hand_over(conn, [old], NOW))
    before = copies(evening)
    assert len(before) == 1
    assert told(evening.push(envelope)) == [{}]
    evening.db.write_now(lambda conn: evening.hand_over(conn, [old], NOW))
    assert copies(evening) == before
    assert faults(evening) == []


def test_the_number_of_statements_does_not_depend_on_the_disclosures(evening: World) -> None:
    counts = []
    for n in (1, 1, 7):
        made = [disclose(evening) for _ in range(n)]
        seen = statements(evening, *(envelope for envelope, _ in made))
        counts.append(len(seen))
    assert counts[1] == counts[2], "the first made the server known"
    assert len(copies(evening)) == 9


def test_a_push_without_disclosures_asks_for_nothing_of_theirs(evening: World) -> None:
    plain = statements(evening, evening.bo.seal(POLICE, evening.bo.change("note_8", "text", "hej")))
    envelope, _ = disclose(evening)
    other = statements(evening, envelope)
    assert not [s for s in plain if "kind = " in s]
    assert [s for s in other if "kind = " in s], "or this looks for the wrong thing"
    assert len(other) > len(plain)


def test_a_photo_opens_for_the_recipient_and_only_that_one(evening: World) -> None:
    """As `app/photos/access.py` judges: what the sender's people delivered, by the copy that the server wrote."""
    shown, hidden, leaked = ("1" * 64, "2" * 64, "3" * 64)
    blob = {"size": 9, "mime": "image/jpeg"}
    taken = [
        evening.bo.change(f"photo_{n}", "blob", {"sha256": digest} | blob)
        for n, digest in enumerate((shown, hidden, leaked))
    ]
    evening.push(evening.bo.seal(POLICE, *taken))
    evening.db.write_now(lambda conn: _deliver(conn, {shown: "bo", hidden: "bo", leaked: "eva"}))
    items = items_of(evening, ("photo_0", "blob"), ("photo_2", "blob"))
    change = evening.alva.change(f"disclosure_{new_id(NOW)}", "of", saying(evening, items))
    assert told(evening.push(evening.alva.seal(POLICE, change))) == [{}]
    evening.enrol("eva", "SKV", "INSP", SHARED, f"op/{OPERATION}/SKV")
    found = {
        who: set(evening.db.read_now(lambda conn, who=who: readable(conn, who, [shown, hidden, leaked])))  # type: ignore[misc]
        for who in ("cia", "eva", "dan", "bo")
    }
    assert found == {"cia": {shown}, "eva": set(), "dan": set(), "bo": {shown, hidden}}


def _deliver(conn: Connection, digests: dict[str, str]) -> None:
    rows = [{"sha256": d, "size": 9, "mime": "image/jpeg", "received": NOW, "stable": False} for d in digests]
    conn.execute(photos.blob.insert(), rows)
    holders = [{"sha256": digest, "user": user, "at": NOW} for digest, user in digests.items()]
    conn.execute(photos.blob_holder.insert(), holders)
