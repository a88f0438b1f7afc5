"""Who may read and write what: the whole matrix, spelled out a second time."""

from itertools import product
from typing import get_args

import pytest

from app.domain import codes
from app.domain.kinds import KINDS
from app.domain.permissions import (
    ADMINISTRATORS,
    DECIDERS,
    SUPERVISORS,
    SYSTEM,
    Act,
    Allow,
    Deny,
    Membership,
    decide_administer,
    decide_admission,
    decide_read,
    decide_watch_devices,
    decide_write,
)

ROLES = [*sorted(codes.ids("roles") | SUPERVISORS), SYSTEM, "", "unknown"]
STATUSES = ("active", "revoked", "forked")
PARTS = (None, Membership("reader"), Membership("writer"))
KIND_NAMES = [*KINDS, "drone"]
FORGEABLE = {"actor", "codelist", "template", "restore", "disclosed", "delivered"}
PLANNED = {"operation", "site", "target"}
DECIDED = {"admission", "approval"}
NO, LOST = Deny("no_authority"), Deny("device_revoked")


def wanted(role: str, status: str, part: Membership | None, kind: str) -> Allow | Deny:
    """The same decision from its words in the protocol page."""
    if role == "SYSTEM":
        return Allow()
    if status == "revoked":
        return LOST
    is_writer = part == Membership("writer")
    is_planner = role in {"OPKO_POL", "OPKO_KOM"}
    decides = is_planner or role in {"INSLED", "LAGLED", "FUL", "SKRIVSK"}
    may = kind not in FORGEABLE and (kind not in PLANNED or is_planner) and (kind not in DECIDED or decides)
    hands_over = role in {"INSLED", "LAGLED", "FUL", "SKRIVSK", "MYNDSAM"}
    return Allow() if is_writer and may and (kind != "disclosure" or hands_over) else NO


@pytest.mark.asvs("V8.2.1")
@pytest.mark.parametrize("role", ROLES)
def test_who_may_write_what(role: str) -> None:
    for status, part, kind in product(STATUSES, PARTS, KIND_NAMES):
        assert decide_write(role, status, part, kind) == wanted(role, status, part, kind), (
            status,
            part,
            kind,
        )


@pytest.mark.parametrize("role", ROLES)
def test_who_may_decide_about_a_held_change(role: str) -> None:
    """Who could have written it, and decides at all; never about one's own, never about another's decision."""
    for status, part, kind in product(STATUSES, PARTS, KIND_NAMES):
        may = decide_admission(role, status, part, kind, is_own=False)
        could_write = wanted(role, status, part, kind) == Allow()
        decides = wanted(role, status, part, "admission") == Allow()
        assert (may == Allow()) is (could_write and decides and kind not in DECIDED)
        assert decide_admission(role, status, part, kind, is_own=True) == NO


def test_the_coordinators_and_deciders_are_roles_of_the_code_list() -> None:
    assert codes.ids("roles") >= DECIDERS > SUPERVISORS


def test_reading_takes_a_membership() -> None:
    assert decide_read(None) == NO
    assert decide_read(Membership("reader")) == decide_read(Membership("writer")) == Allow()


@pytest.mark.parametrize("role", ROLES)
def test_only_coordinators_watch_the_tablets(role: str) -> None:
    assert decide_watch_devices(role) == (Allow() if role in SUPERVISORS else NO)


@pytest.mark.asvs("V8.3.1")
def test_nobody_is_allowed_by_default() -> None:
    """No role, status or kind that is made up later opens a door by being unknown."""
    assert decide_write("", "", None, "") == NO
    assert decide_write("OPKO_POL", "active", Membership("reader"), "visit") == NO


@pytest.mark.parametrize(("act", "role", "subject"), [*product(get_args(Act), ROLES, ROLES)], ids=str)
def test_who_administers_whom(act: Act, role: str, subject: str) -> None:
    own, other = (decide_administer(act, role, "POL", subject, theirs) for theirs in ("POL", "SKV"))
    if subject == "SYSTEM" or role not in {"SYSADM", "MYNADM"}:
        assert (own, other) == (NO, NO)
    elif role == "MYNADM":
        assert other == NO, "an authority's administrator is nobody elsewhere"
        assert own == (NO if subject == "SYSADM" and act != "see" else Allow())
    else:
        lets_in = subject in {"SYSADM", "MYNADM"}
        assert own == other == (Allow() if act != "invite" or lets_in else NO)


def test_no_administrator_can_write_or_decide_without_a_part_in_the_stream() -> None:
    assert {"SYSADM", "MYNADM"} == ADMINISTRATORS
    for role, kind in product(ADMINISTRATORS, KIND_NAMES):
        assert decide_write(role, "active", None, kind) == NO
        assert isinstance(decide_watch_devices(role), Deny)
