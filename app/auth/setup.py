"""The first start: no default password, but a one-time link on the terminal that makes the first administrator."""

from typing import Final

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from app.auth import service
from app.auth import tables as t
from app.auth.accounts import add_new_user, note
from app.auth.codes import code_hash, new_code
from app.auth.service import NewDevice, Person
from app.domain.accounts import account_id
from app.domain.permissions import SYSTEM_ADMINISTRATOR
from app.errors import CodeInvalid, Malformed, Taken

SETUP_MS: Final = 3_600_000
"""How long a setup link works."""

_code, _user = t.enrolment_code.c, t.user.c


def has_administrator(conn: Connection) -> bool:
    """Whether anybody can administer this store."""
    found = exists().where(_user.role == SYSTEM_ADMINISTRATOR, _user.active)
    return bool(conn.execute(select(found)).scalar())


def mint_setup(conn: Connection, now: int) -> str | None:
    """A one-time code that makes the first administrator; those before it end. None where there is an administrator."""
    if has_administrator(conn):
        return None
    conn.execute(delete(t.enrolment_code).where(_code.user.is_(None)))
    code = new_code()
    row = {"code_hash": code_hash(code), "created": now, "expires": now + SETUP_MS}
    conn.execute(insert(t.enrolment_code).values(row))
    return code


def set_up(
    conn: Connection, code: str, account: tuple[str, str, str], device: NewDevice, now: int, ttl: int
) -> tuple[str, Person]:
    """Use up a setup code: the account (authority, short id, name) is the first administrator's, the browser theirs.

    The token and the person, as `service.redeem` gives them. CodeInvalid, always the same, for a code that is unknown, used,
    too old or no setup code, and where there is an administrator already. Malformed and Taken leave the code as it was.
    """
    fresh = (
        (_code.code_hash == code_hash(code))
        & _code.user.is_(None)
        & _code.used.is_(None)
        & (_code.expires > now)
    )
    used = update(t.enrolment_code).where(fresh).values(used=now).returning(_code.code_hash)
    if conn.execute(used).first() is None or has_administrator(conn):
        raise CodeInvalid
    authority, short, name = account
    user = new_account(conn, authority, short, name, SYSTEM_ADMINISTRATOR)
    note(conn, "setup", user, authority, now, detail=SYSTEM_ADMINISTRATOR)
    return service.redeem(conn, service.mint_code(conn, user, now, ttl), device, now, ttl)


def new_account(conn: Connection, authority: str, short: str, name: str, role: str) -> str:
    """Make an account; its id. Malformed where the id has another form, Taken where the authority has one of that id."""
    try:
        user = account_id(authority, short)
    except ValueError as error:
        raise Malformed(f"id: {error}") from error
    if not add_new_user(conn, user, name, authority, role):
        raise Taken
    return user
