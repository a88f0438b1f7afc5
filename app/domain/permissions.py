"""Who may read and write what: one pure decision, deny by default.

A permission is a membership of a user in a stream. Existence is secret: a caller turns every Deny of a read into the same
answer that an unknown name gets, and every Deny of a write into custody with the change held for a person.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

SUPERVISORS = frozenset({"OPKO_POL", "OPKO_KOM"})
"""Operational coordinators: they plan, watch and settle; they are not superusers."""
PLANNERS = SUPERVISORS | {"KOMM", "SKRIVSK"}
DECIDERS = SUPERVISORS | {"INSLED", "LAGLED", "FUL", "SKRIVSK"}
"""Who decides about held changes, and approves what was recorded at a visit."""
DISCLOSERS = frozenset({"INSLED", "LAGLED", "FUL", "SKRIVSK", "MYNDSAM"})
"""Who may hand records of their own authority over to another. A coordinator hands over nothing: its part is to see little."""
SYSTEM = "SYSTEM"
"""The role of the server's own jobs."""
SYSTEM_ADMINISTRATOR, AUTHORITY_ADMINISTRATOR = "SYSADM", "MYNADM"
ADMINISTRATORS = frozenset({SYSTEM_ADMINISTRATOR, AUTHORITY_ADMINISTRATOR})
"""Who keeps the accounts. They take part in no evening: whoever lets others in reads nothing."""

Action: TypeAlias = Literal["read", "write", "watch-devices"]
Act: TypeAlias = Literal["see", "invite", "close", "end-session", "block-tablet"]
"""What an administrator does to an account. A new link for an account that is there is an invitation too; a tablet is blocked
where it was last that account's."""
Right: TypeAlias = Literal["read", "lapsed", "ended"]
"""What a session is good for: everything; delivering, until somebody signs in again; delivering alone, and for good."""


@dataclass(frozen=True)
class Membership:
    """A user's part in one stream."""

    role: Literal["reader", "writer"]


@dataclass(frozen=True)
class Allow:
    """The action is permitted."""


@dataclass(frozen=True)
class Deny:
    """The action is not permitted; `reason` is the code of a held change."""

    reason: Literal["no_authority", "device_revoked"]


Decision: TypeAlias = Allow | Deny

_PLANNED = frozenset({"operation", "site", "target"})
"""Kinds that planners write; in the field they are read."""
_SERVER_ONLY = frozenset({"actor", "codelist", "template", "restore", "disclosed", "delivered"})
"""Kinds that name people, rules, lives of the store and what was handed over: an inspector must not be able to forge them."""
_DECIDED = frozenset({"admission", "approval"})
"""Kinds that are a person's own decision, and take a role that decides."""


def decide_read(membership: Membership | None) -> Decision:
    """Whether a stream may be read."""
    return Allow() if membership is not None else Deny("no_authority")


def decide_write(role: str, status: str, membership: Membership | None, kind: str) -> Decision:
    """Whether an actor of this role and status may write an entity of this kind in a stream."""
    if role == SYSTEM:
        return Allow()
    if status == "revoked":
        return Deny("device_revoked")
    if membership is None or membership.role != "writer" or kind in _SERVER_ONLY:
        return Deny("no_authority")
    if kind in _PLANNED and role not in SUPERVISORS:
        return Deny("no_authority")
    if kind in _DECIDED and role not in DECIDERS:
        return Deny("no_authority")
    if kind == "disclosure" and role not in DISCLOSERS:
        return Deny("no_authority")
    return Allow()


def decide_admission(
    role: str, status: str, membership: Membership | None, kind: str, *, is_own: bool
) -> Decision:
    """Whether an actor of this role and status may decide about a held change to an entity of this kind.

    Never about one's own (four eyes), nor about what one could not have written: two people together may do no more than
    each alone. A decision that was held is not admitted by another's: who may decide decides.
    """
    if is_own or kind in _DECIDED:
        return Deny("no_authority")
    held = decide_write(role, status, membership, kind)
    return decide_write(role, status, membership, "admission") if isinstance(held, Allow) else held


def right_of(*, is_open: bool, ended: int | None, expires: int, now: int) -> Right:
    """What a session of an account may do that is open or closed. Times in ms.

    None of these takes away the right to deliver: what was recorded in good faith is taken into custody, and a person decides.
    """
    if not is_open or ended is not None:
        return "ended"
    return "read" if now < expires else "lapsed"


def decide_watch_devices(role: str) -> Decision:
    """Whether the role sees the tablets of the operations it reads."""
    return Allow() if role in SUPERVISORS else Deny("no_authority")


def decide_administer(
    act: Act, role: str, authority: str, subject_role: str, subject_authority: str
) -> Decision:
    """Whether a person of this role and authority may do `act` to an account of that role and authority.

    An authority's own administrator lets its people in. The system administrator sees all accounts, and may close them and end
    their sessions, but lets in administrators only: a link for an account that reads would be a way to read.
    Nobody touches the server's own account. That nobody closes the account they use is the caller's to see to.
    """
    if subject_role == SYSTEM:
        return Deny("no_authority")
    if role == SYSTEM_ADMINISTRATOR:
        return Allow() if act != "invite" or subject_role in ADMINISTRATORS else Deny("no_authority")
    if role != AUTHORITY_ADMINISTRATOR or authority != subject_authority:
        return Deny("no_authority")
    if subject_role == SYSTEM_ADMINISTRATOR and act != "see":
        return Deny("no_authority")
    return Allow()
