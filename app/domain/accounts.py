"""What accounts are called: an authority's own begin with its name, so that no two authorities can meet in one.

Whoever invites somebody would otherwise learn from "this id is taken" who has an account elsewhere.
"""

import re
from collections.abc import Collection

_SHORT = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,29}[a-z0-9])?")


def account_id(authority: str, short: str) -> str:
    """The id of an authority's account: `a.berg` of KOM_ALK is `kom_alk.a.berg`.

    ValueError unless `short` is 1 to 31 of a–z, 0–9 and, inside, `.`, `_` and `-`; case and spaces around it do not matter.
    """
    plain = short.strip().lower()
    if not _SHORT.fullmatch(plain):
        raise ValueError("1 to 31 of a-z, 0-9 and, inside, . _ -")
    return f"{authority.lower()}.{plain}"


def belongs_elsewhere(user: str, authority: str, authorities: Collection[str]) -> bool:
    """Whether an id that somebody chose freely has the form of another authority's."""
    first, dot, _ = user.lower().partition(".")
    return bool(dot) and first != authority.lower() and first in {each.lower() for each in authorities}
