"""Invariant I4: heads are the same for every order of arrival, batch split and repeat, on every store and in the browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, update

from app.database import metadata, table
from app.domain import codes, figures, merge
from app.domain.change import canonical
from app.domain.commit import FIRST_CHAIN, Envelope, point_of
from app.operations import readmodels
from app.reports.figures import figures_of
from app.sync import decisions
from app.sync.pages import Pages, plain
from app.sync.pull import stream_digest, stream_states
from app.sync.rebuild import differences, rebuild
from app.sync.tables import Stream
from tests.sync.histories import (
    ACTORS,
    APPROVALS,
    CELLS,
    OFFSETS,
    REF,
    Event,
    decide,
    fold,
    histories,
    requests,
    sealed,
    shuffled_with_repeats,
    unnumbered,
)
from tests.sync.replica import Replica
from tests.sync.world import SHARED, Person, World
from tests.twin.node import Twin

EXAMPLES = 40
KEPT = frozenset({"authority", "user", "device", "actor", "membership", "stream"})

random_lives = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.differing_executors,
    ],
)


class Arena:
    """A store that is emptied for every history, with actors who may write anything anywhere."""

    def __init__(self, url: str) -> None:
        self.world = World(url)
        self.people = [self.world.enrol(f"job{n}", "INSATS", "SYSTEM") for n in range(ACTORS)]

    @property
    def actors(self) -> list[str]:
        return [person.id for person in self.people]

    def empty(self) -> None:
        """Forget everything that was recorded."""
        self.world.db.write_now(_empty)
        for person in self.people:
            person.chains.clear()

    def arrive(self, events: list[Event], chance: Random) -> list[Event]:
        """Push the events, and what people decide about those that are held, in a random way until everything is there.

        What the streams are to hold then.
        """
        waiting = sealed(shuffled_with_repeats(events, chance), self.people, chance)
        decided = decide(waiting, self.people, chance)
        waiting += decided.envelopes
        while waiting:
            taken = {h for request in requests(waiting, chance) for h in self._push(request)}
            waiting = [e for e in waiting if e.hash not in taken]
        return decided.effective(events)

    def _push(self, request: list[Envelope]) -> Iterator[str]:
        pushed = self.world.push(*request)
        assert {fault.code for fault in pushed.faults} <= {"chain-gap"}
        yield from (result["hash"] for result in pushed.results)

    def faults(self) -> list[str]:
        """What differs from a rebuild, and on the desk from custody. Some of the approvals here are of what never was, which
        the check names rightly (test_approval.py)."""
        return self.world.db.read_now(
            lambda conn: [
                *differences(conn, readmodels.differences),
                *decisions.faults(conn),
            ]
        )

    def replica(self) -> Replica:
        """A tablet that pulls both streams, page by page."""
        keys = {person.id: point_of(person.key.public_key()) for person in self.people}
        replica = Replica(keys=keys)

        def read(conn: Connection, name: str) -> bytes:
            state = stream_states(conn, [name])[name]
            return plain([Pages().page(conn, state, replica.stream(name).cursor, 2_000)])

        for name in (REF, SHARED):
            while replica.apply(self.world.db.read_now(partial(read, name=name))):
                pass
        return replica

    def digests(self) -> list[str]:
        """Of both streams, as the server tells them; those of streams without an entry too."""
        return [
            str(self.world.db.read_now(partial(stream_digest, name=name))["digest"]) for name in (REF, SHARED)
        ]


def _empty(conn: Connection) -> None:
    for each in reversed(metadata.sorted_tables):
        if each.name not in KEPT:
            conn.execute(delete(each))
    conn.execute(update(table(Stream)).values(head=0, chain=FIRST_CHAIN.hex()))
    for name in (REF, SHARED):
        if (
            conn.execute(update(table(Stream)).where(table(Stream).c.name == name).values(head=0)).rowcount
            == 0
        ):
            conn.execute(table(Stream).insert().values(name=name, head=0, chain=FIRST_CHAIN.hex()))


@contextmanager
def arena(url: str) -> Iterator[Arena]:
    made = Arena(url)
    try:
        yield made
    finally:
        made.world.db.close()


def in_the_browser(twin: Twin, events: list[Event], people: list[Person]) -> dict[str, tuple[str, str]]:
    """Heads and digest of each stream as the browser's merge has them."""
    told = {}
    for stream in (REF, SHARED):
        arrivals = [
            {
                **{name: getattr(e.change, name) for name in ("id", "e", "f", "v", "at", "replaces")},
                "actor": people[e.actor].id,
                "t": e.change.at + OFFSETS[e.actor],
                "seq": None,
            }
            for e in events
            if e.stream == stream
        ]
        answer = twin.ask("arrive", arrivals=arrivals)
        told[stream] = (canonical(answer["heads"]), answer["digest"])
    return told


