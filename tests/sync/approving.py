"""Approving in tests: what is at a visit, who approves it, and what must hold then."""

from typing import Any

from app.domain import versions
from app.domain.change import Change
from app.domain.commit import Envelope
from app.operations.staff import current_cells
from app.sync.versions import faults as broken_approvals
from tests.sync.test_admission import faults, told
from tests.sync.world import NOW, POLICE, VISIT, Person, World

OTHER = VISIT.replace("a1", "b2")
TAIL = VISIT.removeprefix("visit_")
APPROVAL, SUBMISSION = f"approval_{TAIL}", f"submission_{TAIL}"
NOTE, EXHIBIT, CHECKLIST = "note_1", "exhibit_1", f"checklist_{TAIL}.ANK@1"
LATER = {"verdict": "held", "code": "after_approval"}
RESTORED = {"head": 1, "chain": f"sha256:{'ab' * 32}", "epoch": "e1", "backup": "b", "at": NOW}
STALE = {"verdict": "held", "code": "stale_approval"}


def version(world: World, visit: str = VISIT, stream: str = POLICE) -> dict[str, Any]:
    """What somebody who has pulled everything would approve."""
    cells = world.db.read_now(lambda conn: current_cells(conn, stream))
    lines = versions.lines_of(cells.items(), visit)
    seq = max((h[5] for c in cells.values() for heads in c.values() for h in heads), default=0)
    return {"visit": visit, "seq": seq, "hash": versions.version_hash(lines)}


def approve(world: World, who: Person | None = None, **said: Any) -> Change:
    """Approve the visit as it is; the change that does."""
    who = who or world.alva
    change = who.change(APPROVAL, "of", version(world) | said)
    assert told(world.push(who.seal(POLICE, change))) == [{}]
    return change


def lift(who: Person) -> Envelope:
    gone = who.change(APPROVAL, "@", {"void": True, "reason": "fel", "of": "x"})
    return who.seal(POLICE, gone)


def recorded(world: World) -> list[Change]:
    """Something at the visit in the police's stream: a note, an exhibit and a checklist."""
    changes = [
        world.bo.change(NOTE, "visit", VISIT),
        world.bo.change(NOTE, "text", "hej"),
        world.bo.change(EXHIBIT, "visit", VISIT),
        world.bo.change(CHECKLIST, "status", "SKAPAD"),
        world.bo.change("note_2", "visit", OTHER),
        world.bo.change("note_3", "text", "ingens"),
    ]
    result = world.push(world.bo.seal(POLICE, *changes)).results[0]["changes"]
    assert {x["verdict"] for x in result.values()} <= {"held"}
    return changes


def push_one(world: World, who: Person, entity: str, cell: str, value: Any, stream: str = POLICE) -> Any:
    """The exception of one change in a commit of its own; None where it was applied."""
    change = who.change(entity, cell, value)
    return told(world.push(who.seal(stream, change)))[0].get(change.id)


def restore(world: World, stream: str) -> None:
    """What `insats restore` writes into every stream; the log before it is the backup's."""
    job = world.enrol(f"job-{stream}", "INSATS", "SYSTEM")
    told(world.push(job.seal(stream, job.change("restore_1", "from", RESTORED))))
    assert "restore_1" in world.cells(stream)


def all_faults(world: World) -> list[str]:
    return [*faults(world), *world.db.read_now(broken_approvals)]
