"""Random histories of changes over few cells, and random ways in which they arrive.

Ids are dense on purpose: changes collide across cells, name each other, themselves, larger ids and ids that never arrive, and
form cycles. Within a cell an id has one content: what a reused id does depends on the order by design and is tested alone.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

import orjson
from hypothesis import strategies as st

from app.domain.admission import entity_of
from app.domain.change import Change
from app.domain.commit import Envelope
from app.domain.kinds import judge
from app.domain.merge import SEQ, Cells, Head, Retired, live_hash, merge
from app.domain.streams import class_of
from app.domain.versions import version_hash
from tests.sync.world import NOW, SHARED, Person

REF = "ref"
ACTORS = 3
OFFSETS = (0, -2, 1)
"""Of the clocks of the actors, ms."""
POOL = 10
UNKNOWN = 3
"""Ids above the pool that are named and never arrive."""


def id_of(number: int) -> str:
    """An id of the pool, rising with its number."""
    return f"01639815-{number:04x}-7000-8000-00000000000{number % 2}"


def _entry(of: str, code: str, unit: str, qty: int) -> dict[str, Any]:
    return {"visit": "visit_1", "of": of, "code": code, "unit": unit, "qty": qty}


def _approval(seq: int) -> dict[str, Any]:
    """At 0 everything was empty, whatever came later: that is right in any order. The others are of what never was."""
    return {"visit": "visit_1", "seq": seq, "hash": version_hash([]) if seq == 0 else "ab" * 32}


entries = st.none() | st.builds(
    _entry,
    st.sampled_from(["seizure", "report", "photo"]),
    st.sampled_from(["A", "B"]),
    st.sampled_from(["ST", "G", "KG"]),
    st.integers(0, 3),
)
voids = st.none() | st.sets(st.integers(0, POOL - 1)).map(
    lambda seen: {
        "void": True,
        "reason": "",
        "of": live_hash({"x": [[id_of(n), 0, "", 0, 0, 0] for n in seen]}),
    }
)
anything = st.sampled_from(
    [1, True, "1", None, 0, False, "", [], [1], [True], {}, {"a": 1}, {"a": True}, "å📷"]
)

Cell: TypeAlias = tuple[str, str, str, st.SearchStrategy[Any]]

CELLS: list[Cell] = [
    (REF, "codelist_1", "items", anything),
    (REF, "codelist_2", "items", anything),
    (REF, "codelist_1", "@", voids),
    (SHARED, "visit_1", "persons", st.none() | st.integers(0, 2)),
    (SHARED, "visit_1", "status", st.sampled_from([None, "INNE", "KLART", "STANGT"])),
    (SHARED, "visit_1", "@", voids),
    (SHARED, "tally_1", "entry", entries),
    (SHARED, "tally_2", "entry", entries),
    (SHARED, "tally_1", "@", voids),
    # What only a newer app knows is held until a person admits it.
    (SHARED, "visit_1", "mood", anything),
    (SHARED, "drone_1", "height", anything),
]
APPROVALS: list[Cell] = [
    (SHARED, "approval_1", "of", st.none() | st.integers(0, 2).map(_approval)),
    (SHARED, "approval_1", "@", voids),
    (SHARED, "safety_1", "visit", st.sampled_from([None, "visit_1", "visit_2"])),
    (SHARED, "safety_1", "injuries", st.integers(0, 3)),
]
"""What an approval of `visit_1` holds depends on the order of arrival, and only the log says what had effect."""


@dataclass(frozen=True)
class Event:
    """One change by one actor (a number) for one stream."""

    stream: str
    actor: int
    change: Change

    @property
    def is_held(self) -> bool:
        """Whether it has effect only once a person has admitted it."""
        fault = judge(class_of(self.stream), self.change.e, self.change.f, self.change.v)
        return fault is not None and fault[0] == "held"

    @property
    def key(self) -> tuple[str, str, str]:
        """Its cell and id."""
        return self.change.e, self.change.f, self.change.id


@st.composite
def _events(draw: st.DrawFn, cells: Sequence[Cell]) -> Event:
    stream, entity, name, values = draw(st.sampled_from(cells))
    number = draw(st.integers(0, POOL - 1))
    seen = draw(st.lists(st.integers(0, POOL + UNKNOWN), max_size=3, unique=True))
    # One change has one author; which one follows from the change, so that a repeat is a repeat.
    actor = (number + len(entity + name)) % ACTORS
    at = draw(st.integers(0, 3))
    change = Change(id_of(number), entity, name, draw(values), NOW + at, tuple(map(id_of, seen)))
    return Event(stream, actor, change)


def histories(size: int = 16, cells: Sequence[Cell] = CELLS) -> st.SearchStrategy[list[Event]]:
    """Histories in which every id has one content in its cell."""
    return st.lists(_events(cells), min_size=1, max_size=size, unique_by=lambda e: (e.stream, *e.key))


def fold(events: Iterable[Event], actors: Sequence[str]) -> dict[str, dict[str, Cells]]:
    """The merged streams of a history, by the rule alone; heads without a sequence number."""
    streams: dict[str, dict[str, Cells]] = {REF: {}, SHARED: {}}
    retired: dict[str, Retired] = {REF: {}, SHARED: {}}
    for event in events:
        change, cells = event.change, streams[event.stream].setdefault(event.change.e, {})
        t = change.at + OFFSETS[event.actor]
        merge(cells, retired[event.stream], change, actors[event.actor], t, None)
    return streams


def unnumbered(entities: dict[str, Cells]) -> dict[str, dict[str, list[Head]]]:
    """Heads without their sequence numbers, which tell the order of arrival."""
    return {
        e: {f: [[*head[:SEQ], None] for head in heads] for f, heads in cells.items()}
        for e, cells in entities.items()
    }


def shuffled_with_repeats(events: Sequence[Event], chance: Random) -> list[Event]:
    """Every event once or more, in any order."""
    some = [event for event in events if chance.random() < 0.3]
    order = [*events, *some]
    chance.shuffle(order)
    return order


def sealed(events: Iterable[Event], people: Sequence[Person], chance: Random) -> list[Envelope]:
    """The events in commits of random size, each actor's in its own order; no commit holds an id twice."""
    queues: dict[tuple[str, int], deque[Change]] = {}
    for event in events:
        queues.setdefault((event.stream, event.actor), deque()).append(event.change)
    envelopes = []
    for (stream, actor), queue in queues.items():
        while queue:
            batch = list(_batch(queue, chance.randint(1, 5)))
            envelopes.append(people[actor].seal(stream, *batch, off=OFFSETS[actor]))
    return envelopes


