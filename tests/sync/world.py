"""People with keys on a real store: what tests of the write path are told in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, select, text

from app.auth.accounts import add_user, grant
from app.auth.tables import Actor
from app.database import Database, metadata, table
from app.domain.change import Change, new_id
from app.domain.commit import Envelope, actor_id, b64, point_of, seal
from app.operations.readmodels import MODELS, refresh
from app.operations.staff import current_cells, prepare_in, register_device, server_author
from app.sync.custody import Checked, check
from app.sync.disclosures import Handed
from app.sync.handing import handing_over
from app.sync.identity import ServerKey
from app.sync.push import Pushed, push
from app.sync.store import actor_keys
from app.sync.tables import Commit

NOW = 1_527_260_400_000  # 25 May 2018, 17:00 in Norrköping
OPERATION = "01639815-0000-7000-8000-000000000003"
SHARED, POLICE, ALCOHOL = f"op/{OPERATION}/shared", f"op/{OPERATION}/POL", f"op/{OPERATION}/KOM_ALK"
VISIT = "visit_01639815-0000-7000-8000-0000000000a1"


@dataclass
class Person:
    """An actor with its key and its own view of its chains."""

    key: ec.EllipticCurvePrivateKey
    id: str
    chains: dict[str, tuple[int, str]] = field(default_factory=dict)
    last: str = ""

    def change(self, e: str, f: str, v: Any, *replaces: str, at: int = NOW) -> Change:
        """A change with a fresh id, larger than what it replaces."""
        self.last = new_id(at, (*replaces, self.last) if self.last else replaces)
        return Change(self.last, e, f, v, at, replaces)

    def seal(self, stream: str, *changes: Change, off: int = 0) -> Envelope:
        """The next commit of this actor's chain in a stream."""
        n, prev = self.chains.get(stream, (0, ""))
        envelope = seal(self.key, stream, n + 1, prev, changes, app="test", sent=NOW, off=off)
        self.chains[stream] = (n + 1, envelope.hash)
        return envelope


def new_person() -> Person:
    """Somebody with a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Person(key, actor_id(point_of(key.public_key())))


class World:
    """A store with members: two police officers, an alcohol inspector, a supervisor."""

    def __init__(self, url: str) -> None:
        """Members are registered at once; `alva` and `bo` are police, `cia` alcohol, `dan` the coordinator."""
        self.db = Database(url)
        key = ec.generate_private_key(ec.SECP256R1())
        self.server = ServerKey(key, point_of(key.public_key()))
        self.alva = self.enrol("alva", "POL", "LAGLED", SHARED, POLICE)
        self.bo = self.enrol("bo", "POL", "INSP", SHARED, POLICE)
        self.cia = self.enrol("cia", "KOM_ALK", "INSP", SHARED, ALCOHOL)
        self.dan = self.enrol("dan", "KOM_SAK", "OPKO_KOM", SHARED)

    def enrol(self, user: str, authority: str, role: str, *streams: str) -> Person:
        """An account with one device and one registered actor."""
        person = new_person()

        def work(conn: Any) -> None:
            add_user(conn, user, user.title(), authority, role)
            register_device(conn, f"tablet-{user}", f"Tablet {user}", user, NOW)
            row = {
                "id": person.id,
                "key": b64(point_of(person.key.public_key())),
                "user": user,
                "device": f"tablet-{user}",
            }
            conn.execute(table(Actor).insert().values(row | {"status": "active", "created": NOW}))
            for stream in streams:
                grant(conn, stream, user, "writer", NOW)

        self.db.write_now(work)
        return person

    def push(self, *envelopes: Envelope, now: int = NOW + 5_000, received: int | None = None) -> Pushed:
        """One request with these commits; `received` is when receipts of theirs say that they came first."""
        checked = self.checked(*envelopes)
        for each in checked:
            each.received = received
        return self.db.write_now(
            lambda conn: push(conn, checked, now=now, projections=[refresh], hand_over=self.hand_over)
        )

    def hand_over(self, conn: Connection, handed: Sequence[Handed], now: int) -> dict[str, int]:
        """Make copies as the server, which is registered by the first of them."""
        prepare_in(conn, self.server, now)
        return handing_over(server_author(self.server))(conn, handed, now)

    def checked(self, *envelopes: Envelope) -> list[Checked]:
        """The commits of a request, ready to be merged."""
        keys = self.db.read_now(lambda conn: actor_keys(conn, [e.actor for e in envelopes]))
        return check(list(enumerate(envelopes, 1)), keys)

    def cells(self, stream: str) -> dict[str, dict[str, list[list[Any]]]]:
        """All heads of a stream."""
        return self.db.read_now(lambda conn: current_cells(conn, stream))

    def in_custody(self) -> Sequence[str]:
        """The hashes of every stored commit."""
        column = table(Commit).c.hash
        return self.db.read_now(lambda conn: conn.execute(select(column)).scalars().all())

    def rows(self) -> dict[str, list[Any]]:
        """Every row of the merged state and the read models, by table."""
        return self.db.read_now(self.rows_in)

    def rows_in(self, conn: Connection) -> dict[str, list[Any]]:
        """`rows` as a transaction sees them."""
        names = ("entity", "retired", *(str(model.__tablename__) for model in MODELS.values()))
        return {name: sorted(map(repr, conn.execute(select(metadata.tables[name])))) for name in names}

    def alter(self, name: str, **columns: str) -> None:
        """Change rows behind the log's back: column = SQL expression."""
        settings = ", ".join(f"{column} = {value}" for column, value in columns.items())
        self.execute(f'UPDATE "{name}" SET {settings}')

    def execute(self, statement: str) -> None:
        """Any SQL, behind the log's back."""
        self.db.write_now(lambda conn: conn.execute(text(statement)))