def test_every_arrival_gives_the_same_heads_everywhere(sqlite_url: str, postgresql_url: str) -> None:
    with arena(sqlite_url) as lite, arena(postgresql_url) as post, Twin() as twin:

        @random_lives
        @given(histories(), st.randoms(use_true_random=False))
        def converge(events: list[Event], chance: Random) -> None:
            for store in (lite, post):
                store.empty()
                effective = store.arrive(events, chance)
                wanted = fold(effective, store.actors)
                digests = [merge.digest(wanted[s].items()) for s in (REF, SHARED)]
                order = shuffled_with_repeats(effective, chance)
                assert canonical(fold(order, store.actors)) == canonical(wanted)
                told = in_the_browser(twin, shuffled_with_repeats(effective, chance), store.people)
                assert told == {
                    s: (canonical(wanted[s]), d) for s, d in zip((REF, SHARED), digests, strict=True)
                }
                for stream in (REF, SHARED):
                    assert canonical(unnumbered(store.world.cells(stream))) == canonical(wanted[stream])
                assert store.digests() == digests
                replica = store.replica()
                assert [replica.stream(s).digest() for s in (REF, SHARED)] == digests
                assert store.faults() == []

        converge()


def test_a_rebuild_gives_what_is_there_and_again_the_same(store_url: str) -> None:
    with arena(store_url) as store:

        @random_lives
        @given(histories(), st.randoms(use_true_random=False))
        def remake(events: list[Event], chance: Random) -> None:
            store.empty()
            store.arrive(events, chance)
            before = store.world.rows()
            for _ in range(2):
                store.world.db.write_now(lambda conn: rebuild(conn, [readmodels.refresh], readmodels.clear))
                assert store.world.rows() == before
                assert store.faults() == []

        remake()


def test_whatever_is_approved_meanwhile_the_log_says_it_all(store_url: str) -> None:
    """Approvals hold what comes after them, so the order counts; store, fold and replica agree about it all the same."""
    with arena(store_url) as store:

        @random_lives
        @given(histories(cells=[*CELLS, *APPROVALS]), st.randoms(use_true_random=False))
        def agree(events: list[Event], chance: Random) -> None:
            store.empty()
            store.arrive(events, chance)
            assert store.faults() == []
            replica = store.replica()
            assert [replica.stream(s).digest() for s in (REF, SHARED)] == store.digests()

        agree()


def test_the_figures_in_sql_are_those_of_the_heads(store_url: str) -> None:
    bases = {u["id"]: u["base"] for u in codes.items("units")}
    activity = {a["id"]: a["value"] for a in codes.items("status_site_activity")}
    with arena(store_url) as store, Twin() as twin:

        @random_lives
        @given(histories(), st.randoms(use_true_random=False))
        def count(events: list[Event], chance: Random) -> None:
            store.empty()
            store.arrive(events, chance)
            cells = store.world.cells(SHARED)
            wanted = figures.figures(cells.items(), bases, activity)
            assert store.world.db.read_now(lambda conn: figures_of(conn, SHARED)) == wanted
            told = twin.ask("figures", entities=cells, bases=bases, activity=activity)
            assert told == vars(wanted)

        count()


def test_what_was_altered_behind_the_log_is_named(store_url: str) -> None:
    with arena(store_url) as store:
        one = store.people[0].change("codelist_1", "items", 1)
        store.empty()
        store.world.push(store.people[0].seal(REF, one))
        assert store.faults() == []
        store.world.alter("entity", heads="replace(heads, ',1,', ',true,')")
        assert store.faults() == ["ref: codelist_1"]
        store.world.db.write_now(lambda conn: rebuild(conn, [readmodels.refresh], readmodels.clear))
        assert store.faults() == []


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_changes_with_one_id_the_later_is_rejected(store_url: str, first: int) -> None:
    """First wins is the one thing that depends on the order, so the verdict says which one was later."""
    with arena(store_url) as store:
        store.empty()
        one = store.people[0].change("codelist_1", "items", 1)
        twins = [(store.people[n], [1, True][n]) for n in (first, 1 - first)]
        verdicts = []
        for person, value in twins:
            change = type(one)(one.id, one.e, one.f, value, one.at)
            verdicts.append(store.world.push(person.seal(REF, change)).results[0]["changes"])
        assert verdicts == [{}, {one.id: {"verdict": "rejected", "code": "id_reused"}}]
        assert canonical([h[1] for h in store.world.cells(REF)["codelist_1"]["items"]]) == canonical(
            [twins[0][1]]
        )
        assert store.faults() == []
