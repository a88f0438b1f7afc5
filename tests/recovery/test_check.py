"""`insats check`: a store that is whole says so; every fault that is planted is found by a line of its own."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.photos.store import BlobStore
from tests.recovery.camp import APPROVAL, DIGEST, PHOTO, Camp
from tests.sync.world import ALCOHOL, POLICE, SHARED, VISIT

MIDDLE = f"stream = (SELECT id FROM stream WHERE name = '{POLICE}') AND n = 3"


def test_a_whole_store_says_so_with_counts(camp: Camp) -> None:
    report = camp.check()
    assert report.faults == []
    assert (report.commits, report.photos) == (len(camp.world.in_custody()), 1)
    assert report.changes > report.commits > report.entries > 5
    assert f"{report.commits} commits with {report.changes} changes" in report.counted()


def in_stream(name: str) -> str:
    return f"stream = (SELECT id FROM stream WHERE name = '{name}')"


PLANTED = {
    "a byte of a body": (
        f"UPDATE \"commit\" SET body = replace(body, 'gång 1', 'gång 7') WHERE {MIDDLE}",
        "commit 3 of {alva} ({hash}): it is not what its actor signed",
    ),
    "a byte of a header": (
        f'UPDATE "commit" SET header = replace(header, \'"test"\', \'"best"\') WHERE {MIDDLE}',
        "commit 3 of {alva} ({hash}): its header is not what its row says",
    ),
    "a signature": (
        f"UPDATE \"commit\" SET signature = '{'A' * 86}' WHERE {MIDDLE}",
        "commit 3 of {alva} ({hash}): it is not what its actor signed",
    ),
    "a commit's number": (
        f'UPDATE "commit" SET n = 30 WHERE {MIDDLE}',
        "commit 30 of {alva} ({hash}): its header is not what its row says",
    ),
    "a commit that is gone": (
        f'DELETE FROM "commit" WHERE {MIDDLE}',
        "commit 4 of {alva}",
    ),
    "the last commit of a chain": (
        f'DELETE FROM "commit" WHERE {in_stream(POLICE)} AND n = 5',
        "commit 5 of {alva}, the last of its chain, is missing",
    ),
    "a commit's place in the log": (
        f'UPDATE "commit" SET seq = 900 WHERE {MIDDLE}',
        "entry 900 lies beyond the head",
    ),
    "an entry that is gone": (
        f"DELETE FROM entry WHERE {in_stream(SHARED)} AND seq = 2",
        f"{SHARED}: entry 2 is missing",
    ),
    "a chain hash": (
        f"UPDATE entry SET chain = '{'0' * 64}' WHERE {in_stream(SHARED)} AND seq = 2",
        f"{SHARED}: entry 2 does not hash into the chain",
    ),
    "the server's part of an entry": (
        f"UPDATE entry SET r = replace(r, 'dead', 'daed') WHERE {in_stream(SHARED)} AND seq = 2",
        f"{SHARED}: entry 2 does not hash into the chain",
    ),
    "an entry's commit": (
        f"UPDATE entry SET \"commit\" = 'sha256:{'0' * 64}' WHERE {in_stream(SHARED)} AND seq = 2",
        f"{SHARED}: the commit of entry 2 is missing",
    ),
    "a head one too high": (
        f"UPDATE stream SET head = head + 1 WHERE name = '{SHARED}'",
        f"{SHARED}: its head is 7, its log ends at 6",
    ),
    "the chain at the head": (
        f"UPDATE stream SET chain = '{'1' * 64}' WHERE name = '{SHARED}'",
        f"{SHARED}: its chain does not lead to its head",
    ),
    "a chain's end": (
        f"UPDATE chain SET head = 'sha256:{'0' * 64}' WHERE {in_stream(ALCOHOL)}",
        "commit 2 of {cia}, the last of its chain, is missing",
    ),
    "a chain that covers too much": (
        f"UPDATE chain SET stable = 90 WHERE {in_stream(ALCOHOL)}",
        f"{ALCOHOL}: more commits of {{cia}} count as backed up than there are",
    ),
    "the verdicts of an entry": (
        f"UPDATE \"commit\" SET exceptions = '{{}}' WHERE {in_stream(POLICE)} AND exceptions <> '{{}}'",
        "its verdicts are not about its changes",
    ),
    "a verdict": (
        f'UPDATE "commit" SET exceptions = \'{{"x": {{"verdict": "duplicate"}}}}\' WHERE {in_stream(SHARED)} AND seq = 2',
        f"{SHARED}: entry 2 leaves out other changes than the verdicts of its commit say",
    ),
    "a cell": (
        f"UPDATE entity SET heads = replace(heads, '\"A\"', '\"B\"') WHERE id = '{VISIT}'",
        f"{SHARED}: {VISIT}",
    ),
    "where an entity was last touched": (
        f"UPDATE entity SET seq = seq + 1 WHERE id = '{VISIT}'",
        f"{SHARED}: {VISIT}",
    ),
    "an entity that is gone": ("DELETE FROM entity WHERE id = 'note_1'", f"{POLICE}: note_1"),
    "an entity that nobody wrote": (
        "INSERT INTO entity (stream, id, kind, heads, seq) SELECT id, 'note_7', 'note', '{}', 1 FROM stream "
        f"WHERE name = '{POLICE}'",
        f"{POLICE}: note_7",
    ),
    "a retired id": (
        f"DELETE FROM retired WHERE {in_stream(SHARED)}",
        f"{SHARED}: retired {VISIT}/persons/",
    ),
    "the content of a retired id": (
        f"UPDATE retired SET content = '[]' WHERE {in_stream(ALCOHOL)}",
        f"{ALCOHOL}: retired note_9/text/",
    ),
    "a row of a read model": ("UPDATE visit SET persons = 99", f"{SHARED}: read model visit {VISIT}"),
    "a read model without a row": ("DELETE FROM tally", f"{SHARED}: no read model tally tally_1"),
    "a held change without its row": ("DELETE FROM held", "held {held} of"),
    "a decision that nobody made": (
        "UPDATE held SET decided = 'denied', decision = 'x'",
        "nobody decided about it",
    ),
    "an actor that is gone": ("DELETE FROM actor WHERE id = '{cia}'", "nobody has registered its actor"),
    "a photo's size": (
        f"UPDATE blob SET size = 9 WHERE sha256 = '{DIGEST}'",
        f"photo {DIGEST}: it has {len(PHOTO)} bytes of 9",
    ),
    "the key that tablets know": (
        "UPDATE server_fact SET value = (SELECT value FROM server_fact WHERE name = 'seal') WHERE name = 'key'",
        "server.key: it is not the key that tablets have been told of",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_every_planted_fault_has_its_line(camp: Camp, name: str) -> None:
    statement, line = PLANTED[name]
    world = camp.world
    people = {"alva": world.alva.id, "cia": world.cia.id}
    hash_of = camp.value(text(f"SELECT hash FROM \"commit\" WHERE {MIDDLE} AND actor = '{world.alva.id}'"))
    held = camp.value(text("SELECT change FROM held"))
    for person, actor in people.items():
        statement = statement.replace("{" + person + "}", actor)
    world.execute(statement)
    faults = camp.check().faults
    wanted = line.format(**people, hash=hash_of[:19], held=held)
    assert any(wanted in fault for fault in faults), faults


def test_an_approval_of_something_else_has_its_line(camp: Camp) -> None:
    """As a server would that changed what was approved: signed, merged, and not what the log says."""
    dan = camp.world.dan
    heads = camp.world.cells(SHARED)[APPROVAL]["of"]
    wrong = heads[0][1] | {"hash": "0" * 64}
    camp.world.push(dan.seal(SHARED, dan.change(APPROVAL, "of", wrong, heads[0][0])))
    (fault,) = camp.check().faults
    assert fault.startswith(
        f"{SHARED}: {APPROVAL} is not of what the log says, neither at {wrong['seq']} nor"
    )


@pytest.mark.parametrize(
    ("damage", "line"),
    [
        (lambda path: path.write_bytes(PHOTO[:-1] + b"?"), "its bytes do not hash to its name"),
        (lambda path: path.write_bytes(PHOTO[:-1]), f"it has {len(PHOTO) - 1} bytes of {len(PHOTO)}"),
        (Path.unlink, "its bytes are missing"),
    ],
    ids=["flipped", "cut", "gone"],
)
def test_a_photo_whose_bytes_changed_has_its_line(camp: Camp, damage: object, line: str) -> None:
    assert callable(damage)
    damage(BlobStore(camp.data).path(DIGEST))
    assert camp.check().faults == [f"photo {DIGEST}: {line}"]


def test_another_key_has_its_line(camp: Camp) -> None:
    (camp.data / "seal.key").unlink()
    assert [fault.partition(":")[0] for fault in camp.check().faults] == ["seal.key"]


@pytest.mark.parametrize("column", ["r", "chain"])
def test_a_row_that_cannot_be_read_stops_nothing_else(camp: Camp, column: str) -> None:
    camp.world.execute(f"UPDATE entry SET {column} = 'x' WHERE {in_stream(SHARED)} AND seq = 3")
    camp.world.execute("UPDATE visit SET persons = 99")
    camp.world.execute("DELETE FROM entity WHERE id = 'note_1'")
    faults = camp.check().faults
    assert any("entry" in fault and "3" in fault for fault in faults)
    assert f"{POLICE}: note_1" in faults