@dataclass(frozen=True)
class Decisions:
    """What people say about the held changes of sealed commits, and which of those have effect in the end."""

    envelopes: list[Envelope]
    said: list[Event]
    admitted: set[tuple[str, str, str]]

    def effective(self, events: Iterable[Event]) -> list[Event]:
        """Everything that the merged streams are to hold."""
        return [*(e for e in events if not e.is_held or e.key in self.admitted), *self.said]


def decide(envelopes: Iterable[Envelope], people: Sequence[Person], chance: Random) -> Decisions:
    """Other actors than the authors admit some of the held changes, deny some, and some of them both."""
    actors = [person.id for person in people]
    made = Decisions([], [], set())
    for envelope in envelopes:
        for line in envelope.b.splitlines():
            raw = orjson.loads(line)
            event = Event(envelope.stream, 0, Change(raw["id"], raw["e"], raw["f"], raw["v"], 0))
            for step in range(1, ACTORS) if event.is_held else ():
                who = (actors.index(envelope.actor) + step) % ACTORS
                if chance.random() < 0.6:
                    admit = chance.random() < 0.6
                    _say(made, event, envelope, who, people[who], admit=admit)
    return made


def _say(made: Decisions, event: Event, about: Envelope, who: int, person: Person, *, admit: bool) -> None:
    value = {"commit": about.hash, "admit": admit, "reason": ""}
    change = person.change(entity_of(event.change.id), "verdict", value)
    made.envelopes.append(person.seal(event.stream, change, off=OFFSETS[who]))
    made.said.append(Event(event.stream, who, change))
    if admit:
        made.admitted.add(event.key)


def _batch(queue: deque[Change], size: int) -> Iterator[Change]:
    taken: set[str] = set()
    while queue and len(taken) < size and queue[0].id not in taken:
        change = queue.popleft()
        taken.add(change.id)
        yield change


def requests(envelopes: Sequence[Envelope], chance: Random) -> Iterator[list[Envelope]]:
    """The commits in requests of random size, in any order, some of them twice."""
    order = [*envelopes, *chance.sample(envelopes, len(envelopes) // 3)]
    chance.shuffle(order)
    while order:
        size = chance.randint(1, 5)
        yield order[:size]
        del order[:size]
