"""What accounts are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import codes
from app.domain.accounts import account_id, belongs_elsewhere

AUTHORITIES = sorted(codes.ids("authorities"))
authorities = st.sampled_from(AUTHORITIES)
shorts = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,29}[a-z0-9])?", fullmatch=True)


@given(authorities, authorities, shorts, shorts)
def test_accounts_of_two_authorities_never_meet(one: str, other: str, first: str, second: str) -> None:
    assert (account_id(one, first) == account_id(other, second)) == ((one, first) == (other, second))


@given(authorities, shorts)
def test_an_account_belongs_to_its_own_authority_and_nowhere_else(authority: str, short: str) -> None:
    made = account_id(authority, short)
    elsewhere = {each for each in AUTHORITIES if belongs_elsewhere(made, each, AUTHORITIES)}
    assert elsewhere == set(AUTHORITIES) - {authority}


def test_case_and_spaces_around_an_id_do_not_matter() -> None:
    assert account_id("KOM_ALK", " A.Berg ") == "kom_alk.a.berg"


@pytest.mark.parametrize("short", ["", " ", ".a", "a.", "å", "a b", "a/b", "a" * 32, "a\nb", "a\0"])
def test_other_forms_are_no_id(short: str) -> None:
    with pytest.raises(ValueError, match="1 to 31"):
        account_id("POL", short)


def test_the_longest_id_is_taken() -> None:
    assert account_id("POL", "a" * 31) == "pol." + "a" * 31


@pytest.mark.parametrize("user", ["p.andersson", "u.pol.a1", "pol", "server"])
def test_an_id_of_another_form_may_belong_to_anybody(user: str) -> None:
    assert not any(belongs_elsewhere(user, each, AUTHORITIES) for each in AUTHORITIES)
