"""The photos of a demo evening: which were taken, and their drawing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from app.operations.demo.canvas import SIZE
from app.operations.demo.evenings import Demo, Evening, Seizure, VisitPlan
from app.operations.demo.evidence import SEIZER, exhibit_id
from app.operations.demo.scenes import Shot, picture
from app.operations.demo.story import MINUTE, SHARED, Act, Stamped, act, stamp

MIME: Final = "image/jpeg"


@dataclass(frozen=True)
class Photo:
    """A photo to take: by whom, at which visit, of what."""

    key: str
    visit: VisitPlan
    user: str
    authority: str
    at: int
    shot: Shot
    about: str | None = None
    question: str | None = None


@dataclass(frozen=True)
class Picture:
    """The bytes of a photo and of its thumbnail."""

    original: bytes
    thumb: bytes


def photos(demo: Demo, evening: Evening) -> list[Photo]:
    """Every photo of the evening, in the order of visits and people."""
    found = []
    for visit in evening.visits:
        general = list(_general(demo, evening, visit))
        seized = [
            p
            for s in evening.seizures
            if s.visit == visit.key and s.key
            for p in _of(demo, evening, visit, s)
        ]
        found += sorted(general + seized, key=lambda p: (p.user, p.at))
    return found


def _general(demo: Demo, evening: Evening, visit: VisitPlan) -> Iterator[Photo]:
    """What inspectors photographed beside their checklists, spread over the visit."""
    shots = [(g, caption) for g in visit.photos for caption in g.captions]
    first = evening.at(visit.arrive) + 10 * MINUTE
    step = (evening.at(visit.leave) - 5 * MINUTE - first) // max(1, len(shots))
    place = _place(demo, visit)
    for i, (group, caption) in enumerate(shots):
        key = f"{visit.key} {i}"
        shot = Shot(group.scene, f"{evening.key} {key}", caption, place, group.label)
        authority = demo.authority_of(group.by)
        yield Photo(key, visit, group.by, authority, first + i * step, shot, question=group.question)


def _of(demo: Demo, evening: Evening, visit: VisitPlan, seizure: Seizure) -> Iterator[Photo]:
    """The photos of an exhibit, 40 seconds apart, before it was taken away."""
    first = evening.at(seizure.at or visit.arrive) - 14 * MINUTE
    place = _place(demo, visit)
    user = seizure.by or SEIZER
    about = exhibit_id(evening, seizure)
    for i, (scene, caption, label) in enumerate(_scenes_of(seizure)):
        key = f"{seizure.key} {i}"
        shot = Shot(scene, f"{evening.key} {key}", caption, place, label)
        yield Photo(key, visit, user, demo.authority_of(user), first + i * 40_000, shot, about)


def _scenes_of(seizure: Seizure) -> Iterator[tuple[str, str, str]]:
    """(scene, caption, label): in place, the thing, its number, its seal, as evidence is photographed."""
    if seizure.category != "SPELMASKIN":
        yield "tablets_found", "Tabletter på fyndplatsen", str(seizure.qty)
        yield "tablets_bag", "Tabletter i bevispåse", f"{seizure.seal} {seizure.qty}"
        yield "tablets_seal", f"Plombering {seizure.seal}", seizure.seal or ""
        return
    for number, serial in zip(seizure.points, seizure.serials, strict=True):
        name = f"Spelmaskin {number} av {seizure.qty}"
        yield "machine_row", f"{name}, på plats", str(seizure.qty)
        yield "machine_front", f"{name}, framifrån", f"Nr {number}"
        yield "type_plate", f"{name}, typskylt {serial}", serial
        yield "cash_box", f"{name}, kassalåda", serial


def _place(demo: Demo, visit: VisitPlan) -> str:
    site = demo.site(visit.site)
    return f"Besök {visit.order}: {site.name}, {site.address}"


def draw(wanted: Sequence[Photo]) -> dict[str, Picture]:
    """Draw photos, some 20 ms each; key of the photo -> its picture."""
    return {photo.key: Picture(*picture(photo.shot)) for photo in wanted}


def recorded(evening: Evening, taken: Sequence[Photo], pictures: Mapping[str, Picture]) -> Iterator[Act]:
    """The photo entities in their author's own stream, and the author's running count in the shared one."""
    for (_, user), group in groupby(taken, key=lambda p: (p.visit.order, p.user)):
        mine = list(group)
        cells = [_cells(evening, photo, pictures[photo.key]) for photo in mine]
        yield act(user, mine[0].authority, *cells)
        yield act(user, SHARED, _tally(evening, mine))


def _cells(evening: Evening, photo: Photo, made: Picture) -> list[Stamped]:
    told = {
        "visit": f"visit_{evening.visit_id(photo.visit.key)}",
        "blob": _blob(made.original),
        "thumb": _blob(made.thumb),
        "caption": photo.shot.caption,
        "about": photo.about,
        "question": photo.question,
        "taken": photo.at,
        "width": SIZE[0],
        "height": SIZE[1],
    }
    return stamp(photo.at, f"photo_{evening.own_id('photo', photo.key)}", told)


def _blob(data: bytes) -> dict[str, Any]:
    return {"sha256": sha256(data).hexdigest(), "size": len(data), "mime": MIME}


def _tally(evening: Evening, mine: Sequence[Photo]) -> list[Stamped]:
    first, last = mine[0], max(mine, key=attrgetter("at"))
    visit = evening.visit_id(first.visit.key)
    entry = {"visit": f"visit_{visit}", "of": "photo", "code": "FOTO", "qty": len(mine), "unit": "ST"}
    entity = f"tally_{evening.own_id('tally', first.visit.key, first.user, 'FOTO')}"
    return stamp(last.at, entity, {"entry": entry})
