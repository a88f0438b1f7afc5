"""The evening every seed begins with: people, streams, two visits. Made once, copied for each seed."""

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import Connection, text

from app.auth.accounts import add_user, grant
from app.auth.tables import Actor
from app.database import Database, migrate, table
from app.domain import codes
from app.domain.commit import b64
from app.operations.staff import REF, SERVER, register_device, server_author
from app.sync.author import Draft
from app.sync.identity import ServerKey, server_key
from app.sync.tables import ServerFact

START = 1_527_264_000_000
"""25 May 2018, 18:00 in Norrköping."""
OPERATION = "01639815-0000-7000-8000-000000000003"
SHARED, PLAN = f"op/{OPERATION}/shared", f"op/{OPERATION}/plan"
POLICE, ALCOHOL = f"op/{OPERATION}/POL", f"op/{OPERATION}/KOM_ALK"
VISITS = [f"visit_01639815-0000-7000-8000-0000000000a{i}" for i in (1, 2)]

PEOPLE: dict[str, tuple[str, str, dict[str, str]]] = {
    "alva": ("POL", "LAGLED", {SHARED: "writer", POLICE: "writer", REF: "reader"}),
    "bo": ("POL", "INSP", {SHARED: "writer", POLICE: "writer"}),
    "cia": ("KOM_ALK", "INSP", {SHARED: "writer", ALCOHOL: "writer"}),
    "dag": ("KOM_ALK", "LAGLED", {SHARED: "writer", ALCOHOL: "writer"}),
    "eva": ("KOM_SAK", "OPKO_KOM", {SHARED: "writer", PLAN: "writer"}),
    "fia": ("POL", "INSLED", {SHARED: "reader", POLICE: "writer"}),
    "mallory": ("KOM_ALK", "INSP", {SHARED: "writer", ALCOHOL: "writer"}),
}
"""User -> authority, role, memberships."""

_KEY = 0x1A5A75
_LISTS = ("codelist_units", "codelist_answer_sets")


def write_key(folder: Path) -> ServerKey:
    """The same key for every run: actor ids and orders follow from it."""
    private = ec.derive_private_key(_KEY, ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("server.key", "seal.key"):
        (folder / name).write_bytes(pem)
    return server_key(folder)


def trim() -> None:
    """Of the release's code lists only what a report needs to find its category: every tablet would carry all of them."""
    wanted: dict[str, dict[str, Any]] = codes.ref_entities()
    kept = {name: wanted[name] for name in _LISTS}
    kept["codelist_offences"] = {"items": wanted["codelist_offences"]["items"][:3]}
    codes.ref_entities = lambda: kept


def furnish(url: str, key: ServerKey) -> None:
    """Migrate an empty store and plan the evening in it."""
    migrate(url)
    db = Database(url)
    db.write_now(lambda conn: _furnish(conn, key))
    if db.is_sqlite:
        with db._write_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
    db.close()


def _furnish(conn: Connection, key: ServerKey) -> None:
    conn.execute(table(ServerFact).insert().values(name="epoch", value="e0"))
    add_user(conn, SERVER, "Insats", "INSATS", "SYSTEM")
    register_device(conn, SERVER, "Insats", SERVER, START)
    actor = {"id": key.kid, "key": b64(key.point), "user": SERVER, "device": SERVER}
    conn.execute(table(Actor).insert().values(actor | {"status": "active", "created": START}))
    for user, (authority, role, parts) in PEOPLE.items():
        add_user(conn, user, user.title(), authority, role)
        for stream, part in parts.items():
            grant(conn, stream, user, part, START)  # type: ignore[arg-type]
    author = server_author(key)
    author.write(conn, REF, _lists(), START)
    author.write(conn, SHARED, _evening(), START)
    conn.execute(text("DELETE FROM session"))


def _lists() -> list[Draft]:
    return [Draft(e, f, v, START) for e, fields in codes.ref_entities().items() for f, v in fields.items()]


def _evening() -> list[Draft]:
    words = {"sv": "Insats", "en": "Operation"}
    facts: dict[str, Any] = {"number": 3, "title": words, "date": "2018-05-25", "status": "PAGAR"}
    cells: list[tuple[str, str, Any]] = [(f"operation_{OPERATION}", f, v) for f, v in facts.items()]
    for i, visit in enumerate(VISITS):
        cells += [(visit, "site", f"site_s{i}"), (visit, "order", i), (visit, "status", "PLANERAT")]
    return [Draft(e, f, v, START) for e, f, v in cells]
